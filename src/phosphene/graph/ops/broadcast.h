// Where the elements of a value come from that is another one, moved.
#pragma once

#include <vector>

#include "phosphene/graph/shape.h"

namespace phosphene {

// Flat positions base + sum_a i_a * stride_a for every i of `shape`, row-major.
std::vector<int64_t> strided_map(const Shape& shape, const std::vector<int64_t>& strides, int64_t base);
// For every element of `to`, the flat position of the element of `from` that broadcasting puts there.
std::vector<int64_t> broadcast_map(const Shape& from, const Shape& to);

}  // namespace phosphene
