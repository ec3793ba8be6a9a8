// A node whose inputs are all weights becomes weights; Shape of a value with a known shape needs no input at all.
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/evaluate.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/passes.h"

namespace phosphene {

namespace {

// A folded value may not be larger than this, lest folding fills the memory.
constexpr int64_t kFoldLimit = int64_t{1} << 28;

std::vector<TensorPtr> fold(const Graph& graph, const Node& node, const std::set<std::string>& keep) {
  OpInputs inputs{node, {}, {}};
  bool constant = true;
  for (const std::string& name : node.inputs) {
    inputs.types.push_back(name.empty() ? nullptr : &graph.type_of(name));
    inputs.constants.push_back(name.empty() || keep.contains(name) ? nullptr : graph.constant(name));
    constant = constant && (name.empty() || inputs.constants.back());
  }
  if (!inputs.types.empty() && inputs.types[0] && inputs.shape(0).known())
    if (const TensorPtr known = shape_value(node, inputs.shape(0))) return {known};
  if (!constant) return {};
  std::vector<ValueType> types;
  for (const std::string& output : node.outputs) {
    if (output.empty()) return {};
    types.push_back(graph.type_of(output));
  }
  return evaluate(inputs, types, kFoldLimit);
}

}  // namespace

Graph fold_constants(Graph graph, const std::set<std::string>& keep) {
  graph = infer_shapes(std::move(graph));
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    const auto values = located(fmt::format("node {} ({})", node.name, node.op), [&] { return fold(graph, node, keep); });
    if (values.empty()) nodes.push_back(std::move(node));
    for (size_t i = 0; i < values.size(); ++i)
      if (node.has_output(i)) graph.weights[node.outputs[i]] = values[i];
  }
  graph.nodes = std::move(nodes);
  return graph;
}

}  // namespace phosphene
