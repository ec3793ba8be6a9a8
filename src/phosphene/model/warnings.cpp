#include "phosphene/model/warnings.h"

#include <algorithm>
#include <cmath>

#include "phosphene/graph/op_traits.h"
#include "phosphene/model/describe.h"

namespace phosphene {

namespace {

constexpr float kLargeWeight = 1e4f;

// Axis of a layer's weight that counts its units; -1 where there is none.
int unit_axis(const Node& node) {
  if (node.op == "Conv") return 0;
  if (node.op == "ConvTranspose") return node.attributes.get_int("group", 1) == 1 ? 1 : -1;
  if (node.op == "Gemm") return node.attributes.get_int("transB", 0) ? 0 : 1;
  return -1;
}

std::vector<int64_t> zero_units(const Tensor& weight, int axis) {
  const int64_t units = weight.shape()[axis], inner = weight.shape().size(axis + 1, weight.shape().rank());
  std::vector<bool> is_zero(static_cast<size_t>(units), true);
  const auto values = weight.floats();
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] != 0) is_zero[static_cast<size_t>(static_cast<int64_t>(i) / inner % units)] = false;
  std::vector<int64_t> zero;
  for (int64_t unit = 0; unit < units; ++unit)
    if (is_zero[static_cast<size_t>(unit)]) zero.push_back(unit);
  return zero;
}

void warn_of_weights(const Graph& graph, std::vector<std::string>& all) {
  for (const Node& node : graph.nodes) {
    const std::string& layer = node.outputs[0];
    for (size_t i = 1; i < node.inputs.size(); ++i) {
      const TensorPtr weight = graph.constant(node.inputs[i]);
      if (!weight || weight->type() != DataType::kFloat32 || only_moves(traits_of(node)) || traits_of(node).settings) continue;
      const auto values = weight->floats();
      const auto odd = [&](auto is) { return std::any_of(values.begin(), values.end(), is); };
      if (odd([](float w) { return !std::isfinite(w); }))
        all.push_back(fmt::format("layer {}: weight {} holds values that are no finite numbers", layer, node.inputs[i]));
      else if (odd([](float w) { return std::abs(w) > kLargeWeight; }))
        all.push_back(fmt::format("layer {}: weight {} holds values above {:g}", layer, node.inputs[i], kLargeWeight));
    }
    const int axis = unit_axis(node);
    const TensorPtr weight = axis < 0 ? nullptr : graph.constant(node.inputs[1]);
    if (!weight || weight->size() == 0) continue;
    const auto zero = zero_units(*weight, axis);
    if (!zero.empty())
      all.push_back(fmt::format("layer {}: {} of {} units have weights that are all zero and cannot be excited: {}", layer, zero.size(),
                                weight->shape()[axis], unit_list(zero)));
  }
}

void warn_of_inputs(const Model& model, std::vector<std::string>& all) {
  if (model.graph.inputs.size() > 1) {
    all.push_back(fmt::format("{} inputs; give all but the picture with --fix NAME=VALUE", model.graph.inputs.size()));
    return;
  }
  if (model.graph.inputs.empty()) return;
  const GraphInput& input = model.graph.inputs[0];
  const Shape& shape = input.type.shape;
  if (model.kind == ModelKind::kGenerator || shape.rank() != 4) return;
  if (shape[2] == kUnknown || shape[3] == kUnknown)
    all.push_back(fmt::format("the size of the picture {} is open; give it with --input-size HxW", input.name));
  if (shape[1] != kUnknown && shape[1] != 1 && shape[1] != 3)
    all.push_back(fmt::format("{} channels are no picture; only run --input X.npy takes them", shape[1]));
  else if (!model.preprocess_known)
    all.push_back(fmt::format("how pixels become the input is not known and assumed; say it with --preprocess{}",
                              model.kind == ModelKind::kClassifier ? ", or let --images DIR try the conventions" : ""));
}

// A sentence for each node that is the cause, with the values that it costs.
void warn_of_opaque_nodes(const Graph& graph, std::vector<std::string>& all) {
  constexpr size_t kNamed = 6;
  std::vector<std::string> causes;
  for (const OpaqueNode& node : graph.opaque)
    if (std::ranges::find(causes, node.cause) == causes.end()) causes.push_back(node.cause);
  for (const std::string& cause : causes) {
    std::vector<std::string> values;
    for (const OpaqueNode& node : graph.opaque)
      if (node.cause == cause)
        std::ranges::copy_if(node.outputs, std::back_inserter(values), [](const std::string& value) { return !value.empty(); });
    const size_t more = values.size() - std::min(values.size(), kNamed);
    values.resize(values.size() - more);
    all.push_back(fmt::format("{}; not reached: {}{}", cause, fmt::join(values, ", "), more ? fmt::format(" and {} more", more) : ""));
  }
}

}  // namespace

std::vector<std::string> warnings(const Model& model) {
  std::vector<std::string> all = model.notes;
  warn_of_inputs(model, all);
  if (const OutputMeaning meaning = model.meaning(); meaning.has_classes() && !meaning.by.empty())
    all.push_back(fmt::format("a {} at the end, where {}; search the layer before it, {}", meaning.by == "Sigmoid" ? "sigmoid" : "softmax",
                              meaning.by == "Sigmoid" ? "a unit that is sure has no gradient" : "units hold each other down",
                              meaning.scores));
  warn_of_weights(model.graph, all);
  warn_of_opaque_nodes(model.graph, all);
  return all;
}

}  // namespace phosphene
