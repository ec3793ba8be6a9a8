#include "phosphene/model/warnings.h"

#include <algorithm>
#include <cmath>

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
      if (!weight || weight->type() != DataType::kFloat32 || only_moves(node.op) || node.op == "Clip" || node.op == "Resize") continue;
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

}  // namespace

std::vector<std::string> warnings(const Model& model) {
  std::vector<std::string> all;
  warn_of_inputs(model, all);
  if (!model.graph.outputs.empty() && model.logits() != model.graph.outputs.back())
    all.push_back(fmt::format("a softmax at the end, where units hold each other down; search the layer before it, {}", model.logits()));
  warn_of_weights(model.graph, all);
  return all;
}

}  // namespace phosphene
