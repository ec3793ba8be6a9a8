// A picture moved by a few pixels. The strides of a network divide its input into a grid; a generator that is always aligned with it
// learns patterns that excite this network alone. (In a search this is called jitter: Mordvintsev, Olah, Tyka 2015.)
#pragma once

#include <cstdint>
#include <span>

#include "phosphene/base/rng.h"
#include "phosphene/graph/graph.h"

namespace phosphene {

// Pixels down and to the right; what comes in from outside repeats the edge.
struct Shift {
  int64_t down = 0, right = 0;
};
Shift draw_shift(Rng& rng, int64_t most);  // each of -most .. most

struct PictureExtent {
  int64_t channels = 0, height = 0, width = 0;
};

// Inside a program: image [n, c, h, w], rows [n, 1, h, h], columns [n, 1, w, w] -> moved [n, c, h, w] = rows image columns^T.
Graph shift_network(const PictureExtent& extent);
void write_shift(const Shift& shift, const PictureExtent& extent, std::span<float> rows, std::span<float> columns);  // of one picture

}  // namespace phosphene
