// Sliding windows, one spatial axis:
//   span    = (kernel - 1) * dilation + 1
//   conv:     output = (input + begin + end - span) / stride + 1
//   transposed: output = (input - 1) * stride + span + output_padding - begin - end
// SAME:      output = ceil(input / stride) (conv), input * stride (transposed); the padding follows from it, its odd pixel at the end
//            (SAME_UPPER) or at the beginning (SAME_LOWER).
#include "phosphene/graph/ops/rules.h"

namespace phosphene {

namespace {

std::vector<int64_t> per_axis(const Node& node, const char* name, size_t count, int64_t fallback, int64_t least) {
  const auto values = node.attributes.get_ints(name, std::vector<int64_t>(count, fallback));
  if (values.size() != count) throw Error(fmt::format("attribute {} has {} entries, not {}", name, values.size(), count));
  for (int64_t value : values)
    if (value < least || value > kMaxAttribute) throw Error(fmt::format("attribute {} holds {}, which is out of range", name, value));
  return values;
}

enum class Padding { kExplicit, kValid, kSameUpper, kSameLower };

Padding padding_of(const Node& node) {
  const std::string text = node.attributes.get_string("auto_pad", "NOTSET");
  if (text == "NOTSET" || text.empty()) return Padding::kExplicit;
  if (text == "VALID") return Padding::kValid;
  if (text == "SAME_UPPER") return Padding::kSameUpper;
  if (text == "SAME_LOWER") return Padding::kSameLower;
  throw Error(fmt::format("attribute auto_pad is \"{}\", which ONNX does not define", text));
}

// Everything but pads and output.
Window attributes_of(const Node& node, const Shape& input, const std::vector<int64_t>& kernel) {
  if (input.rank() < 3) throw Error(fmt::format("the input {} has no spatial axes", input));
  const size_t axes = static_cast<size_t>(input.rank() - 2);
  if (kernel.size() != axes) throw Error(fmt::format("the kernel has {} axes, the input {} has {}", kernel.size(), input, axes));
  for (int64_t k : kernel)
    if (k < 1 || k > kMaxAttribute) throw Error(fmt::format("a kernel extent is {}", k));
  Window window;
  window.kernel = kernel;
  window.strides = per_axis(node, "strides", axes, 1, 1);
  window.dilations = per_axis(node, "dilations", axes, 1, 1);
  const auto pads = per_axis(node, "pads", 2 * axes, 0, 0);
  window.pads_begin.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(axes));
  window.pads_end.assign(pads.begin() + static_cast<std::ptrdiff_t>(axes), pads.end());
  if (padding_of(node) != Padding::kExplicit) {
    window.pads_begin.assign(axes, 0);
    window.pads_end.assign(axes, 0);
  }
  window.output.assign(axes, kUnknown);
  return window;
}

int64_t span_of(const Window& window, size_t axis) { return (window.kernel[axis] - 1) * window.dilations[axis] + 1; }

}  // namespace

Window sliding_window(const Node& node, const Shape& input, const std::vector<int64_t>& kernel) {
  Window window = attributes_of(node, input, kernel);
  const Padding padding = padding_of(node);
  const bool ceil_mode = node.attributes.get_int("ceil_mode", 0) != 0;
  for (size_t axis = 0; axis < kernel.size(); ++axis) {
    const int64_t extent = input[static_cast<int>(axis) + 2], stride = window.strides[axis], span = span_of(window, axis);
    if (extent == kUnknown) continue;
    int64_t &begin = window.pads_begin[axis], &end = window.pads_end[axis], &output = window.output[axis];
    if (padding == Padding::kSameUpper || padding == Padding::kSameLower) {
      output = (extent + stride - 1) / stride;
      const int64_t total = std::max<int64_t>(0, (output - 1) * stride + span - extent);
      begin = padding == Padding::kSameUpper ? total / 2 : total - total / 2;
      end = total - begin;
      continue;
    }
    const int64_t room = extent + begin + end - span;
    if (room < 0)
      throw Error(
          fmt::format("the window spans {} but the padded input has only {} along spatial axis {}", span, extent + begin + end, axis));
    output = room / stride + 1;
    // A window more covers the rest, unless it would start in the padding at the end.
    if (ceil_mode && room % stride != 0 && output * stride < extent + begin) ++output;
  }
  return window;
}

Window transposed_window(const Node& node, const Shape& input, const std::vector<int64_t>& kernel) {
  Window window = attributes_of(node, input, kernel);
  const Padding padding = padding_of(node);
  const size_t axes = kernel.size();
  const auto extra = per_axis(node, "output_padding", axes, 0, 0);
  const bool given = node.attributes.has("output_shape");
  auto wanted = node.attributes.get_ints("output_shape", {});
  if (given && wanted.size() == axes + 2) wanted.erase(wanted.begin(), wanted.begin() + 2);  // some exporters write all axes
  if (given && wanted.size() != axes) throw Error(fmt::format("attribute output_shape has {} entries, not {}", wanted.size(), axes));
  for (size_t axis = 0; axis < axes; ++axis) {
    const int64_t extent = input[static_cast<int>(axis) + 2], stride = window.strides[axis];
    if (extent == kUnknown) continue;
    const int64_t full = (extent - 1) * stride + span_of(window, axis) + extra[axis];
    int64_t &begin = window.pads_begin[axis], &end = window.pads_end[axis], &output = window.output[axis];
    const bool same = padding == Padding::kSameUpper || padding == Padding::kSameLower;
    if (given || same) {
      output = given ? wanted[axis] : extent * stride;
      if (output < 1 || output > kMaxElements) throw Error(fmt::format("attribute output_shape asks for an extent of {}", output));
      const int64_t total = std::max<int64_t>(0, full - output);
      begin = padding == Padding::kSameUpper ? total / 2 : total - total / 2;
      end = total - begin;
    } else {
      output = full - begin - end;
      if (output < 1) throw Error(fmt::format("the padding leaves an extent of {} along spatial axis {}", output, axis));
    }
  }
  return window;
}

namespace ops {

namespace {

std::vector<int64_t> kernel_of(const OpInputs& in, const Shape& weight) {
  const std::vector<int64_t> kernel(weight.begin() + 2, weight.end());
  if (std::find(kernel.begin(), kernel.end(), kUnknown) != kernel.end()) throw Error(fmt::format("the weight's shape {} is open", weight));
  const auto spelled = in.node.attributes.get_ints("kernel_shape", kernel);
  if (spelled != kernel) throw Error(fmt::format("attribute kernel_shape differs from the weight's shape {}", weight));
  return kernel;
}

int64_t groups_of(const Node& node) {
  const int64_t groups = node.attributes.get_int("group", 1);
  if (groups < 1 || groups > kMaxAttribute) throw Error(fmt::format("attribute group is {}", groups));
  return groups;
}

void require_bias(const OpInputs& in, int64_t channels) {
  if (!in.has(2)) return;
  const Shape& bias = float_at(in, 2).shape;
  if (bias.rank() != 1 || !may_equal(bias[0], channels)) throw Error(fmt::format("the bias has the shape {}, not [{}]", bias, channels));
}

Types windowed(const Shape& input, int64_t channels, const Window& window) {
  std::vector<int64_t> dims = {input[0], channels};
  dims.insert(dims.end(), window.output.begin(), window.output.end());
  return {{DataType::kFloat32, Shape(std::move(dims))}};
}

}  // namespace

// x [n, c, ...], weight [m, c / group, k...], bias [m] -> [n, m, ...]
Types conv(const OpInputs& in) {
  const Shape &input = float_at(in, 0).shape, &weight = float_at(in, 1).shape;
  shape_at_least(in, 1, 3);
  if (input.rank() != weight.rank()) throw Error(fmt::format("the input {} and the weight {} differ in rank", input, weight));
  const int64_t groups = groups_of(in.node);
  if (weight[0] % groups != 0) throw Error(fmt::format("{} output channels do not divide into {} groups", weight[0], groups));
  if (input[1] != kUnknown && (input[1] % groups != 0 || input[1] / groups != weight[1]))
    throw Error(fmt::format("the input {} has other channels than the weight {} wants in {} groups", input, weight, groups));
  require_bias(in, weight[0]);
  return windowed(input, weight[0], sliding_window(in.node, input, kernel_of(in, weight)));
}

// x [n, c, ...], weight [c, m / group, k...], bias [m] -> [n, m, ...]
Types conv_transpose(const OpInputs& in) {
  const Shape &input = float_at(in, 0).shape, &weight = float_at(in, 1).shape;
  shape_at_least(in, 1, 3);
  if (input.rank() != weight.rank()) throw Error(fmt::format("the input {} and the weight {} differ in rank", input, weight));
  const int64_t groups = groups_of(in.node);
  if (!may_equal(input[1], weight[0]) || weight[0] % groups != 0)
    throw Error(fmt::format("the input {} has other channels than the weight {} wants in {} groups", input, weight, groups));
  if (weight[1] > kMaxElements / groups) throw Error("there are too many output channels");
  const int64_t channels = weight[1] * groups;
  require_bias(in, channels);
  return windowed(input, channels, transposed_window(in.node, input, kernel_of(in, weight)));
}

}  // namespace ops
}  // namespace phosphene
