// Rows or columns of a picture taken from other places, as a matrix of the picture's side.
#pragma once

#include <cstdint>
#include <span>

namespace phosphene {

// Row i of the [size, size] matrix takes from (i - centre) / scale + centre + shift: a place between two from both, linearly; one outside
// from the nearest.
struct Resampling {
  double scale = 1, shift = 0;
};
void write_resampling(std::span<float> matrix, int64_t size, const Resampling& resampling);

}  // namespace phosphene
