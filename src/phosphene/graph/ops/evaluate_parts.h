// Parts of the evaluator (graph/evaluate.h) that carry open elements and integers of all 64 bits: data movement and integer arithmetic.
#pragma once

#include <optional>

#include "phosphene/graph/op.h"

namespace phosphene::ops {

// Both: the value of output 0, or nothing when the operator belongs to the other part or to none. `type` is known and within the limit.
std::optional<TensorPtr> move_elements(const OpInputs& in, const ValueType& type);
std::optional<TensorPtr> compute_integers(const OpInputs& in, const ValueType& type);

}  // namespace phosphene::ops
