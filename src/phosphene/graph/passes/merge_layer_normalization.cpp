// LayerNormalization as exporters of opsets before 17 spell it:
//
//     d = x - ReduceMean(x),  y = d / Sqrt(ReduceMean(Pow(d, 2)) + epsilon) * scale + shift        over the last axes
#include "phosphene/base/error.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/match.h"
#include "phosphene/graph/passes/rewrite.h"

namespace phosphene {

namespace {

using passes::Matcher;

// The first of the reduced axes when they are the last ones of the input and stay as 1.
std::optional<int> reduced_tail(const Matcher& m, const Node& node) {
  if (node.op != "ReduceMean" || node.inputs.size() != 1 || node.attributes.get_int("keepdims", 1) == 0) return std::nullopt;
  const int rank = m.shape(node.inputs[0]).rank();
  std::vector<bool> reduced(static_cast<size_t>(rank), false);
  const auto axes = node.attributes.get_ints("axes", {});
  for (int64_t axis : axes) reduced[static_cast<size_t>(normal_axis(axis, rank))] = true;
  int first = rank;
  while (first > 0 && reduced[static_cast<size_t>(first - 1)]) --first;
  if (axes.empty() || rank - first != static_cast<int>(axes.size())) return std::nullopt;
  return first;
}

struct Normalized {
  std::string x;
  int axis;
  float epsilon;
};

// `node` as d / Sqrt(...).
std::optional<Normalized> normalized(const Matcher& m, const Node& node) {
  const Node *d = m.maker(node, 0, "Sub"), *root = m.maker(node, 1, "Sqrt");
  const Node* mean = d ? m.maker(*d, 1, "ReduceMean") : nullptr;
  const Node* sum = root ? m.maker(*root, 0, "Add") : nullptr;
  if (!mean || !sum || mean->inputs[0] != d->inputs[0]) return std::nullopt;
  for (int side : {0, 1}) {
    const Node* variance = m.maker(*sum, side, "ReduceMean");
    const auto epsilon = m.scalar(sum->inputs[static_cast<size_t>(1 - side)]);
    if (!variance || !epsilon) continue;
    const Node *power = m.maker(*variance, 0, "Pow"), *product = m.maker(*variance, 0, "Mul");
    const bool squared = (power && power->inputs[0] == node.inputs[0] && m.scalar(power->inputs[1]) == 2.0f) ||
                         (product && product->inputs[0] == node.inputs[0] && product->inputs[1] == node.inputs[0]);
    const auto axis = reduced_tail(m, *mean), other = reduced_tail(m, *variance);
    if (squared && axis && axis == other) return Normalized{d->inputs[0], *axis, *epsilon};
  }
  return std::nullopt;
}

}  // namespace

Graph merge_layer_normalization(Graph graph, const std::set<std::string>& wanted) {
  graph = infer_shapes(std::move(graph));
  const Matcher m(graph, wanted);
  std::map<std::string, Node> merged;  // by the value that they make
  std::vector<std::pair<std::string, Tensor>> ones;
  for (const Node& node : graph.nodes) {
    if (node.op != "Div") continue;
    const auto found = normalized(m, node);
    if (!found) continue;
    const Shape& shape = m.shape(found->x);
    const Shape row(std::vector<int64_t>(shape.begin() + found->axis, shape.end()));
    if (!row.known()) continue;
    Node whole{
        node.name, "LayerNormalization", {found->x, ""}, {node.outputs[0]}, {{"axis", int64_t{found->axis}}, {"epsilon", found->epsilon}}};
    if (const auto scaled = m.only_user(node.outputs[0], "Mul"); scaled && m.is_weight(scaled->other, row)) {
      whole.inputs[1] = scaled->other;
      whole.outputs[0] = scaled->node->outputs[0];
      if (const auto shifted = m.only_user(whole.outputs[0], "Add"); shifted && m.is_weight(shifted->other, row)) {
        whole.inputs.push_back(shifted->other);
        whole.outputs[0] = shifted->node->outputs[0];
      }
    } else {
      whole.inputs[1] = passes::unique_name(graph, node.name + "/ones");
      ones.emplace_back(whole.inputs[1], Tensor(row, std::vector<float>(static_cast<size_t>(row.size()), 1.0f)));
    }
    merged[whole.outputs[0]] = std::move(whole);
  }
  for (auto& [name, tensor] : ones) graph.add_weight(name, std::move(tensor));
  return passes::replace_makers(std::move(graph), std::move(merged), wanted);
}

}  // namespace phosphene
