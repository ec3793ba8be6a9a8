#include "phosphene/formats/onnx_compound.h"

#include <algorithm>

#include "phosphene/base/error.h"

namespace phosphene {

std::vector<std::string> Compound::add_many(const std::string& op, std::vector<std::string> inputs, size_t outputs, Attributes attributes) {
  std::vector<std::string> made;
  for (size_t i = 0; i < outputs; ++i) made.push_back(to_.new_value(node, op));
  to_.emit({made[0], op, std::move(inputs), made, std::move(attributes)});
  return made;
}

std::string Compound::add(const std::string& op, std::vector<std::string> inputs, Attributes attributes) {
  return add_many(op, std::move(inputs), 1, std::move(attributes))[0];
}

void Compound::result(size_t output, const std::string& op, std::vector<std::string> inputs, Attributes attributes) {
  if (!node.has_output(output)) return;
  const std::string& name = node.outputs[output];
  to_.emit({output == 0 ? node.name : name, op, std::move(inputs), {name}, std::move(attributes)});
}

std::string Compound::floats(const std::string& value) {
  const TensorPtr known = constant(value);
  if (known && known->type() == DataType::kFloat32) return value;
  if (!known) return add("Cast", {value}, {{"to", int64_t{1}}});
  std::vector<float> values(known->ints().begin(), known->ints().end());
  return weight(Tensor(known->shape(), values));
}

std::string Compound::times(const std::string& x, double factor) { return factor == 1 ? x : add("Mul", {x, scalar(factor)}); }

std::string Compound::activation(const std::string& name, const std::string& x, const std::vector<float>& parameters) {
  const auto parameter = [&](size_t i, float fallback) { return i < parameters.size() ? parameters[i] : fallback; };
  if (name.empty()) return x;
  if (name == "Relu" || name == "Tanh" || name == "Sigmoid" || name == "Softplus" || name == "Softsign") return add(name, {x});
  if (name == "LeakyRelu") return add(name, {x}, {{"alpha", parameter(0, 0.01F)}});
  if (name == "Elu" || name == "ThresholdedRelu") return add(name, {x}, {{"alpha", parameter(0, 1)}});
  if (name == "HardSigmoid") return add(name, {x}, {{"alpha", parameter(0, 0.2F)}, {"beta", parameter(1, 0.5F)}});
  if (name == "Clip") return add(name, {x, scalar(parameter(0, -3.4e38F)), scalar(parameter(1, 3.4e38F))});
  if (name == "Affine") return add("Add", {times(x, parameter(0, 1)), scalar(parameter(1, 0))});
  if (name == "ScaledTanh") return times(add("Tanh", {times(x, parameter(1, 1))}), parameter(0, 1));
  throw Error(fmt::format("the activation {} is not supported", name), "export the network without fused activations");
}

std::span<const CompoundOp> all_compounds() {
  static const std::vector<CompoundOp> table = [] {
    std::vector<CompoundOp> all;
    for (const auto& family : {fused_compounds(), attention_compounds(), fused_attention_compounds(), linear_attention_compounds(),
                               quantized_compounds(), recurrent_compounds(), sampling_compounds(), signal_compounds(), loss_compounds()})
      all.insert(all.end(), family.begin(), family.end());
    return all;
  }();
  return table;
}

Expansion find_expansion(const std::string& domain, const std::string& op) {
  const auto found =
      std::ranges::find_if(all_compounds(), [&](const CompoundOp& entry) { return domain == entry.domain && op == entry.op; });
  return found == all_compounds().end() ? nullptr : found->expand;
}

bool same_in_onnx(const std::string& domain, const std::string& op) {
  static const std::vector<std::string> same = {"Gelu",  "LayerNormalization", "QuantizeLinear", "DequantizeLinear", "Pad", "Range",
                                                "Trilu", "GridSample"};
  return domain == "com.microsoft" && std::ranges::find(same, op) != same.end();
}

}  // namespace phosphene
