// Backward from an output through operators that keep its values. A softmax or a sigmoid there says what the numbers are. Without one, a
// product with weights makes scores, while a pooling, an activation or a normalisation makes features; so does a product whose result
// another output is computed from.
#include "phosphene/model/outputs.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "phosphene/graph/op_traits.h"
#include "phosphene/model/unit_axis.h"

namespace phosphene {

namespace {

bool keeps_values(const Node& node) { return traits_of(node).values == OpValues::kKept; }
bool makes_probabilities(const Node& node) {
  const OpKind kind = traits_of(node).kind;
  return kind == OpKind::kProbability || kind == OpKind::kLogProbability;
}

const Node* maker_of_values(const Graph& graph, const std::string& value) {
  const Node* node = graph.find_producer(value);
  while (node && keeps_values(*node) && !node->inputs.empty()) node = graph.find_producer(node->inputs[0]);
  return node;
}

// Numbers of one item along one axis: [n, units], [n, units, 1, 1] or a vector.
bool is_row(const Shape& shape) {
  if (shape.rank() == 1) return true;
  return shape.rank() >= 2 && std::all_of(shape.begin() + 2, shape.end(), [](int64_t extent) { return extent == 1; });
}

// What a bias, a scale or a temperature leaves as it is.
const Node* behind_affine(const Graph& graph, const Node* node) {
  while (node && (traits_of(*node).kind == OpKind::kArithmetic || keeps_values(*node))) {
    const auto fed =
        std::find_if(node->inputs.begin(), node->inputs.end(), [&](const std::string& input) { return !graph.constant(input); });
    const bool with_constant =
        node->inputs.size() < 2 || keeps_values(*node) || graph.constant(node->inputs[0]) || graph.constant(node->inputs[1]);
    if (fed == node->inputs.end() || !with_constant) return node;
    node = graph.find_producer(*fed);
  }
  return node;
}

// x / norm(x) is spelled with a Div.
bool makes_features(const Node& node) {
  const OpKind kind = traits_of(node).kind;
  return kind == OpKind::kActivation || kind == OpKind::kNormalization || node.op == "Div";
}

// A map of scores, averaged at the end (SqueezeNet): a convolution of single pixels before the pooling, with or without a ReLU between.
bool pools_scores(const Graph& graph, const Node& pooling) {
  const Node* node = graph.find_producer(pooling.inputs[0]);
  if (node && node->op == "Relu") node = graph.find_producer(node->inputs[0]);
  const TensorPtr weight = node && node->op == "Conv" ? graph.constant(node->inputs[1]) : nullptr;
  return weight && weight->shape().size(2, weight->shape().rank()) == 1;
}

bool makes_scores(const Graph& graph, const std::string& value) {
  const Node* node = behind_affine(graph, graph.find_producer(value));
  if (!node) return false;
  return traits_of(*node).kind == OpKind::kPooling ? pools_scores(graph, *node) : !makes_features(*node);
}

bool depends_on(const Graph& graph, const std::string& value, const std::string& on) {
  std::set<std::string> needed = {value};
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node)
    if (std::ranges::any_of(node->outputs, [&](const std::string& output) { return needed.contains(output); }))
      needed.insert(node->inputs.begin(), node->inputs.end());
  return value != on && needed.contains(on);
}

}  // namespace

OutputMeaning meaning_of(const Graph& graph, const std::string& output) {
  OutputMeaning meaning{output, OutputKind::kOther, output, {}, kUnknown};
  const auto type = graph.types.find(output);
  if (type == graph.types.end()) return meaning;
  const Shape& shape = type->second.shape;
  meaning.units = shape.rank() == 0 ? 1 : shape[shape.rank() == 1 ? 0 : unit_axis(graph, output)];
  if (type->second.type != DataType::kFloat32) {
    meaning.kind = OutputKind::kLabel;
    return meaning;
  }
  const Node* node = maker_of_values(graph, output);
  if (node && makes_probabilities(*node)) {
    meaning.by = node->op;
    meaning.scores = node->inputs[0];
  }
  if (!is_row(shape)) return meaning;
  if (meaning.by == "Sigmoid") {
    meaning.kind = meaning.units == 1 ? OutputKind::kOneProbability : OutputKind::kLabels;
  } else if (!meaning.by.empty()) {
    meaning.kind = OutputKind::kClasses;
  } else {
    const bool feeds_another = std::ranges::any_of(graph.outputs, [&](const std::string& other) {
      const auto known = graph.types.find(other);
      const Node* maker = maker_of_values(graph, other);
      const bool probabilities = maker && makes_probabilities(*maker) && maker->inputs[0] == output;
      return known != graph.types.end() && known->second.type == DataType::kFloat32 && !probabilities && depends_on(graph, other, output) &&
             meaning_of(graph, other).has_classes();
    });
    meaning.kind = feeds_another || !makes_scores(graph, output) ? OutputKind::kEmbedding : OutputKind::kClasses;
  }
  return meaning;
}

OutputMeaning class_output(const Graph& graph, size_t labels) {
  OutputMeaning best;
  const auto rank = [&](const OutputMeaning& meaning) {
    const bool fits = labels > 0 && meaning.units == static_cast<int64_t>(labels);
    return 2 * static_cast<int>(meaning.kind) + (fits ? 0 : 1);
  };
  for (const std::string& output : graph.outputs) {
    OutputMeaning meaning = meaning_of(graph, output);
    if (best.output.empty() || rank(meaning) <= rank(best)) best = std::move(meaning);
  }
  return best;
}

std::string OutputMeaning::to_string() const {
  const std::string count = units == kUnknown ? "" : fmt::format("{} ", units);
  const std::string before = by.empty() ? ""
                                        : fmt::format(", {} of {}",
                                                      by == "Sigmoid"   ? "the sigmoid"
                                                      : by == "Softmax" ? "the softmax"
                                                                        : "the log-softmax",
                                                      scores);
  switch (kind) {
    case OutputKind::kClasses:
      return fmt::format("{} of {}classes{}",
                         by.empty()        ? "scores"
                         : by == "Softmax" ? "probabilities"
                                           : "log-probabilities",
                         count, before);
    case OutputKind::kOneProbability: return "the probability of one class" + before;
    case OutputKind::kLabels: return fmt::format("probabilities of {}independent labels{}", count, before);
    case OutputKind::kEmbedding: return fmt::format("an embedding of {}features, no classes", count);
    case OutputKind::kLabel: return "integers: a class or places";
    case OutputKind::kOther: break;
  }
  return by.empty() ? "" : fmt::format("{}{}", "a map", before);
}

std::vector<double> probabilities(OutputKind kind, std::span<const float> scores) {
  std::vector<double> result(scores.begin(), scores.end());
  if (kind == OutputKind::kOneProbability || kind == OutputKind::kLabels) {
    for (double& value : result) value = 1 / (1 + std::exp(-value));
    return result;
  }
  const double highest = result.empty() ? 0 : *std::max_element(result.begin(), result.end());
  double sum = 0;
  for (double& value : result) sum += value = std::exp(value - highest);
  for (double& value : result) value /= sum;
  return result;
}

}  // namespace phosphene
