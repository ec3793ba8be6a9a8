#include "phosphene/graph/passes/rewrite.h"

#include <algorithm>

#include "phosphene/graph/ops/rules.h"

namespace phosphene::passes {

std::string unique_name(const Graph& graph, const std::string& wish) {
  const auto taken = [&](const std::string& name) {
    return graph.has_value(name) ||
           std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) { return node.name == name; });
  };
  std::string name = wish;
  for (int i = 2; taken(name); ++i) name = fmt::format("{}_{}", wish, i);
  return name;
}

Graph constant_nodes_to_weights(Graph graph) {
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    if (node.op != "Constant") {
      nodes.push_back(std::move(node));
      continue;
    }
    located(fmt::format("node {} ({})", node.name, node.op), [&] { graph.weights[node.outputs.at(0)] = ops::constant_tensor(node); });
  }
  graph.nodes = std::move(nodes);
  return graph;
}

}  // namespace phosphene::passes
