// Weights stored as integers with a scale. For the sources of formats/ only.
#pragma once

#include <optional>

#include "phosphene/graph/graph.h"

namespace phosphene {

// The float32 value of a DequantizeLinear node whose inputs are weights of the graph; nothing for another node or where one is computed.
// Error when scale, zero point and weight do not fit.
std::optional<Tensor> dequantized_weight(const Node& node, const Graph& graph);
// The same of given tensors; `zero` may be null. The node says axis and block size.
Tensor dequantized_weight(const Node& node, const Tensor& x, const Tensor& scale, const Tensor* zero);

}  // namespace phosphene
