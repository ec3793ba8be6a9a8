#include "phosphene/graph/graph.h"

#include <algorithm>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

template <typename T>
const T* find_attribute(const std::map<std::string, Attribute>& items, const std::string& name) {
  const auto it = items.find(name);
  if (it == items.end()) return nullptr;
  const T* value = std::get_if<T>(&it->second);
  if (!value) throw Error(fmt::format("attribute {} has another type than the operator defines", name), "export the model again");
  return value;
}

template <typename T>
T attribute_or(const std::map<std::string, Attribute>& items, const std::string& name, const T& fallback) {
  const T* value = find_attribute<T>(items, name);
  return value ? *value : fallback;
}

}  // namespace

int64_t Attributes::get_int(const std::string& name, int64_t fallback) const { return attribute_or(items_, name, fallback); }
float Attributes::get_float(const std::string& name, float fallback) const { return attribute_or(items_, name, fallback); }
std::string Attributes::get_string(const std::string& name, const std::string& fallback) const {
  return attribute_or(items_, name, fallback);
}
std::vector<int64_t> Attributes::get_ints(const std::string& name, const std::vector<int64_t>& fallback) const {
  return attribute_or(items_, name, fallback);
}
std::vector<float> Attributes::get_floats(const std::string& name, const std::vector<float>& fallback) const {
  return attribute_or(items_, name, fallback);
}
std::vector<std::string> Attributes::get_strings(const std::string& name, const std::vector<std::string>& fallback) const {
  return attribute_or(items_, name, fallback);
}
TensorPtr Attributes::get_tensor(const std::string& name) const { return attribute_or(items_, name, TensorPtr{}); }

const GraphInput* Graph::find_input(const std::string& value) const {
  const auto it = std::find_if(inputs.begin(), inputs.end(), [&](const GraphInput& input) { return input.name == value; });
  return it == inputs.end() ? nullptr : &*it;
}

const OpaqueNode* Graph::find_opaque(const std::string& value) const {
  const auto makes = [&](const OpaqueNode& node) { return std::ranges::find(node.outputs, value) != node.outputs.end(); };
  const auto it = std::find_if(opaque.begin(), opaque.end(), makes);
  return it == opaque.end() || value.empty() ? nullptr : &*it;
}

Error cannot_compute(const OpaqueNode& node, const std::string& value) {
  return Error(fmt::format("{} cannot be computed: {}{}", value, node.needs ? "it needs " : "", node.cause),
               "choose a value that does not need it, or export the network with other operators");
}

const Node* Graph::find_producer(const std::string& value) const {
  for (const Node& node : nodes)
    if (std::find(node.outputs.begin(), node.outputs.end(), value) != node.outputs.end()) return &node;
  return nullptr;
}

bool Graph::has_value(const std::string& value) const {
  return !value.empty() && (find_input(value) || weights.contains(value) || find_producer(value));
}

const ValueType& Graph::type_of(const std::string& value) const {
  const auto it = types.find(value);
  if (it == types.end()) throw Error(fmt::format("the shape of value {} is not known", value));
  return it->second;
}

TensorPtr Graph::constant(const std::string& value) const {
  const auto it = weights.find(value);
  return it == weights.end() ? nullptr : it->second;
}

void Graph::add_weight(const std::string& value, Tensor tensor) { weights[value] = std::make_shared<const Tensor>(std::move(tensor)); }

std::map<std::string, std::vector<int>> consumers(const Graph& graph) {
  std::map<std::string, std::vector<int>> users;
  for (int i = 0; i < static_cast<int>(graph.nodes.size()); ++i)
    for (const std::string& input : graph.nodes[static_cast<size_t>(i)].inputs)
      if (!input.empty()) users[input].push_back(i);
  return users;
}

}  // namespace phosphene
