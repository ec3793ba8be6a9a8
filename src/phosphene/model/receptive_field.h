// Receptive field: the rectangle of input pixels that one position of a layer sees.
#pragma once

#include <cstdint>
#include <string>

#include "phosphene/graph/graph.h"

namespace phosphene {

struct Position {
  int64_t y = 0, x = 0;
};

// Rows [y, y + height) and columns [x, x + width). May lie partly outside the picture, where the network pads.
struct PixelRect {
  int64_t y = 0, x = 0, height = 0, width = 0;
  bool operator==(const PixelRect&) const = default;
};

// What `value` at `position` sees of the rank-4 input `input`, through convolutions, poolings, resizing, element-wise operators and joins
// (the smallest rectangle around all paths). An operator that mixes all positions (a fully connected layer, a global pooling) sees
// everything, and so does a value without positions. Empty (height 0) when the value does not depend on the input. Needs inferred shapes
// with known spatial extents; only they matter, the batch may be open. Error for an unknown value.
PixelRect receptive_field(const Graph& graph, const std::string& input, const std::string& value, Position position = {});

// The part that lies inside a picture of this size.
PixelRect clip(const PixelRect& rect, int64_t picture_height, int64_t picture_width);

}  // namespace phosphene
