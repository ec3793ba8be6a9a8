// What changed between kOpset and newer opsets, for the operators of image networks:
//
//     18      Reduce*: axes from attribute to input (back again here, but for ReduceSum); Split: num_outputs; Pad, Resize: axes;
//             Resize: antialias, keep_aspect_ratio_policy
//     19      Cast, QuantizeLinear: saturate, which only narrow floats have a use for; Pad: mode wrap
//     20      GridSample: linear and cubic instead of bilinear and bicubic
//     21      GroupNormalization: scale and shift of a channel instead of a group
//
// From 22 on only types and operators were added (onnx_compound.h).
#include "phosphene/formats/onnx_opset.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_compound.h"
#include "phosphene/graph/narrow_float.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene {

namespace {

constexpr const char* kOlder = "export the model with opset 17";

void axes_to_attribute(OpsetConverter& to, Node& node) {
  const bool none_is_identity = node.attributes.get_int("noop_with_empty_axes", 0) != 0;
  std::vector<int64_t> axes;
  if (node.has_input(1)) axes = to.ints(node, 1);
  node.inputs.resize(1);
  node.attributes.erase("noop_with_empty_axes");
  if (axes.empty() && none_is_identity)
    node = {node.name, "Identity", node.inputs, node.outputs, {}};
  else if (!axes.empty())
    node.attributes.set("axes", axes);
}

// Equal parts but for the last, which is smaller.
void split_into(OpsetConverter& to, Node& node) {
  const int64_t parts = node.attributes.get_int("num_outputs", 0);
  node.attributes.erase("num_outputs");
  if (parts != static_cast<int64_t>(node.outputs.size()))
    throw Error(fmt::format("num_outputs is {} with {} outputs", parts, node.outputs.size()));
  const Shape& shape = to.shape_of(input_of(node, 0));
  const int64_t extent = shape[normal_axis(node.attributes.get_int("axis", 0), shape.rank())];
  if (extent == kUnknown || extent % parts == 0) return;
  const int64_t each = (extent + parts - 1) / parts;
  std::vector<int64_t> sizes(static_cast<size_t>(parts), each);
  sizes.back() = extent - each * (parts - 1);
  if (sizes.back() < 0) throw Error(fmt::format("{} does not split into {} parts", extent, parts));
  node.inputs.resize(1);
  node.inputs.push_back(to.new_weight(node, "split", Tensor::ints(std::move(sizes))));
}

// pads of some axes -> of all, 0 elsewhere
void pad_all_axes(OpsetConverter& to, Node& node) {
  if (!node.has_input(3)) return node.inputs.resize(std::min<size_t>(node.inputs.size(), 3));
  const std::vector<int64_t> axes = to.ints(node, 3), pads = to.ints(node, 1);
  const int rank = to.shape_of(input_of(node, 0)).rank();
  if (pads.size() != 2 * axes.size()) throw Error(fmt::format("{} pads for {} axes", pads.size(), axes.size()));
  std::vector<int64_t> all(2 * static_cast<size_t>(rank), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(normal_axis(axes[i], rank));
    all[axis] = pads[i];
    all[axis + static_cast<size_t>(rank)] = pads[i + axes.size()];
  }
  node.inputs.resize(3);
  node.inputs[1] = to.new_weight(node, "pads", Tensor::ints(std::move(all)));
}

// Pad with what stands at the other end: slices before and behind, axis by axis.
void pad_wrap(OpsetConverter& to, Node& node) {
  const std::vector<int64_t> pads = to.ints(node, 1);
  const Shape shape = to.shape_of(input_of(node, 0));
  if (pads.size() != 2 * static_cast<size_t>(shape.rank())) throw Error(fmt::format("{} pads for {}", pads.size(), shape));
  Compound c(to, node);
  std::string x = node.inputs[0];
  const auto slice = [&](int64_t from, int64_t end, int64_t axis) {
    return c.add("Slice", {x, c.ints({from}), c.ints({end}), c.ints({axis})});
  };
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const int64_t begin = pads[static_cast<size_t>(axis)], end = pads[static_cast<size_t>(axis + shape.rank())];
    if (begin == 0 && end == 0) continue;
    if (begin < 0 || end < 0 || shape[axis] == kUnknown || std::max(begin, end) > shape[axis])
      throw Error(fmt::format("{} does not wrap around by {} and {}", shape, begin, end), "export the model with other pads");
    std::vector<std::string> parts = {x};
    if (begin > 0) parts.insert(parts.begin(), slice(-begin, kMaxElements, axis));
    if (end > 0) parts.push_back(slice(0, end, axis));
    x = c.add("Concat", parts, {{"axis", int64_t{axis}}});
  }
  node = {node.name, "Identity", {x}, node.outputs, {}};
}

// The wanted sizes become those of one scale for all axes: the smallest of theirs, or the largest.
void keep_aspect_ratio(OpsetConverter& to, Node& node) {
  const std::string policy = node.attributes.get_string("keep_aspect_ratio_policy", "stretch");
  node.attributes.erase("keep_aspect_ratio_policy");
  if (policy == "stretch" || !node.has_input(3)) return;
  const Shape shape = to.shape_of(input_of(node, 0));
  std::vector<int64_t> sizes = to.ints(node, 3), axes = node.attributes.get_ints("axes", {});
  if (axes.empty())
    for (int64_t axis = 0; axis < shape.rank(); ++axis) axes.push_back(axis);
  if (sizes.size() != axes.size()) throw Error(fmt::format("{} sizes for {} axes", sizes.size(), axes.size()));
  const auto extent = [&](size_t i) { return static_cast<double>(shape[normal_axis(axes[i], shape.rank())]); };
  double scale = 0;
  for (size_t i = 0; i < axes.size(); ++i) {
    if (extent(i) < 1) throw Error(fmt::format("{} is open, so that its aspect ratio is not known", shape), kOlder);
    const double own = static_cast<double>(sizes[i]) / extent(i);
    scale = i == 0 ? own : policy == "not_larger" ? std::min(scale, own) : std::max(scale, own);
  }
  for (size_t i = 0; i < axes.size(); ++i) sizes[i] = static_cast<int64_t>(std::floor(extent(i) * scale + 0.5));
  node.inputs[3] = to.new_weight(node, "kept_sizes", Tensor::ints(std::move(sizes)));
}

// sizes or scales of some axes -> of all: the input's extents, or 1, elsewhere
void resize_all_axes(OpsetConverter& to, Node& node) {
  Attributes& attributes = node.attributes;
  if (attributes.get_int("antialias", 0) == 0 || attributes.get_string("mode", "nearest") == "nearest") attributes.erase("antialias");
  keep_aspect_ratio(to, node);
  if (!attributes.has("axes")) return;
  const Shape shape = to.shape_of(input_of(node, 0));
  std::vector<int> axes;
  for (int64_t axis : attributes.get_ints("axes", {})) axes.push_back(normal_axis(axis, shape.rank()));
  attributes.erase("axes");
  if (attributes.get_string("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize")
    throw Error("Resize with a region and axes is not supported", kOlder);
  const auto place = [&](int axis) { return static_cast<size_t>(std::find(axes.begin(), axes.end(), axis) - axes.begin()); };
  if (node.has_input(2)) {
    const TensorPtr scales = to.constant(node.inputs[2]);
    if (!scales || scales->type() != DataType::kFloat32 || scales->size() != static_cast<int64_t>(axes.size()))
      throw Error("the scales are not constant, or not one an axis", kOlder);
    std::vector<float> all;
    for (int axis = 0; axis < shape.rank(); ++axis) all.push_back(place(axis) < axes.size() ? scales->floats()[place(axis)] : 1.0f);
    node.inputs[2] = to.new_weight(node, "scales", Tensor(Shape{shape.rank()}, std::move(all)));
    return;
  }
  if (!node.has_input(3)) return;
  const std::vector<int64_t> sizes = to.ints(node, 3);
  if (sizes.size() != axes.size()) throw Error(fmt::format("{} sizes for {} axes", sizes.size(), axes.size()));
  const std::string y = node.outputs[0];
  Node all{y + "/sizes", "Concat", {}, {y + "/sizes"}, {{"axis", int64_t{0}}}};
  for (int64_t axis = 0; axis < shape.rank(); ++axis) {
    const size_t at = place(static_cast<int>(axis));
    if (at < axes.size()) {
      all.inputs.push_back(to.new_weight(node, fmt::format("size_{}", axis), Tensor::ints({sizes[at]})));
      continue;
    }
    const std::string extent = fmt::format("{}/extent_{}", y, axis);
    to.emit({extent, "Shape", {node.inputs[0]}, {extent}, {{"start", axis}, {"end", axis + 1}}});
    all.inputs.push_back(extent);
  }
  to.emit(std::move(all));
  node.inputs[3] = y + "/sizes";
}

// [groups] -> [channels], each repeated
std::string repeated(OpsetConverter& to, const Node& node, size_t index, int64_t channels) {
  const int64_t groups = node.attributes.get_int("num_groups", 0);
  if (groups < 1 || channels == kUnknown || channels % groups != 0)
    throw Error(fmt::format("{} channels in {} groups", channels, groups), "export the model with fixed channels");
  const std::string name = fmt::format("{}/{}", node.outputs[0], index == 1 ? "scale" : "shift");
  const std::string column = to.new_weight(node, fmt::format("column_{}", index), Tensor::ints({groups, 1}));
  const std::string size = to.new_weight(node, fmt::format("repeats_{}", index), Tensor::ints({groups, channels / groups}));
  const std::string row = to.new_weight(node, fmt::format("row_{}", index), Tensor::ints({channels}));
  to.emit({name + "/column", "Reshape", {input_of(node, index), column}, {name + "/column"}, {}});
  to.emit({name + "/repeated", "Expand", {name + "/column", size}, {name + "/repeated"}, {}});
  to.emit({name, "Reshape", {name + "/repeated", row}, {name}, {}});
  return name;
}

void scale_of_channels(OpsetConverter& to, Node& node) {
  const Shape& shape = to.shape_of(input_of(node, 0));
  if (shape.rank() < 2) throw Error(fmt::format("its input {} has no channels", shape));
  const int64_t channels = shape[1];
  for (size_t index : {1, 2})
    if (to.shape_of(input_of(node, index)) != Shape{channels}) node.inputs[index] = repeated(to, node, index, channels);
}

}  // namespace

void downgrade(OpsetConverter& to, Node& node) {
  const std::string op = node.op;
  if (op.starts_with("Reduce") && op != "ReduceSum") {
    axes_to_attribute(to, node);
  } else if (op == "Split" && node.attributes.has("num_outputs")) {
    split_into(to, node);
  } else if (op == "Pad") {
    pad_all_axes(to, node);
    if (node.attributes.get_string("mode", "constant") == "wrap") pad_wrap(to, node);
  } else if (op == "Resize") {
    resize_all_axes(to, node);
  } else if (op == "Cast" || op == "QuantizeLinear") {
    if (!is_narrow_float(node.attributes.get_int("output_dtype", 0))) node.attributes.erase("saturate");
  } else if (op == "GridSample") {
    const std::string mode = node.attributes.get_string("mode", "linear");
    if (to.opset >= 20 && mode != "nearest") node.attributes.set("mode", std::string(mode == "cubic" ? "bicubic" : "bilinear"));
  } else if (op == "GroupNormalization" && to.opset < 21) {
    scale_of_channels(to, node);
  }
}

}  // namespace phosphene
