// Resize: separable interpolation. Along each axis that changes, y[o] = sum_t w[o, t] x[i[o, t]]; the gradient is the same sum transposed.
//
//     half_pixel          u = (o + 0.5) / s - 0.5          (pytorch_half_pixel: 0 when there is one output)
//     asymmetric          u = o / s
//     align_corners       u = o (in - 1) / (out - 1), out being in * s before it is cut to a whole number
//     tf_half_pixel_for_nn  u = (o + 0.5) / s
//     tf_crop_and_resize  u = from start to end of the input `roi`, shares of in - 1; what lies outside x is extrapolation_value
//     nearest             one tap at round(u) as nearest_mode says
//     linear              floor(u) and its right neighbour, weights 1 - f and f, f = u - floor(u)
//     cubic               the four neighbours, Keys' kernel with a = cubic_coeff_a
//     antialias           where an axis shrinks, linear and cubic kernels are stretched by 1 / s, and weights are divided by their sum
//     Taps outside x take the edge's value, or with exclude_outside do not count.
#include "phosphene/graph/kernels/resize.h"

#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

Cubic keys(double distance, double a) {
  const double d = std::abs(distance), sign = distance < 0 ? -1 : 1;
  if (d <= 1) return {((a + 2) * d - (a + 3)) * d * d + 1, sign * (3 * (a + 2) * d - 2 * (a + 3)) * d};
  if (d < 2) return {((a * d - 5 * a) * d + 8 * a) * d - 4 * a, sign * ((3 * a * d - 10 * a) * d + 8 * a)};
  return {0, 0};
}

namespace {

struct Tap {
  int64_t index;
  double weight;
};
using Taps = std::vector<std::vector<Tap>>;  // by output position

struct AxisScale {
  int64_t in, out;
  double scale;
  double start = 0, end = 1;  // the region of tf_crop_and_resize
};

double coordinate(const std::string& mode, const AxisScale& axis, int64_t o) {
  const auto x = static_cast<double>(o);
  if (mode == "half_pixel") return (x + 0.5) / axis.scale - 0.5;
  if (mode == "pytorch_half_pixel") return axis.out > 1 ? (x + 0.5) / axis.scale - 0.5 : 0;
  if (mode == "asymmetric") return x / axis.scale;
  if (mode == "align_corners") {
    const double in = static_cast<double>(axis.in), out = in * axis.scale;
    return axis.out > 1 ? x * (in - 1) / (out - 1) : 0;
  }
  if (mode == "tf_half_pixel_for_nn") return (x + 0.5) / axis.scale;
  if (mode == "tf_crop_and_resize") {
    const auto last = static_cast<double>(axis.in - 1);
    if (axis.out == 1) return 0.5 * (axis.start + axis.end) * last;
    return axis.start * last + x * (axis.end - axis.start) * last / static_cast<double>(axis.out - 1);
  }
  throw Error(fmt::format("coordinate_transformation_mode \"{}\" of Resize", mode),
              "half_pixel, pytorch_half_pixel, asymmetric, align_corners, tf_half_pixel_for_nn and tf_crop_and_resize are supported");
}

double round_to(const std::string& mode, double u) {
  if (mode == "round_prefer_floor") return std::ceil(u - 0.5);
  if (mode == "round_prefer_ceil") return std::floor(u + 0.5);
  if (mode == "floor") return std::floor(u);
  if (mode == "ceil") return std::ceil(u);
  throw Error(fmt::format("nearest_mode \"{}\" of Resize", mode), "round_prefer_floor, round_prefer_ceil, floor and ceil are supported");
}

bool extrapolates(const Node& node) {
  return node.attributes.get_string("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize";
}

// All taps within the kernel's support, which is stretched by 1 / scale.
void add_stretched(std::vector<Tap>& row, const std::string& mode, double cubic, const AxisScale& axis, double u, bool exclude) {
  const double support = (mode == "linear" ? 1 : 2) / axis.scale;
  auto first = static_cast<int64_t>(std::ceil(u - support)), last = static_cast<int64_t>(std::floor(u + support));
  if (exclude) first = std::max<int64_t>(0, first), last = std::min<int64_t>(axis.in - 1, last);
  double sum = 0;
  for (int64_t i = first; i <= last; ++i) {
    const double distance = (static_cast<double>(i) - u) * axis.scale;
    const double weight = mode == "linear" ? std::max(0.0, 1 - std::abs(distance)) : keys(distance, cubic).value;
    if (weight != 0) row.push_back({std::clamp<int64_t>(i, 0, axis.in - 1), weight});
    sum += weight;
  }
  for (Tap& tap : row) tap.weight /= sum;
}

Taps taps_of(const Node& node, const AxisScale& axis) {
  const std::string mode = node.attributes.get_string("mode", "nearest");
  const std::string transform = node.attributes.get_string("coordinate_transformation_mode", "half_pixel");
  const std::string nearest_mode = node.attributes.get_string("nearest_mode", "round_prefer_floor");
  const bool exclude = node.attributes.get_int("exclude_outside", 0) != 0;
  const bool antialiases = node.attributes.get_int("antialias", 0) != 0 && axis.scale < 1;
  Taps taps(static_cast<size_t>(axis.out));
  for (int64_t o = 0; o < axis.out; ++o) {
    const double u = coordinate(transform, axis, o);
    auto& row = taps[static_cast<size_t>(o)];
    if (extrapolates(node) && (u < 0 || u > static_cast<double>(axis.in - 1))) continue;  // no tap: the constant stands there
    const auto add = [&](double position, double weight) {
      const auto i = static_cast<int64_t>(position);
      if (!exclude || (i >= 0 && i < axis.in)) row.push_back({std::clamp<int64_t>(i, 0, axis.in - 1), weight});
    };
    if (antialiases && (mode == "linear" || mode == "cubic")) {
      add_stretched(row, mode, node.attributes.get_float("cubic_coeff_a", -0.75F), axis, u, exclude);
      continue;
    }
    if (mode == "nearest") {
      row.push_back({std::clamp<int64_t>(static_cast<int64_t>(round_to(nearest_mode, u)), 0, axis.in - 1), 1.0});
    } else if (mode == "linear") {
      add(std::floor(u), 1 - (u - std::floor(u)));
      add(std::floor(u) + 1, u - std::floor(u));
    } else if (mode == "cubic") {
      const double a = node.attributes.get_float("cubic_coeff_a", -0.75F);
      for (int t = -1; t <= 2; ++t) add(std::floor(u) + t, keys(u - std::floor(u) - t, a).value);
    } else {
      throw Error(fmt::format("mode \"{}\" of Resize", mode), "nearest, linear and cubic are supported");
    }
    if (exclude) {
      double sum = 0;
      for (const Tap& tap : row) sum += tap.weight;
      for (Tap& tap : row) tap.weight /= sum;
    }
  }
  return taps;
}

// One pass along one axis: what changes, and the shapes before and after.
struct Pass {
  int axis;
  Shape before, after;
  Taps taps;
};

std::vector<Pass> passes_of(const Node& node, const ConstArrays& inputs, const Shape& y) {
  const Shape& x = inputs[0]->shape;
  const Array* scales = at(inputs, 2);
  if (scales && scales->values.empty()) scales = nullptr;
  std::vector<Pass> passes;
  Shape shape = x;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const double ratio = static_cast<double>(y[axis]) / static_cast<double>(x[axis]);
    const double scale = scales ? scales->values[static_cast<size_t>(axis)] : ratio;
    AxisScale resized{x[axis], y[axis], scale};
    if (const Array* roi = at(inputs, 1); roi && extrapolates(node)) {
      resized.start = roi->values.at(static_cast<size_t>(axis));
      resized.end = roi->values.at(static_cast<size_t>(axis + x.rank()));
    }
    if (scale == 1 && x[axis] == y[axis] && resized.start == 0 && resized.end == 1) continue;
    Shape after = shape;
    after[axis] = y[axis];
    passes.push_back({axis, shape, after, taps_of(node, resized)});
    shape = after;
  }
  return passes;
}

// Calls visit(index before, index after, weight) for every tap of every output.
template <typename Visit>
void for_each_tap(const Pass& pass, Visit visit) {
  const AxisView before(pass.before, pass.axis), after(pass.after, pass.axis);
  for (int64_t outer = 0; outer < after.outer; ++outer)
    for (int64_t o = 0; o < after.extent; ++o)
      for (const Tap& tap : pass.taps[static_cast<size_t>(o)])
        for (int64_t inner = 0; inner < after.inner; ++inner)
          visit(static_cast<size_t>((outer * before.extent + tap.index) * before.inner + inner),
                static_cast<size_t>((outer * after.extent + o) * after.inner + inner), tap.weight);
}

void resize_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  std::vector<double> values = inputs[0]->values;
  const auto passes = passes_of(node, inputs, outputs[0]->shape);
  for (const Pass& pass : passes) {
    std::vector<double> next(static_cast<size_t>(pass.after.size()), 0.0);
    for_each_tap(pass, [&](size_t before, size_t after, double weight) { next[after] += weight * values[before]; });
    values = std::move(next);
  }
  outputs[0]->values = std::move(values);
  if (!extrapolates(node)) return;
  size_t i = 0;
  for (Odometer position(outputs[0]->shape); !position.done(); position.step(), ++i)
    for (const Pass& pass : passes) {
      const auto axis = static_cast<size_t>(pass.axis);
      if (pass.taps[static_cast<size_t>(position[axis])].empty())
        outputs[0]->values[i] = node.attributes.get_float("extrapolation_value", 0);
    }
}

void resize_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                     const Arrays& grad_inputs) {
  if (!grad_outputs[0] || !grad_inputs[0]) return;
  std::vector<double> values = grad_outputs[0]->values;
  auto passes = passes_of(node, inputs, grad_outputs[0]->shape);
  std::reverse(passes.begin(), passes.end());
  for (const Pass& pass : passes) {
    std::vector<double> next(static_cast<size_t>(pass.before.size()), 0.0);
    for_each_tap(pass, [&](size_t before, size_t after, double weight) { next[before] += weight * values[after]; });
    values = std::move(next);
  }
  for (size_t i = 0; i < values.size(); ++i) grad_inputs[0]->values[i] += values[i];
}

}  // namespace

std::vector<TapRanges> resize_taps(const Node& node, const ConstArrays& inputs, const Shape& output) {
  std::vector<TapRanges> ranges(static_cast<size_t>(output.rank()));
  for (const Pass& pass : passes_of(node, inputs, output))
    for (const std::vector<Tap>& row : pass.taps) {
      TapRange range;
      for (const Tap& tap : row) {
        range.first = range.last < range.first ? tap.index : std::min(range.first, tap.index);
        range.last = std::max(range.last, tap.index);
      }
      ranges[static_cast<size_t>(pass.axis)].push_back(range);
    }
  return ranges;
}

std::vector<Kernel> resize_kernels() { return {{"Resize", resize_forward, resize_backward}}; }

}  // namespace phosphene::kernels
