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
  if (node.op == "Shape" && inputs.shape(0).known()) {
    const auto& dims = inputs.shape(0).dims();
    const auto rank = static_cast<int64_t>(dims.size()), from = node.attributes.get_int("start", 0);
    const auto start = std::clamp<int64_t>(from < 0 ? from + rank : from, 0, rank);
    const auto count = graph.type_of(node.outputs[0]).shape[0];
    return {std::make_shared<const Tensor>(Tensor::ints(std::vector<int64_t>(dims.begin() + start, dims.begin() + start + count)))};
  }
  if (!constant) return {};
  std::vector<ValueType> types;
  for (const std::string& output : node.outputs) types.push_back(graph.type_of(output));
  return evaluate(inputs, types, kFoldLimit);
}

}  // namespace

Graph fold_constants(Graph graph, const std::set<std::string>& keep) {
  graph = infer_shapes(std::move(graph));
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    // Several outputs (Split of a constant) are rare and stay.
    const auto values = node.outputs.size() != 1
                            ? std::vector<TensorPtr>{}
                            : located(fmt::format("node {} ({})", node.name, node.op), [&] { return fold(graph, node, keep); });
    if (values.size() == 1)
      graph.weights[node.outputs[0]] = values[0];
    else
      nodes.push_back(std::move(node));
  }
  graph.nodes = std::move(nodes);
  return graph;
}

}  // namespace phosphene
