// Backward from the wanted values: a node stays when one of its outputs is needed.
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"

namespace phosphene {

Graph cut(Graph graph, const std::vector<std::string>& wanted) {
  std::set<std::string> values;
  for (const GraphInput& input : graph.inputs) values.insert(input.name);
  for (const auto& [name, tensor] : graph.weights) values.insert(name);
  for (const Node& node : graph.nodes) values.insert(node.outputs.begin(), node.outputs.end());

  std::set<std::string> needed;
  graph.outputs.clear();
  for (const std::string& value : wanted) {
    if (const OpaqueNode* opaque = graph.find_opaque(value)) throw cannot_compute(*opaque, value);
    if (value.empty() || !values.contains(value))
      throw Error(fmt::format("the graph has no value {}", value.empty() ? "\"\"" : value), "`inspect` lists the values");
    if (needed.insert(value).second) graph.outputs.push_back(value);
  }
  std::vector<Node> nodes;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const bool stays =
        std::any_of(node->outputs.begin(), node->outputs.end(), [&](const std::string& output) { return needed.contains(output); });
    if (!stays) continue;
    for (const std::string& input : node->inputs)
      if (!input.empty()) needed.insert(input);
    needed.insert(node->outputs.begin(), node->outputs.end());
    nodes.push_back(std::move(*node));
  }
  std::reverse(nodes.begin(), nodes.end());
  graph.nodes = std::move(nodes);
  std::erase_if(graph.inputs, [&](const GraphInput& input) { return !needed.contains(input.name); });
  std::erase_if(graph.weights, [&](const auto& weight) { return !needed.contains(weight.first); });
  std::erase_if(graph.types, [&](const auto& type) { return !needed.contains(type.first); });
  return graph;
}

}  // namespace phosphene
