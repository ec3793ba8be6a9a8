// A small evaluator for constant parts of a graph: shape arithmetic and what exporters leave beside it. Not an engine: no convolutions.
#pragma once

#include <vector>

#include "phosphene/graph/op.h"

namespace phosphene {

// The values of all outputs of a node whose inputs are all constant; `types` are those that its shape rule gave. Empty when the operator is
// not one that the evaluator knows, or when an output is open or has more than `limit` elements. Inputs may hold kOpen elements
// (ops/rules.h); they travel through data movement and integer arithmetic. Error for an index outside its axis or a division by zero.
std::vector<TensorPtr> evaluate(const OpInputs& inputs, const std::vector<ValueType>& types, int64_t limit);

// The value of a Shape or Size node of a value with this shape; unknown extents become kOpen elements, and the size of an open shape is
// null. Null also for every other operator.
TensorPtr shape_value(const Node& node, const Shape& shape);

}  // namespace phosphene
