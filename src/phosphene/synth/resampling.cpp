#include "phosphene/synth/resampling.h"

#include <algorithm>

#include "phosphene/base/error.h"

namespace phosphene {

void write_resampling(std::span<float> matrix, int64_t size, const Resampling& resampling) {
  PHOSPHENE_CHECK_EQ(matrix.size(), static_cast<size_t>(size * size));
  std::ranges::fill(matrix, 0.0f);
  const double centre = static_cast<double>(size - 1) / 2;
  for (int64_t i = 0; i < size; ++i) {
    const double wanted = (static_cast<double>(i) - centre) / resampling.scale + centre + resampling.shift;
    const double place = std::clamp(wanted, 0.0, static_cast<double>(size - 1));
    const auto below = std::min(static_cast<int64_t>(place), size - 1), above = std::min(below + 1, size - 1);
    const double part = place - static_cast<double>(below);
    matrix[static_cast<size_t>(i * size + below)] += static_cast<float>(1 - part);
    matrix[static_cast<size_t>(i * size + above)] += static_cast<float>(part);
  }
}

}  // namespace phosphene
