// Pooling over windows and over whole planes, x [n, c, I] -> y [n, c, O].
//
//     MaxPool      y[o] = max over taps inside x of x[i],   i = o * stride + k * dilation - pad; the gradient goes to the first maximum
//     AveragePool  y[o] = 1 / |taps| sum over taps inside x of x[i]
//                  |taps|: those inside x, or with count_include_pad those inside the padded x; what ceil_mode adds beyond never counts
#include "phosphene/engine/reference/families.h"

namespace phosphene::reference {

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

void max_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const Array& x = *inputs[0];
  Array* y = outputs[0];
  const Pooling pooling(node, x.shape, y->shape);
  for (int64_t p = 0; p < pooling.planes; ++p)
    for (int64_t o = 0; o < pooling.y_size(); ++o) {
      const int64_t start = p * pooling.x_size(), best = pooling.first_maximum(x.values.data() + start, o);
      const auto target = static_cast<size_t>(p * pooling.y_size() + o);
      y->values[target] = best < 0 ? -INFINITY : x.values[static_cast<size_t>(start + best)];
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
      {"GlobalMaxPool", global_max_forward, global_max_backward},
  };
}

}  // namespace phosphene::reference
