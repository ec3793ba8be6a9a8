// Types forward through the nodes. Small constants go along, so that shapes computed by the graph itself (Shape, Gather, Concat, then
// Reshape) are known; an extent that is still open travels in them as kOpen.
#include "phosphene/base/error.h"
#include "phosphene/graph/evaluate.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/ops/rules.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/shape_inference.h"

namespace phosphene {

namespace {

// Larger values are data, not shapes.
constexpr int64_t kSmall = 4096;

bool all_small(const OpInputs& inputs) {
  for (size_t i = 0; i < inputs.types.size(); ++i)
    if (inputs.types[i] && (!inputs.constants[i] || inputs.constants[i]->size() > kSmall)) return false;
  return true;
}

}  // namespace

namespace passes {

ShapeInference::ShapeInference(const Graph& graph) : constants_(graph.weights) {
  for (const GraphInput& input : graph.inputs) {
    located(fmt::format("input {}", input.name), [&] { require_sane(input.type.shape); });
    types[input.name] = input.type;
  }
  for (const auto& [name, tensor] : graph.weights) types[name] = {tensor->type(), tensor->shape()};
}

void ShapeInference::add_weight(const std::string& name, const TensorPtr& tensor) {
  constants_[name] = tensor;
  types[name] = {tensor->type(), tensor->shape()};
}

const ValueType& ShapeInference::type_of(const std::string& value) const {
  const auto known = types.find(value);
  if (known == types.end()) throw Error(fmt::format("value {} is not made before it is read", value));
  return known->second;
}

TensorPtr ShapeInference::constant(const std::string& value) const {
  const auto known = constants_.find(value);
  return known == constants_.end() ? nullptr : known->second;
}

void ShapeInference::step(const Node& node) {
  located(fmt::format("node {} ({})", node.name, node.op), [&] {
    const Op* op = find_op(node.op);
    OpInputs inputs{node, {}, {}};
    for (const std::string& name : node.inputs) {
      inputs.types.push_back(name.empty() ? nullptr : &type_of(name));
      inputs.constants.push_back(name.empty() ? nullptr : constant(name));
    }
    const auto made = op->shape_rule(inputs);
    for (const ValueType& type : made) require_sane(type.shape);
    std::vector<TensorPtr> values;
    if (const TensorPtr known = inputs.types.empty() || !inputs.types[0] ? nullptr : shape_value(node, inputs.shape(0)))
      values = {known};
    else if (all_small(inputs))
      values = evaluate(inputs, made, kSmall);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i].empty()) continue;
      if (i >= made.size()) throw Error(fmt::format("output {} is not made in this mode", i));
      types[node.outputs[i]] = made[i];
      if (i < values.size()) constants_[node.outputs[i]] = values[i];
    }
  });
}

}  // namespace passes

Graph infer_shapes(Graph graph) {
  verify(graph);
  passes::ShapeInference inference(graph);
  for (const Node& node : graph.nodes) inference.step(node);
  graph.types = std::move(inference.types);
  return graph;
}

}  // namespace phosphene
