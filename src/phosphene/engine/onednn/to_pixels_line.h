// A line that to_pixels.h works in: what every feature of a row adds, and the pixels of the row.
#pragma once

#include <algorithm>

#include "phosphene/engine/onednn/to_pixels.h"

namespace phosphene::onednn {

constexpr int64_t kSpread = ToPixels::kMostColumns * ToPixels::kMostChannels;  // values that a feature adds to a row
constexpr int64_t kTogether = 16;                                              // pixels that are written at a time

// [1 + width + 1][kSpread], zeros at both ends; [pixel from -pad_left on][kMostChannels], zeros where no feature reaches.
inline int64_t sums_floats(const ToPixels& p) { return (p.width + 2) * kSpread; }
inline int64_t line_pixels(const ToPixels& p) { return std::max(2 * p.width + 2, p.picture_width + p.pad_left) + kTogether; }
inline int64_t line_floats(const ToPixels& p) { return sums_floats(p) + line_pixels(p) * ToPixels::kMostChannels; }

}  // namespace phosphene::onednn
