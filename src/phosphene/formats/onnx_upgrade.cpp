// What changed between older opsets and kOpset, for the operators of image networks:
//
//     up to 6    Add, Mul ...: attributes axis and broadcast      an Error
//     5          Reshape: shape from attribute to input
//     7, 9, 14   BatchNormalization: is_test, spatial, consumed_inputs and the saved statistics go
//     9, 10      Upsample: scales to input, then becomes Resize, which gets coordinates in 11
//     10         Slice: starts, ends, axes from attributes to inputs; TopK: k likewise
//     11         Clip, Pad: bounds and pads from attributes to inputs; Scatter becomes ScatterElements
//     12         Dropout: ratio from attribute to input
//     13         Softmax, LogSoftmax, Hardmax: one axis instead of all from it on
//                Squeeze, Unsqueeze, ReduceSum, Split: axes and split from attributes to inputs
//     16         RoiAlign: pixel centres move by one half unless told otherwise
#include "phosphene/formats/onnx_opset.h"

#include "phosphene/base/error.h"
#include "phosphene/graph/op.h"

namespace phosphene {

namespace {

constexpr const char* kNewer = "export the model with opset 13 or later";

void set_input(Node& node, size_t index, const std::string& name) {
  if (node.inputs.size() <= index) node.inputs.resize(index + 1);
  node.inputs[index] = name;
}

// Moves an attribute to input `index`; absent optional inputs before it stay empty.
void ints_to_input(OpsetConverter& to, Node& node, const std::string& attribute, size_t index) {
  if (!node.attributes.has(attribute)) return;
  set_input(node, index, to.new_weight(node, attribute, Tensor::ints(node.attributes.get_ints(attribute, {}))));
  node.attributes.erase(attribute);
}

void float_to_input(OpsetConverter& to, Node& node, const std::string& attribute, size_t index) {
  if (!node.attributes.has(attribute)) return;
  set_input(node, index, to.new_weight(node, attribute, Tensor::scalar(node.attributes.get_float(attribute, 0))));
  node.attributes.erase(attribute);
}

// Softmax over all axes from `axis` on: flatten, softmax over the columns, back to the shape. Over the last axis alone it is today's.
void flattened_softmax(OpsetConverter& to, Node& node) {
  const int rank = to.shape_of(input_of(node, 0)).rank();
  const int64_t axis = node.attributes.get_int("axis", 1);
  if (normal_axis(axis, rank) == rank - 1) return node.attributes.set("axis", int64_t{-1});
  const std::string x = node.inputs[0], y = node.outputs[0];
  to.emit({y + "/shape", "Shape", {x}, {y + "/shape"}, {}});
  to.emit({y + "/flat", "Flatten", {x}, {y + "/flat"}, {{"axis", axis}}});
  to.emit({y + "/softmax", node.op, {y + "/flat"}, {y + "/softmax"}, {{"axis", int64_t{1}}}});
  node = {node.name, "Reshape", {y + "/softmax", y + "/shape"}, {y}, {}};
}

void coordinates_of_old_resize(Node& node) {
  const std::string scales = input_of(node, 1);
  node.op = "Resize";
  node.inputs = {node.inputs[0], "", scales};
  if (node.attributes.get_string("mode", "nearest") == "bilinear") node.attributes.set("mode", std::string("linear"));
  node.attributes.set("coordinate_transformation_mode", std::string("asymmetric"));
  node.attributes.set("nearest_mode", std::string("floor"));
}

void upsample(OpsetConverter& to, Node& node) {
  if (node.attributes.has("scales")) {
    std::vector<float> values = node.attributes.get_floats("scales", {});
    const auto count = static_cast<int64_t>(values.size());
    set_input(node, 1, to.new_weight(node, "scales", Tensor(Shape{count}, std::move(values))));
    node.attributes.erase("scales");
  }
  if (node.inputs.size() < 2) throw Error("Upsample without scales", kNewer);
  coordinates_of_old_resize(node);
}

}  // namespace

void upgrade(OpsetConverter& to, Node& node) {
  const std::string op = node.op;
  Attributes& attributes = node.attributes;
  if (attributes.has("broadcast")) throw Error(fmt::format("the broadcasting of opset {} is not supported", to.opset), kNewer);
  attributes.erase("consumed_inputs");
  attributes.erase("is_test");
  if (op == "BatchNormalization" && to.opset < 14) {
    if (attributes.get_int("spatial", 1) == 0) throw Error("BatchNormalization with spatial = 0 is not supported", kNewer);
    attributes.erase("spatial");
    node.outputs.resize(1);
  } else if (op == "Reshape") {
    ints_to_input(to, node, "shape", 1);
  } else if (op == "Upsample") {
    upsample(to, node);
  } else if (op == "Resize" && to.opset == 10) {
    coordinates_of_old_resize(node);
  } else if (op == "Slice") {
    ints_to_input(to, node, "starts", 1);
    ints_to_input(to, node, "ends", 2);
    ints_to_input(to, node, "axes", 3);
  } else if (op == "TopK" && attributes.has("k")) {
    set_input(node, 1, to.new_weight(node, "k", Tensor::ints({attributes.get_int("k", 1)})));
    attributes.erase("k");
  } else if (op == "Clip") {
    float_to_input(to, node, "min", 1);
    float_to_input(to, node, "max", 2);
  } else if (op == "Pad") {
    ints_to_input(to, node, "paddings", 1);
    ints_to_input(to, node, "pads", 1);
    float_to_input(to, node, "value", 2);
  } else if (op == "Scatter") {
    node.op = "ScatterElements";
  } else if (op == "Dropout") {
    float_to_input(to, node, "ratio", 1);
  } else if (op == "Squeeze" || op == "Unsqueeze" || op == "ReduceSum") {
    ints_to_input(to, node, "axes", 1);
  } else if (op == "Split") {
    ints_to_input(to, node, "split", 1);
  } else if ((op == "Softmax" || op == "LogSoftmax" || op == "Hardmax") && to.opset < 13) {
    flattened_softmax(to, node);
  } else if (op == "RoiAlign" && to.opset < 16) {
    attributes.set("coordinate_transformation_mode", std::string("output_half_pixel"));
  }
}

}  // namespace phosphene
