// BatchNormalization: training_mode = 1 and outputs for the new running statistics. Dropout: a third input that is true.
#include "phosphene/model/inference_mode.h"

#include <algorithm>
#include <map>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

bool is_true(const TensorPtr& tensor) {
  if (!tensor || tensor->size() != 1) return false;
  return tensor->type() == DataType::kFloat32 ? tensor->floats()[0] != 0 : tensor->ints()[0] != 0;
}

std::string place(const Node& node) { return fmt::format("node {} ({})", node.name, node.op); }

}  // namespace

Graph in_inference_mode(Graph graph, std::vector<std::string>& notes) {
  std::map<std::string, std::string> causes;  // of values that are not made any more
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    const auto lost = std::ranges::find_if(node.inputs, [&](const std::string& input) { return causes.contains(input); });
    if (lost != node.inputs.end()) {
      const std::string cause = causes.at(*lost);
      for (const std::string& output : node.outputs) causes[output] = cause;
      graph.opaque.push_back({node.name, node.op, node.outputs, cause, true});
      continue;
    }
    if (node.op == "BatchNormalization" && node.attributes.get_int("training_mode", 0) != 0) {
      notes.push_back(place(node) + " is in training mode; its running statistics are used, not those of the batch");
      node.attributes.erase("training_mode");
      OpaqueNode statistics{node.name + "/statistics",
                            node.op,
                            {node.outputs.begin() + 1, node.outputs.end()},
                            place(node) + " > statistics of a batch are not computed"};
      std::erase(statistics.outputs, "");
      for (const std::string& output : statistics.outputs) causes[output] = statistics.cause;
      if (!statistics.outputs.empty()) graph.opaque.push_back(std::move(statistics));
      node.outputs.resize(1);
    } else if (node.op == "Dropout" && node.has_input(2) && is_true(graph.constant(node.inputs[2]))) {
      notes.push_back(place(node) + " is in training mode; nothing is dropped");
      node.inputs.resize(1);
    }
    nodes.push_back(std::move(node));
  }
  graph.nodes = std::move(nodes);
  std::erase_if(graph.outputs, [&](const std::string& output) { return causes.contains(output); });
  return graph;
}

}  // namespace phosphene
