// Pooling over windows and over whole planes, x [n, c, I] -> y [n, c, O].
//
//     MaxPool      y[o] = max over taps inside x of x[i],   i = o * stride + k * dilation - pad; the gradient goes to the first maximum
//     AveragePool  y[o] = 1 / |taps| sum over taps inside x of x[i]
//                  |taps|: those inside x, or with count_include_pad those inside the padded x; what ceil_mode adds beyond never counts
//     LpPool       y[o] = (sum over taps inside x of |x[i]|^p)^(1/p);  GlobalLpPool the same over the plane
//     MaxUnpool    y = 0 but for y[indices[k]] = x[k]
#include "phosphene/graph/kernels/families.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene::kernels {

namespace {

struct Pooling {
  Spatial x, y;
  Window3 window;
  int64_t planes;

  Pooling(const Node& node, const Shape& x_shape, const Shape& y_shape)
      : x(spatial(x_shape)),
        y(spatial(y_shape)),
        window(sliding_window(node, x_shape, node.attributes.get_ints("kernel_shape", {}))),
        planes(x_shape[0] * x_shape[1]) {}

  int64_t x_size() const { return x[0] * x[1] * x[2]; }
  int64_t y_size() const { return y[0] * y[1] * y[2]; }

  // Calls visit(offset in the plane) for every tap inside x; returns how many taps lie inside the padded x.
  template <typename Visit>
  int64_t for_each_tap(int64_t o, Visit visit) const {
    const Spatial position{o / (y[1] * y[2]), o / y[2] % y[1], o % y[2]};
    int64_t padded = 0;
    Spatial i;
    const auto locate = [&](size_t axis, int64_t k) {
      i[axis] = position[axis] * window.strides[axis] + k * window.dilations[axis] - window.pads_begin[axis];
      return i[axis] < x[axis] + window.pads_end[axis];
    };
    const auto inside = [&](size_t axis) { return i[axis] >= 0 && i[axis] < x[axis]; };
    for (int64_t kd = 0; kd < window.kernel[0]; ++kd)
      for (int64_t kh = 0; kh < window.kernel[1]; ++kh)
        for (int64_t kw = 0; kw < window.kernel[2]; ++kw) {
          const bool depth = locate(0, kd), height = locate(1, kh), width = locate(2, kw);
          if (depth && height && width) ++padded;
          if (inside(0) && inside(1) && inside(2)) visit((i[0] * x[1] + i[1]) * x[2] + i[2]);
        }
    return padded;
  }

  // Offset of the first maximum in the window; -1 for a window of padding only.
  int64_t first_maximum(const double* plane, int64_t o) const {
    int64_t best = -1;
    for_each_tap(o, [&](int64_t i) {
      if (best < 0 || plane[i] > plane[best]) best = i;
    });
    return best;
  }

  int64_t divisor(int64_t o, bool include_padding) const {
    int64_t inside = 0;
    const int64_t padded = for_each_tap(o, [&](int64_t) { ++inside; });
    return std::max<int64_t>(include_padding ? padded : inside, 1);
  }
};

// The second output: where in all of x, columns counted first with storage_order 1.
int64_t index_in_all(const Pooling& pooling, const Node& node, int64_t plane, int64_t offset) {
  if (node.attributes.get_int("storage_order", 0) == 0) return plane * pooling.x_size() + offset;
  const auto [depth, height, width] = pooling.x;
  const int64_t d = offset / (height * width), h = offset / width % height, w = offset % width;
  return plane * pooling.x_size() + (w * height + h) * depth + d;
}

void max_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const Array& x = *inputs[0];
  Array *y = outputs[0], *indices = at(outputs, 1);
  const Pooling pooling(node, x.shape, y->shape);
  for (int64_t p = 0; p < pooling.planes; ++p)
    for (int64_t o = 0; o < pooling.y_size(); ++o) {
      const int64_t start = p * pooling.x_size(), best = pooling.first_maximum(x.values.data() + start, o);
      const auto target = static_cast<size_t>(p * pooling.y_size() + o);
      y->values[target] = best < 0 ? -INFINITY : x.values[static_cast<size_t>(start + best)];
      if (indices) indices->values[target] = static_cast<double>(index_in_all(pooling, node, p, std::max<int64_t>(best, 0)));
    }
}

void max_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                  const Arrays& grad_inputs) {
  const Array &x = *inputs[0], *dy = grad_outputs[0];
  Array* dx = grad_inputs[0];
  if (!dy || !dx) return;
  const Pooling pooling(node, x.shape, dy->shape);
  for (int64_t p = 0; p < pooling.planes; ++p)
    for (int64_t o = 0; o < pooling.y_size(); ++o) {
      const int64_t start = p * pooling.x_size(), best = pooling.first_maximum(x.values.data() + start, o);
      if (best >= 0) dx->values[static_cast<size_t>(start + best)] += dy->values[static_cast<size_t>(p * pooling.y_size() + o)];
    }
}

void average_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const Array& x = *inputs[0];
  Array& y = *outputs[0];
  const bool include = node.attributes.get_int("count_include_pad", 0) != 0;
  const Pooling pooling(node, x.shape, y.shape);
  for (int64_t o = 0; o < pooling.y_size(); ++o) {
    const auto divisor = static_cast<double>(pooling.divisor(o, include));
    for (int64_t p = 0; p < pooling.planes; ++p) {
      const double* plane = x.values.data() + p * pooling.x_size();
      double sum = 0;
      pooling.for_each_tap(o, [&](int64_t i) { sum += plane[i]; });
      y.values[static_cast<size_t>(p * pooling.y_size() + o)] = sum / divisor;
    }
  }
}

void average_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                      const Arrays& grad_inputs) {
  const Array* dy = grad_outputs[0];
  Array* dx = grad_inputs[0];
  if (!dy || !dx) return;
  const bool include = node.attributes.get_int("count_include_pad", 0) != 0;
  const Pooling pooling(node, inputs[0]->shape, dy->shape);
  for (int64_t o = 0; o < pooling.y_size(); ++o) {
    const auto divisor = static_cast<double>(pooling.divisor(o, include));
    for (int64_t p = 0; p < pooling.planes; ++p) {
      double* plane = dx->values.data() + p * pooling.x_size();
      const double share = dy->values[static_cast<size_t>(p * pooling.y_size() + o)] / divisor;
      pooling.for_each_tap(o, [&](int64_t i) { plane[i] += share; });
    }
  }
}

double norm_order(const Node& node) { return static_cast<double>(node.attributes.get_int("p", 2)); }

void lp_pool_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const Array& x = *inputs[0];
  const double p = norm_order(node);
  const Pooling pooling(node, x.shape, outputs[0]->shape);
  for (int64_t k = 0; k < static_cast<int64_t>(outputs[0]->values.size()); ++k) {
    const double* plane = x.values.data() + k / pooling.y_size() * pooling.x_size();
    double sum = 0;
    pooling.for_each_tap(k % pooling.y_size(), [&](int64_t i) { sum += std::pow(std::abs(plane[i]), p); });
    outputs[0]->values[static_cast<size_t>(k)] = std::pow(sum, 1 / p);
  }
}

// d|x|_p / dx_i = sign(x_i) (|x_i| / |x|_p)^(p - 1)
double lp_slope(double x, double norm, double p) { return norm == 0 ? 0 : std::copysign(std::pow(std::abs(x) / norm, p - 1), x); }

void lp_pool_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                      const Arrays& grad_inputs) {
  if (!grad_outputs[0] || !grad_inputs[0]) return;
  const double p = norm_order(node);
  const Pooling pooling(node, inputs[0]->shape, outputs[0]->shape);
  for (int64_t k = 0; k < static_cast<int64_t>(outputs[0]->values.size()); ++k) {
    const int64_t start = k / pooling.y_size() * pooling.x_size();
    const auto o = static_cast<size_t>(k);
    pooling.for_each_tap(k % pooling.y_size(), [&](int64_t i) {
      const auto at_x = static_cast<size_t>(start + i);
      grad_inputs[0]->values[at_x] += lp_slope(inputs[0]->values[at_x], outputs[0]->values[o], p) * grad_outputs[0]->values[o];
    });
  }
}

// The indices count the values before pooling, that is of the shape which the window allows at least; the output may be larger.
std::vector<size_t> unpool_targets(const Node& node, const ConstArrays& inputs, const Shape& y) {
  Node window = node;
  window.inputs.resize(2);
  const ValueType x{DataType::kFloat32, inputs[0]->shape}, indices{DataType::kInt64, inputs[1]->shape};
  const Shape before = ops::max_unpool({window, {&x, &indices}, {nullptr, nullptr}})[0].shape;
  std::vector<size_t> targets;
  for (int64_t index : integers(*inputs[1])) {
    if (index < 0 || index >= before.size()) throw Error(fmt::format("index {} of {} values", index, before.size()));
    int64_t target = 0, stride = 1;
    for (int axis = y.rank(); axis-- > 0; index /= before[axis], stride *= y[axis])
      target += std::min(index % before[axis], y[axis] - 1) * stride;
    targets.push_back(static_cast<size_t>(target));
  }
  return targets;
}

void unpool_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  std::fill(outputs[0]->values.begin(), outputs[0]->values.end(), 0.0);
  const auto targets = unpool_targets(node, inputs, outputs[0]->shape);
  for (size_t k = 0; k < targets.size(); ++k) outputs[0]->values[targets[k]] = inputs[0]->values[k];
}

void unpool_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                     const Arrays& grad_inputs) {
  if (!grad_outputs[0] || !grad_inputs[0]) return;
  const auto targets = unpool_targets(node, inputs, outputs[0]->shape);
  for (size_t k = 0; k < targets.size(); ++k) grad_inputs[0]->values[k] += grad_outputs[0]->values[targets[k]];
}

AxisView planes_of(const Shape& shape) { return {shape, 2, shape.rank()}; }

void global_average_forward(const Node&, const ConstArrays& inputs, const Arrays& outputs) {
  const AxisView view = planes_of(inputs[0]->shape);
  const double* x = inputs[0]->values.data();
  for (double& y : outputs[0]->values) {
    double sum = 0;
    for (int64_t i = 0; i < view.extent; ++i) sum += *x++;
    y = sum / static_cast<double>(view.extent);
  }
}

void global_average_backward(const Node&, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                             const Arrays& grad_inputs) {
  if (!grad_outputs[0] || !grad_inputs[0]) return;
  const AxisView view = planes_of(inputs[0]->shape);
  double* dx = grad_inputs[0]->values.data();
  for (const double dy : grad_outputs[0]->values)
    for (int64_t i = 0; i < view.extent; ++i) *dx++ += dy / static_cast<double>(view.extent);
}

void global_lp_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const AxisView view = planes_of(inputs[0]->shape);
  const double* x = inputs[0]->values.data();
  for (double& y : outputs[0]->values) {
    double sum = 0;
    for (int64_t i = 0; i < view.extent; ++i) sum += std::pow(std::abs(*x++), norm_order(node));
    y = std::pow(sum, 1 / norm_order(node));
  }
}

void global_lp_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                        const Arrays& grad_inputs) {
  if (!grad_outputs[0] || !grad_inputs[0]) return;
  const auto extent = static_cast<size_t>(planes_of(inputs[0]->shape).extent);
  for (size_t i = 0; i < inputs[0]->values.size(); ++i)
    grad_inputs[0]->values[i] +=
        lp_slope(inputs[0]->values[i], outputs[0]->values[i / extent], norm_order(node)) * grad_outputs[0]->values[i / extent];
}

void global_max_forward(const Node&, const ConstArrays& inputs, const Arrays& outputs) {
  const AxisView view = planes_of(inputs[0]->shape);
  const double* x = inputs[0]->values.data();
  for (double& y : outputs[0]->values) {
    y = *std::max_element(x, x + view.extent);
    x += view.extent;
  }
}

void global_max_backward(const Node&, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                         const Arrays& grad_inputs) {
  if (!grad_outputs[0] || !grad_inputs[0]) return;
  const AxisView view = planes_of(inputs[0]->shape);
  const double* x = inputs[0]->values.data();
  double* dx = grad_inputs[0]->values.data();
  for (const double dy : grad_outputs[0]->values) {
    dx[std::max_element(x, x + view.extent) - x] += dy;
    x += view.extent;
    dx += view.extent;
  }
}

}  // namespace

std::vector<Kernel> pool_kernels() {
  return {
      {"MaxPool", max_forward, max_backward},
      {"AveragePool", average_forward, average_backward},
      {"GlobalAveragePool", global_average_forward, global_average_backward},
      {"LpPool", lp_pool_forward, lp_pool_backward},
      {"MaxUnpool", unpool_forward, unpool_backward},
      {"GlobalLpPool", global_lp_forward, global_lp_backward},
      {"GlobalMaxPool", global_max_forward, global_max_backward},
  };
}

}  // namespace phosphene::kernels
