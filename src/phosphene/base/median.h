// Median of numbers: the mean of the middle two where their count is even.
#pragma once

#include <algorithm>
#include <vector>

#include "phosphene/base/error.h"

namespace phosphene {

// At least one value.
inline double median(std::vector<double> values) {
  PHOSPHENE_CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace phosphene
