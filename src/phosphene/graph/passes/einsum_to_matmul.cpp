// An Einsum of two operands that is a batched matrix product becomes one: labels of both operands and the output are the batch b, of the
// first and the output m, of the second and the output n, of both operands alone k.
//
//     A: Transpose to [b, m, k], Reshape to [B, M, K];  B: Transpose to [b, k, n], Reshape to [B, K, N]
//     MatMul [B, M, N], Reshape to [b, m, n], Transpose to the output's order
#include <algorithm>

#include "phosphene/graph/ops/einsum.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/rewrite.h"

namespace phosphene {

namespace {

using Labels = std::vector<int>;

bool has(const Labels& labels, int label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }

bool distinct(Labels labels) {
  std::sort(labels.begin(), labels.end());
  return std::adjacent_find(labels.begin(), labels.end()) == labels.end();
}

struct Groups {
  Labels batch, m, n, k;
};

// Nothing where a label is summed inside one operand, repeated, or broadcast.
std::optional<Groups> groups_of(const Einsum& e, const std::vector<Shape>& shapes) {
  if (e.operands.size() != 2 || !distinct(e.operands[0]) || !distinct(e.operands[1]) || !distinct(e.output)) return std::nullopt;
  for (size_t i : {0, 1})
    for (size_t axis = 0; axis < e.operands[i].size(); ++axis)
      if (shapes[i][static_cast<int>(axis)] != e.extents[static_cast<size_t>(e.operands[i][axis])]) return std::nullopt;
  Groups g;
  for (int label : e.operands[0]) {
    const bool second = has(e.operands[1], label), out = has(e.output, label);
    if (!second && !out) return std::nullopt;
    (second && out ? g.batch : second ? g.k : g.m).push_back(label);
  }
  for (int label : e.operands[1]) {
    if (has(e.operands[0], label)) continue;
    if (!has(e.output, label)) return std::nullopt;
    g.n.push_back(label);
  }
  return g.k.empty() ? std::nullopt : std::optional(g);
}

Labels joined(const Labels& a, const Labels& b, const Labels& c) {
  Labels all = a;
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());
  return all;
}

std::vector<int64_t> permutation(const Labels& from, const Labels& to) {
  std::vector<int64_t> perm;
  for (int label : to) perm.push_back(std::find(from.begin(), from.end(), label) - from.begin());
  return perm;
}

class Rewriter {
 public:
  Rewriter(Graph& graph, const Node& node, const Einsum& e) : graph_(graph), node_(node), e_(e) {}

  std::vector<Node> product(const Groups& g) {
    const int64_t batch = size(g.batch), m = size(g.m), n = size(g.n), k = size(g.k);
    const std::string a = operand(0, joined(g.batch, g.m, g.k), {batch, m, k}), b = operand(1, joined(g.batch, g.k, g.n), {batch, k, n});
    const std::string y = add("MatMul", "product", {a, b}, {});
    const Labels made = joined(g.batch, g.m, g.n);
    std::vector<int64_t> dims;
    for (int label : made) dims.push_back(e_.extents[static_cast<size_t>(label)]);
    const std::string split = add("Reshape", "split", {y, ints("split_to", dims)}, {});
    add("Transpose", "", {split}, {{"perm", permutation(made, e_.output)}});
    return std::move(nodes_);
  }

 private:
  int64_t size(const Labels& labels) const {
    int64_t product = 1;
    for (int label : labels) product *= e_.extents[static_cast<size_t>(label)];
    return product;
  }
  std::string ints(const std::string& word, const std::vector<int64_t>& values) {
    const std::string name = passes::unique_name(graph_, node_.name + "/" + word);
    graph_.add_weight(name, Tensor::ints(values));
    return name;
  }
  std::string operand(size_t index, const Labels& order, const std::vector<int64_t>& dims) {
    const std::string number = std::to_string(index);
    const std::string turned = add("Transpose", "turn" + number, {node_.inputs[index]}, {{"perm", permutation(e_.operands[index], order)}});
    return add("Reshape", "matrix" + number, {turned, ints("matrix_to" + number, dims)}, {});
  }
  std::string add(const std::string& op, const std::string& word, std::vector<std::string> inputs, Attributes attributes) {
    const std::string output = word.empty() ? node_.outputs[0] : passes::unique_name(graph_, node_.name + "/" + word);
    nodes_.push_back({word.empty() ? node_.name : output, op, std::move(inputs), {output}, std::move(attributes)});
    return output;
  }

  Graph& graph_;
  const Node& node_;
  const Einsum& e_;
  std::vector<Node> nodes_;
};

}  // namespace

Graph einsum_to_matmul(Graph graph) {
  graph = infer_shapes(std::move(graph));
  std::vector<Node> nodes;
  const std::vector<Node> old = graph.nodes;
  for (const Node& node : old) {
    if (node.op == "Einsum" && node.inputs.size() == 2) {
      const std::vector<Shape> shapes = {graph.type_of(node.inputs[0]).shape, graph.type_of(node.inputs[1]).shape};
      const Einsum e(node.attributes.get_string("equation", ""), shapes);
      const bool known = shapes[0].known() && shapes[1].known() && graph.type_of(node.outputs[0]).type == DataType::kFloat32;
      if (const auto groups = known ? groups_of(e, shapes) : std::nullopt) {
        for (Node& made : Rewriter(graph, node, e).product(*groups)) nodes.push_back(std::move(made));
        continue;
      }
    }
    nodes.push_back(node);
  }
  graph.nodes = std::move(nodes);
  return infer_shapes(std::move(graph));
}

}  // namespace phosphene
