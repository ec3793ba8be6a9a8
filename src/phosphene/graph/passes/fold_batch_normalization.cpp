// y = scale (x - mean) / sqrt(variance + epsilon) + bias = s x + t, with
//   s = scale / sqrt(variance + epsilon),  t = bias - s mean.
// After x = W u + b this is y = (s W) u + (s b + t), one row of W and b an output channel.
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/rewrite.h"

namespace phosphene {

namespace {

struct Affine {
  std::vector<double> s, t;
};

std::optional<Affine> affine_of(const Graph& graph, const Node& node) {
  if (node.attributes.get_int("training_mode", 0) != 0) return std::nullopt;
  std::vector<TensorPtr> p;
  for (size_t i = 1; i < 5; ++i) p.push_back(graph.constant(node.inputs[i]));
  for (const TensorPtr& tensor : p)
    if (!tensor || tensor->type() != DataType::kFloat32 || tensor->size() != p[0]->size()) return std::nullopt;
  const double epsilon = node.attributes.get_float("epsilon", 1e-5f);
  Affine affine;
  for (size_t c = 0; c < p[0]->floats().size(); ++c) {
    const double s = p[0]->floats()[c] / std::sqrt(p[3]->floats()[c] + epsilon);
    affine.s.push_back(s);
    affine.t.push_back(p[1]->floats()[c] - s * p[2]->floats()[c]);
  }
  return affine;
}

// Output channel of every element of the weight of `node`.
int64_t channel_of(const Node& node, const Shape& weight, int64_t element) {
  if (node.op == "Conv") return element / weight.size(1, weight.rank());
  if (node.op == "Gemm") return node.attributes.get_int("transB", 0) ? element / weight[1] : element % weight[1];
  const int64_t groups = node.attributes.get_int("group", 1), taps = weight.size(2, weight.rank());
  const int64_t input = element / (weight[1] * taps), output = element / taps % weight[1];
  return input / (weight[0] / groups) * weight[1] + output;
}

bool foldable(const Graph& graph, const Node& node, int64_t channels) {
  if (node.op != "Conv" && node.op != "ConvTranspose" && node.op != "Gemm") return false;
  const TensorPtr weight = graph.constant(node.inputs[1]);
  if (!weight || weight->type() != DataType::kFloat32 || weight->size() == 0) return false;
  if (!node.has_input(2)) return true;
  const TensorPtr bias = graph.constant(node.inputs[2]);
  // Gemm's C may also be a scalar or differ by row; only one value a channel folds.
  return bias && bias->type() == DataType::kFloat32 && bias->size() == channels && bias->shape().rank() > 0 &&
         bias->shape()[-1] == channels;
}

void fold_into(Graph& graph, Node& node, const Affine& affine) {
  Tensor weight = *graph.constant(node.inputs[1]);
  for (int64_t i = 0; i < weight.size(); ++i)
    weight.floats()[static_cast<size_t>(i)] *= static_cast<float>(affine.s[static_cast<size_t>(channel_of(node, weight.shape(), i))]);
  const double beta = node.op == "Gemm" ? node.attributes.get_float("beta", 1) : 1;
  const TensorPtr old = node.has_input(2) ? graph.constant(node.inputs[2]) : nullptr;
  std::vector<float> bias;
  for (size_t c = 0; c < affine.s.size(); ++c)
    bias.push_back(static_cast<float>((old ? affine.s[c] * beta * old->floats()[c] : 0) + affine.t[c]));
  node.inputs.resize(3);
  node.inputs[1] = passes::unique_name(graph, node.name + "/folded_weight");
  graph.add_weight(node.inputs[1], std::move(weight));
  node.inputs[2] = passes::unique_name(graph, node.name + "/folded_bias");
  const auto channels = static_cast<int64_t>(bias.size());
  graph.add_weight(node.inputs[2], Tensor(Shape{channels}, std::move(bias)));
  if (node.op == "Gemm") node.attributes.set("beta", 1.0f);
}

}  // namespace

Graph fold_batch_normalization(Graph graph, const std::set<std::string>& wanted) {
  const auto users = consumers(graph);
  std::set<std::string> kept = wanted;
  kept.insert(graph.outputs.begin(), graph.outputs.end());
  std::map<std::string, size_t> maker;  // of every value, among the nodes kept so far
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    const auto before = node.op == "BatchNormalization" ? maker.find(node.inputs[0]) : maker.end();
    if (before != maker.end() && !kept.contains(node.inputs[0]) && users.at(node.inputs[0]).size() == 1) {
      Node& linear = nodes[before->second];
      const auto affine = affine_of(graph, node);
      if (affine && foldable(graph, linear, static_cast<int64_t>(affine->s.size()))) {
        fold_into(graph, linear, *affine);
        linear.outputs[0] = node.outputs[0];
        maker[node.outputs[0]] = before->second;
        continue;
      }
    }
    for (const std::string& output : node.outputs)
      if (!output.empty()) maker[output] = nodes.size();
    nodes.push_back(node);
  }
  graph.nodes = std::move(nodes);
  return infer_shapes(std::move(graph));
}

}  // namespace phosphene
