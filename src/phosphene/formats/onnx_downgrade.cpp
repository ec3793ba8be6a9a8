// What changed between kOpset and newer opsets, for the operators of image networks:
//
//     18      Reduce*: axes from attribute to input (back again here, but for ReduceSum); Split: num_outputs; Pad, Resize: axes;
//             Resize: antialias, keep_aspect_ratio_policy
//     19      Cast, QuantizeLinear: saturate, which tells of types that are not read
//     20      GridSample: linear and cubic instead of bilinear and bicubic
//     21      GroupNormalization: scale and shift of a channel instead of a group
//
// From 22 on only types were added.
#include "phosphene/formats/onnx_opset.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/op.h"

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

// sizes or scales of some axes -> of all: the input's extents, or 1, elsewhere
void resize_all_axes(OpsetConverter& to, Node& node) {
  Attributes& attributes = node.attributes;
  if (attributes.get_int("antialias", 0) != 0) throw Error("Resize with antialias is not supported", "export the model without antialias");
  if (attributes.get_string("keep_aspect_ratio_policy", "stretch") != "stretch")
    throw Error("Resize with a keep_aspect_ratio_policy is not supported", "export the model with fixed sizes");
  attributes.erase("antialias");
  attributes.erase("keep_aspect_ratio_policy");
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
  } else if (op == "Resize") {
    resize_all_axes(to, node);
  } else if (op == "Cast" || op == "QuantizeLinear") {
    node.attributes.erase("saturate");
  } else if (op == "GridSample") {
    const std::string mode = node.attributes.get_string("mode", "linear");
    if (to.opset >= 20 && mode != "nearest") node.attributes.set("mode", std::string(mode == "cubic" ? "bicubic" : "bilinear"));
  } else if (op == "GroupNormalization" && to.opset < 21) {
    scale_of_channels(to, node);
  }
}

}  // namespace phosphene
