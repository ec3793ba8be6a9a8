// What changed between opsets, for the operators of image networks:
//
//     up to 6    Add, Mul ...: attributes axis and broadcast      not handled here
//     5          Reshape: shape from attribute to input
//     7, 9, 14   BatchNormalization, Dropout: is_test, spatial and consumed_inputs go
//     9, 10      Upsample: scales to input, then becomes Resize
//     10         Slice: starts, ends, axes from attributes to inputs
//     11         Clip, Pad: bounds and pads from attributes to inputs
//     12         Dropout: ratio from attribute to input
//     13         Softmax: one axis instead of a flattening; Squeeze, Unsqueeze, ReduceSum, Split: axes and split from attributes to inputs
//     18         Reduce*: axes from attribute to input (back again here); Split gets num_outputs, Pad axes, Resize antialias
#include "phosphene/formats/onnx_opset.h"

#include <limits>
#include <string>

#include <onnx/shape_inference/implementation.h>
#include <onnx/version_converter/convert.h>

#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_convert.h"

namespace phosphene {
namespace {

using onnx::AttributeProto;
using onnx::GraphProto;
using onnx::NodeProto;

const AttributeProto* find_attribute(const NodeProto& node, const std::string& name) {
  for (const AttributeProto& attribute : node.attribute())
    if (attribute.name() == name) return &attribute;
  return nullptr;
}

void erase_attribute(NodeProto& node, const std::string& name) {
  for (int i = node.attribute_size() - 1; i >= 0; --i)
    if (node.attribute(i).name() == name) node.mutable_attribute()->DeleteSubrange(i, 1);
}

// One walk over the nodes of a graph that rewrites each and may add weights and nodes.
class Rewriter {
 public:
  Rewriter(GraphProto& graph, int opset) : graph_(graph), opset_(opset) {}

  void rewrite_all() {
    GraphProto old;
    old.mutable_node()->Swap(graph_.mutable_node());
    for (NodeProto& node : *old.mutable_node()) {
      located(fmt::format("node {} ({})", node.name().empty() ? node.output(0) : node.name(), node.op_type()), [&] {
        if (opset_ < kOpset)
          upgrade(node);
        else
          downgrade(node);
      });
      *graph_.add_node() = node;
    }
  }

 private:
  std::string add_weight(const NodeProto& node, const std::string& word, const Tensor& tensor) {
    const std::string name = node.output(0) + "/" + word;
    *graph_.add_initializer() = tensor_to_onnx(name, tensor);
    return name;
  }

  // Moves an attribute of integers to input `index`; absent optional inputs before it stay empty.
  void ints_to_input(NodeProto& node, const std::string& attribute, int index) {
    const AttributeProto* found = find_attribute(node, attribute);
    if (!found) return;
    const std::string name = add_weight(node, attribute, Tensor::ints({found->ints().begin(), found->ints().end()}));
    erase_attribute(node, attribute);
    set_input(node, index, name);
  }

  void float_to_input(NodeProto& node, const std::string& attribute, int index) {
    const AttributeProto* found = find_attribute(node, attribute);
    if (!found) return;
    const std::string name = add_weight(node, attribute, Tensor::scalar(found->f()));
    erase_attribute(node, attribute);
    set_input(node, index, name);
  }

  static void set_input(NodeProto& node, int index, const std::string& name) {
    while (node.input_size() <= index) node.add_input("");
    node.set_input(index, name);
  }

  // softmax over all axes from `axis` on, as it was before opset 13: flatten, softmax over the columns, back to the shape.
  void flattened_softmax(NodeProto& node) {
    const AttributeProto* found = find_attribute(node, "axis");
    const int64_t axis = found ? found->i() : 1;
    const std::string input = node.input(0), output = node.output(0);
    NodeProto* shape = graph_.add_node();
    shape->set_op_type("Shape");
    shape->add_input(input);
    shape->add_output(output + "/shape");
    NodeProto* flatten = graph_.add_node();
    flatten->set_op_type("Flatten");
    flatten->add_input(input);
    flatten->add_output(output + "/flat");
    *flatten->add_attribute() = attribute_to_onnx("axis", axis);
    NodeProto* softmax = graph_.add_node();
    *softmax = node;
    erase_attribute(*softmax, "axis");
    *softmax->add_attribute() = attribute_to_onnx("axis", int64_t{1});
    softmax->set_input(0, output + "/flat");
    softmax->set_output(0, output + "/softmax");
    node.Clear();
    node.set_op_type("Reshape");
    node.add_input(output + "/softmax");
    node.add_input(output + "/shape");
    node.add_output(output);
  }

  void upsample_to_resize(NodeProto& node) {
    if (const AttributeProto* scales = find_attribute(node, "scales")) {
      const std::vector<float> values(scales->floats().begin(), scales->floats().end());
      set_input(node, 1, add_weight(node, "scales", Tensor(Shape{static_cast<int64_t>(values.size())}, values)));
      erase_attribute(node, "scales");
    }
    if (node.input_size() < 2) throw Error("Upsample without scales", "export the model with opset 13 or later");
    const std::string scales = node.input(1);
    set_input(node, 1, "");
    set_input(node, 2, scales);
    node.set_op_type("Resize");
    *node.add_attribute() = attribute_to_onnx("coordinate_transformation_mode", std::string("asymmetric"));
    *node.add_attribute() = attribute_to_onnx("nearest_mode", std::string("floor"));
  }

  void upgrade(NodeProto& node) {
    const std::string op = node.op_type();
    if (find_attribute(node, "broadcast"))
      throw Error(fmt::format("the broadcasting of opset {} is not supported", opset_), "export the model with opset 13 or later");
    erase_attribute(node, "consumed_inputs");
    erase_attribute(node, "is_test");
    if (op == "BatchNormalization") {
      if (const AttributeProto* spatial = find_attribute(node, "spatial"); spatial && spatial->i() == 0)
        throw Error("BatchNormalization with spatial = 0 is not supported", "export the model with opset 13 or later");
      erase_attribute(node, "spatial");
      while (node.output_size() > 1) node.mutable_output()->RemoveLast();
    } else if (op == "Reshape") {
      ints_to_input(node, "shape", 1);
    } else if (op == "Upsample") {
      upsample_to_resize(node);
    } else if (op == "Resize" && opset_ == 10) {
      const std::string scales = node.input(1);
      set_input(node, 1, "");
      set_input(node, 2, scales);
      *node.add_attribute() = attribute_to_onnx("coordinate_transformation_mode", std::string("asymmetric"));
      *node.add_attribute() = attribute_to_onnx("nearest_mode", std::string("floor"));
    } else if (op == "Slice") {
      ints_to_input(node, "starts", 1);
      ints_to_input(node, "ends", 2);
      ints_to_input(node, "axes", 3);
    } else if (op == "Clip") {
      float_to_input(node, "min", 1);
      float_to_input(node, "max", 2);
    } else if (op == "Pad") {
      ints_to_input(node, "paddings", 1);
      ints_to_input(node, "pads", 1);
      float_to_input(node, "value", 2);
    } else if (op == "Dropout") {
      float_to_input(node, "ratio", 1);
    } else if (op == "Squeeze" || op == "Unsqueeze" || op == "ReduceSum") {
      ints_to_input(node, "axes", 1);
    } else if (op == "Split") {
      ints_to_input(node, "split", 1);
    } else if ((op == "Softmax" || op == "LogSoftmax") && opset_ < 13) {
      flattened_softmax(node);
    }
  }

  const onnx::TensorProto* constant(const std::string& name) const {
    for (const auto& weight : graph_.initializer())
      if (weight.name() == name) return &weight;
    for (const NodeProto& node : graph_.node())
      if (node.op_type() == "Constant" && node.output(0) == name)
        if (const AttributeProto* value = find_attribute(node, "value")) return &value->t();
    return nullptr;
  }

  void downgrade(NodeProto& node) {
    const std::string& op = node.op_type();
    if (op.starts_with("Reduce") && op != "ReduceSum" && node.input_size() == 2) {
      if (!node.input(1).empty()) {
        const onnx::TensorProto* axes = constant(node.input(1));
        if (!axes) throw Error("the axes are computed by the network", "export the model with constant axes");
        const Tensor values = tensor_from_onnx(*axes);
        *node.add_attribute() = attribute_to_onnx("axes", std::vector<int64_t>(values.ints().begin(), values.ints().end()));
      }
      node.mutable_input()->RemoveLast();
      erase_attribute(node, "noop_with_empty_axes");
    } else if (op == "Split") {
      erase_attribute(node, "num_outputs");
    } else if (op == "Pad" && node.input_size() == 4) {
      if (!node.input(3).empty()) throw Error("Pad with axes is not supported", "export the model with opset 17");
      node.mutable_input()->RemoveLast();
    } else if (op == "Resize") {
      const AttributeProto* antialias = find_attribute(node, "antialias");
      if ((antialias && antialias->i()) || find_attribute(node, "axes"))
        throw Error("Resize with antialias or axes is not supported", "export the model with opset 17");
      erase_attribute(node, "antialias");
      erase_attribute(node, "keep_aspect_ratio_policy");
    }
  }

  GraphProto& graph_;
  int opset_;
};

void set_opset(onnx::ModelProto& model, int opset) {
  for (auto& import : *model.mutable_opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx") import.set_version(opset);
}

}  // namespace

int onnx_opset(const onnx::ModelProto& model) {
  for (const auto& import : model.opset_import()) {
    if (!import.domain().empty() && import.domain() != "ai.onnx") continue;
    if (import.version() < 1 || import.version() > std::numeric_limits<int>::max())
      throw Error(fmt::format("opset {} does not exist", import.version()), "export the model again");
    return static_cast<int>(import.version());
  }
  throw Error("declares no ONNX opset", "export the model again");
}

onnx::ModelProto to_canonical_opset(onnx::ModelProto model) {
  const int opset = onnx_opset(model);
  if (opset == kOpset) return model;
  if (opset < kOpset) {
    try {
      onnx::ModelProto typed = model;  // some adapters need shapes
      onnx::shape_inference::InferShapes(typed);
      onnx::ModelProto converted = onnx::version_conversion::ConvertVersion(typed, kOpset);
      if (converted.graph().node_size() >= model.graph().node_size()) return converted;
    } catch (const std::exception&) {
      // Fails for operators without an adapter and for files whose shapes it cannot infer; the rules below need neither.
    }
  }
  Rewriter(*model.mutable_graph(), opset).rewrite_all();
  set_opset(model, kOpset);
  return model;
}

}  // namespace phosphene
