#include "phosphene/model/shuffled.h"

#include "phosphene/base/rng.h"

namespace phosphene {

Model shuffled(const Model& model, uint64_t seed) {
  Model result = model;
  result.name += " shuffled";
  for (const auto& [name, tensor] : model.graph.weights) {
    if (tensor->type() != DataType::kFloat32 || tensor->shape().rank() < 2) continue;
    Tensor mixed = *tensor;
    const std::vector<int64_t> order = Rng(seed, "shuffle " + name).permutation(tensor->size());
    for (size_t i = 0; i < order.size(); ++i) mixed.floats()[i] = tensor->floats()[static_cast<size_t>(order[i])];
    result.graph.add_weight(name, std::move(mixed));
  }
  return result;
}

}  // namespace phosphene
