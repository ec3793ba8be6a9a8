// A node that gives its input unchanged goes, and its users read the input itself. So goes an Expand before operators that repeat by
// themselves.
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/op_traits.h"
#include "phosphene/graph/passes.h"

namespace phosphene {

namespace {

bool all_zero(const TensorPtr& tensor) {
  if (!tensor || tensor->type() == DataType::kFloat32) return false;
  const auto values = tensor->ints();
  return std::all_of(values.begin(), values.end(), [](int64_t v) { return v == 0; });
}

bool drops_nothing(const Graph& graph, const Node& node) {
  if (!node.has_input(2) || all_zero(graph.constant(node.inputs[2]))) return true;  // not in training
  const TensorPtr ratio = node.has_input(1) ? graph.constant(node.inputs[1]) : nullptr;
  return ratio && ratio->type() == DataType::kFloat32 && ratio->size() == 1 && ratio->floats()[0] == 0;
}

bool keeps_order(const Node& node, int rank) {
  const auto perm = node.attributes.get_ints("perm", {});
  for (size_t i = 0; i < perm.size(); ++i)
    if (perm[i] != static_cast<int64_t>(i) && perm[i] + rank != static_cast<int64_t>(i)) return false;
  return !perm.empty() || rank < 2;
}

bool skips_nothing(const Graph& graph, const Node& node) {
  if (!node.has_input(4)) return true;
  const TensorPtr steps = graph.constant(node.inputs[4]);
  return steps && std::ranges::all_of(steps->ints(), [](int64_t step) { return step == 1; });
}

// Of operators whose settings decide. False for one without a rule here.
bool is_set_to_identity(const Graph& graph, const Node& node, const Shape& shape) {
  if (node.op == "Dropout") return !node.has_output(1) && drops_nothing(graph, node);
  if (node.op == "Pad") return all_zero(graph.constant(node.inputs[1]));
  if (node.op == "Transpose") return keeps_order(node, shape.rank());
  return node.op == "Slice" && shape.known() && skips_nothing(graph, node);
}

bool is_identity(const Graph& graph, const Node& node) {
  if (!node.has_input(0) || !node.has_output(0)) return false;
  const ValueType &from = graph.type_of(node.inputs[0]), &to = graph.type_of(node.outputs[0]);
  if (from != to) return false;
  switch (traits_of(node).identity) {
    case OpIdentity::kUnlisted:
    case OpIdentity::kNever: break;
    case OpIdentity::kAlways: return true;
    case OpIdentity::kSameShape: return from.shape.known();
    case OpIdentity::kOneOperand: return node.inputs.size() == 1;
    case OpIdentity::kOneResult: return node.outputs.size() == 1;
    case OpIdentity::kSettings: return is_set_to_identity(graph, node, from.shape);
  }
  return false;
}

// Every user broadcasts, and has another operand of the expanded shape.
bool repeats_anyway(const Graph& graph, const Node& node, const std::vector<const Node*>& users) {
  if (node.op != "Expand" || users.empty()) return false;
  const std::string& expanded = node.outputs[0];
  const auto made_by_expand = [&](const std::string& value) {
    const Node* maker = graph.find_producer(value);
    return maker && maker->op == "Expand";
  };
  return std::ranges::all_of(users, [&](const Node* user) {
    return traits_of(*user).kind == OpKind::kArithmetic && std::ranges::any_of(user->inputs, [&](const std::string& other) {
             return other != expanded && graph.type_of(other) == graph.type_of(expanded) && !made_by_expand(other);
           });
  });
}

}  // namespace

Graph drop_identities(Graph graph, const std::set<std::string>& wanted) {
  graph = infer_shapes(std::move(graph));
  std::set<std::string> kept = wanted;
  kept.insert(graph.outputs.begin(), graph.outputs.end());
  std::map<std::string, std::vector<const Node*>> users;
  for (const Node& node : graph.nodes)
    for (const std::string& input : node.inputs) users[input].push_back(&node);
  // A mask that nobody reads stands in the way of dropping its Dropout.
  for (Node& node : graph.nodes)
    if (node.op == "Dropout" && node.has_output(1) && !users.contains(node.outputs[1]) && !kept.contains(node.outputs[1])) {
      graph.types.erase(node.outputs[1]);
      node.outputs.resize(1);
    }
  const auto goes = [&](const Node& node) {
    return is_identity(graph, node) || (node.has_output(0) && repeats_anyway(graph, node, users[node.outputs[0]]));
  };
  std::set<std::string> going;
  for (const Node& node : graph.nodes)
    if (goes(node) && !kept.contains(node.outputs[0])) going.insert(node.outputs[0]);
  std::map<std::string, std::string> renamed;  // value that is gone -> value that stands for it
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    for (std::string& input : node.inputs)
      if (const auto it = renamed.find(input); it != renamed.end()) input = it->second;
    if (!node.outputs.empty() && going.contains(node.outputs[0])) {
      renamed[node.outputs[0]] = node.inputs[0];
      graph.types.erase(node.outputs[0]);
    } else {
      nodes.push_back(std::move(node));
    }
  }
  graph.nodes = std::move(nodes);
  return graph;
}

}  // namespace phosphene
