#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"

namespace phosphene {

Graph rename_value(Graph graph, const std::string& from, const std::string& to) {
  if (graph.has_value(to)) throw Error(fmt::format("the graph has a value {} already", to), "give another name");
  const auto rename = [&](std::string& name) {
    if (name == from) name = to;
  };
  for (GraphInput& input : graph.inputs) rename(input.name);
  for (Node& node : graph.nodes) {
    for (std::string& input : node.inputs) rename(input);
    for (std::string& output : node.outputs) rename(output);
  }
  for (std::string& output : graph.outputs) rename(output);
  if (auto weight = graph.weights.extract(from)) weight.key() = to, graph.weights.insert(std::move(weight));
  graph.types.clear();
  return graph;
}

}  // namespace phosphene
