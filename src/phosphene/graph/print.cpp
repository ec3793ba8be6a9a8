// graph NAME
//   input x: float32 [?, 3, 8, 8]
//   conv1: y = Conv(x, w, b) pads=[1, 1, 1, 1] -> float32 [?, 16, 8, 8]
//   output y
#include <iterator>

#include "phosphene/graph/graph.h"

namespace phosphene {

namespace {

template <typename T>
std::string list_of(const std::vector<T>& items) {
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string to_text(const Attribute& attribute) {
  struct Visitor {
    std::string operator()(int64_t value) const { return std::to_string(value); }
    std::string operator()(float value) const { return fmt::format("{}", value); }
    std::string operator()(const std::string& value) const { return fmt::format("\"{}\"", value); }
    std::string operator()(const std::vector<int64_t>& values) const { return list_of(values); }
    std::string operator()(const std::vector<float>& values) const { return list_of(values); }
    std::string operator()(const std::vector<std::string>& values) const { return list_of(values); }
    std::string operator()(const TensorPtr& tensor) const {
      return tensor ? fmt::format("{} {}", to_string(tensor->type()), tensor->shape()) : "null";
    }
  };
  return std::visit(Visitor{}, attribute);
}

std::string values_of(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (const std::string& name : names) shown.push_back(name.empty() ? "_" : name);
  return fmt::format("{}", fmt::join(shown, ", "));
}

}  // namespace

std::string to_string(const Graph& graph) {
  std::string text = fmt::format("graph {}\n", graph.name);
  for (const GraphInput& input : graph.inputs)
    text += fmt::format("  input {}: {} {}\n", input.name, to_string(input.type.type), input.type.shape);
  for (const Node& node : graph.nodes) {
    text += fmt::format("  {}: {} = {}({})", node.name, values_of(node.outputs), node.op, values_of(node.inputs));
    for (const auto& [name, attribute] : node.attributes) text += fmt::format(" {}={}", name, to_text(attribute));
    std::vector<std::string> types;
    for (const std::string& output : node.outputs)
      if (const auto it = graph.types.find(output); it != graph.types.end())
        types.push_back(fmt::format("{} {}", to_string(it->second.type), it->second.shape));
    if (!types.empty()) text += fmt::format(" -> {}", fmt::join(types, ", "));
    text += "\n";
  }
  for (const std::string& output : graph.outputs) text += fmt::format("  output {}\n", output);
  return text;
}

}  // namespace phosphene
