// Types forward through the nodes. Small constants go along, so that shapes computed by the graph itself (Shape, Gather, Concat, then
// Reshape) are known; an extent that is still open travels in them as kOpen.
#include "phosphene/base/error.h"
#include "phosphene/graph/evaluate.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/ops/rules.h"
#include "phosphene/graph/passes.h"

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

Graph infer_shapes(Graph graph) {
  verify(graph);
  graph.types.clear();
  std::map<std::string, TensorPtr> constants = graph.weights;
  for (const GraphInput& input : graph.inputs) {
    located(fmt::format("input {}", input.name), [&] { require_sane(input.type.shape); });
    graph.types[input.name] = input.type;
  }
  for (const auto& [name, tensor] : graph.weights) graph.types[name] = {tensor->type(), tensor->shape()};

  for (const Node& node : graph.nodes) {
    located(fmt::format("node {} ({})", node.name, node.op), [&] {
      const Op* op = find_op(node.op);
      OpInputs inputs{node, {}, {}};
      for (const std::string& name : node.inputs) {
        const auto constant = constants.find(name);
        inputs.types.push_back(name.empty() ? nullptr : &graph.type_of(name));
        inputs.constants.push_back(name.empty() || constant == constants.end() ? nullptr : constant->second);
      }
      const auto types = op->shape_rule(inputs);
      for (const ValueType& type : types) require_sane(type.shape);
      std::vector<TensorPtr> values;
      if (const TensorPtr known = inputs.types.empty() || !inputs.types[0] ? nullptr : shape_value(node, inputs.shape(0)))
        values = {known};
      else if (all_small(inputs))
        values = evaluate(inputs, types, kSmall);
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        if (node.outputs[i].empty()) continue;
        if (i >= types.size()) throw Error(fmt::format("output {} is not made in this mode", i));
        graph.types[node.outputs[i]] = types[i];
        if (i < values.size()) constants[node.outputs[i]] = values[i];
      }
    });
  }
  return graph;
}

}  // namespace phosphene
