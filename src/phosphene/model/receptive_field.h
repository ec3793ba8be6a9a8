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

// What `value` at `position` sees of the rank-4 input `input`: the smallest rectangle around all paths. The positions of a rank-4 value are
// its axes 2 and 3; any other value is seen whole. On the way back every operator is taken for what the operator table says of it
// (graph/op_traits.h); one of which the table says nothing sees everything. Empty (height 0) when the value does not depend on the input.
// Needs inferred shapes with a known size of the picture; the batch may be open. Error for an unknown value.
PixelRect receptive_field(const Graph& graph, const std::string& input, const std::string& value, Position position = {});

// The part that lies inside a picture of this size.
PixelRect clip(const PixelRect& rect, int64_t picture_height, int64_t picture_width);

}  // namespace phosphene
