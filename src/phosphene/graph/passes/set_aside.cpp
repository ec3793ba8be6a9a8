// Forward through the nodes: one whose types do not follow becomes opaque, and so does every node that reads what it was to make.
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/shape_inference.h"

namespace phosphene {

Graph set_aside(Graph graph) {
  verify(graph);
  passes::ShapeInference inference(graph);
  std::map<std::string, std::string> causes;  // of the values that are not made
  std::optional<Error> damage;                // the first node that does not fit, whatever the data
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    OpaqueNode opaque{node.name, node.op, node.outputs, {}};
    for (const std::string& input : node.inputs)
      if (const auto cause = causes.find(input); cause != causes.end() && opaque.cause.empty()) opaque.cause = cause->second;
    opaque.needs = !opaque.cause.empty();
    if (!opaque.needs) {
      try {
        inference.step(node);
        nodes.push_back(std::move(node));
        continue;
      } catch (const Error& error) {
        opaque.cause = fmt::format("{} > {}", error.where(), error.problem());
        if (!damage && std::ranges::none_of(node.inputs, [&](const std::string& input) { return inference.depends_on_data(input); }))
          damage = error;
      }
    }
    for (const std::string& output : node.outputs)
      if (!output.empty()) causes[output] = opaque.cause;
    graph.opaque.push_back(std::move(opaque));
  }
  std::erase_if(graph.outputs, [&](const std::string& output) { return causes.contains(output); });
  if (damage && (graph.outputs.empty() || nodes.empty())) throw Error(*damage);
  graph.nodes = std::move(nodes);
  graph.types = std::move(inference.types);
  return graph;
}

}  // namespace phosphene
