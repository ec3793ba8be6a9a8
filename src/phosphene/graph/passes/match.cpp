#include "phosphene/graph/passes/match.h"

#include <algorithm>

#include "phosphene/graph/passes.h"

namespace phosphene::passes {

Matcher::Matcher(const Graph& graph, const std::set<std::string>& wanted) : graph_(graph), users_(consumers(graph)), kept_(wanted) {
  for (const Node& node : graph.nodes)
    for (const std::string& output : node.outputs) makers_[output] = &node;
  kept_.insert(graph.outputs.begin(), graph.outputs.end());
}

const Node* Matcher::maker(const std::string& value, const char* op) const {
  const auto found = makers_.find(value);
  return found == makers_.end() || value.empty() || found->second->op != op ? nullptr : found->second;
}

const Node* Matcher::maker(const Node& node, int index, const char* op) const {
  const auto at = static_cast<size_t>(index);
  return node.has_input(at) ? maker(node.inputs[at], op) : nullptr;
}

std::optional<float> Matcher::scalar(const std::string& value) const {
  const TensorPtr tensor = graph_.constant(value);
  if (!tensor || tensor->type() != DataType::kFloat32 || tensor->size() != 1) return std::nullopt;
  return tensor->floats()[0];
}

std::optional<std::vector<int64_t>> Matcher::integers(const std::string& value) const {
  const TensorPtr tensor = graph_.constant(value);
  if (!tensor || tensor->type() != DataType::kInt64) return std::nullopt;
  return std::vector<int64_t>(tensor->ints().begin(), tensor->ints().end());
}

bool Matcher::is_weight(const std::string& value, const Shape& shape) const {
  const TensorPtr tensor = graph_.constant(value);
  return tensor && tensor->type() == DataType::kFloat32 && tensor->shape() == shape;
}

std::optional<Matcher::User> Matcher::only_user(const std::string& value, const char* op) const {
  const auto users = users_.find(value);
  if (kept_.contains(value) || users == users_.end() || users->second.size() != 1) return std::nullopt;
  const Node& node = graph_.nodes[static_cast<size_t>(users->second[0])];
  if (node.op != op || node.inputs.size() != 2) return std::nullopt;
  return User{&node, node.inputs[node.inputs[0] == value ? 1 : 0]};
}

Graph replace_makers(Graph graph, std::map<std::string, Node> by_output, const std::set<std::string>& wanted) {
  if (by_output.empty()) return graph;
  for (Node& node : graph.nodes) {
    const auto found = by_output.find(node.outputs[0]);
    if (found == by_output.end()) continue;
    found->second.name = node.name;
    node = std::move(found->second);
  }
  std::vector<std::string> outputs = graph.outputs;
  for (const std::string& value : wanted)
    if (std::find(outputs.begin(), outputs.end(), value) == outputs.end()) outputs.push_back(value);
  const std::vector<std::string> old = graph.outputs;
  graph = cut(std::move(graph), outputs);
  graph.outputs = old;
  return infer_shapes(std::move(graph));
}

}  // namespace phosphene::passes
