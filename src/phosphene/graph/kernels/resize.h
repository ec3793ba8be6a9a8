// Which elements of its input a Resize reads.
#pragma once

#include <vector>

#include "phosphene/graph/kernels/kernels.h"

namespace phosphene::kernels {

// Elements [first, last] of one axis; none when last < first.
struct TapRange {
  int64_t first = 0, last = -1;
};
using TapRanges = std::vector<TapRange>;  // by output position

// Of every axis; empty for an axis that stays as it is. `inputs` are those of the node: x, of which only the shape counts, roi, scales.
std::vector<TapRanges> resize_taps(const Node& node, const ConstArrays& inputs, const Shape& output);

}  // namespace phosphene::kernels
