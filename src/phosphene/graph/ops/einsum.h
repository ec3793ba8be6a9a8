// The equation of an Einsum node: "bij,bjk->bik", "...i,i", and so on.
#pragma once

#include <string>
#include <vector>

#include "phosphene/graph/shape.h"

namespace phosphene {

// Every label is a number; operands[k][a] is the label of axis a of input k. The axes under an ellipsis get labels of their own, aligned at
// the right as broadcasting does, so an axis of 1 may carry a label of a larger extent.
struct Einsum {
  std::vector<std::vector<int>> operands;
  std::vector<int> output;
  std::vector<int64_t> extents;  // by label; kUnknown where every operand's is

  // Error for an equation that is not understood or does not fit the shapes.
  Einsum(const std::string& equation, const std::vector<Shape>& shapes);
};

}  // namespace phosphene
