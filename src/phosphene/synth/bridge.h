// The bridge between a prior's picture and the input of the network under study: what Preprocess says of both, as one graph Bridge.
#pragma once

#include "phosphene/graph/passes.h"
#include "phosphene/model/model.h"
#include "phosphene/model/receptive_field.h"

namespace phosphene {

struct PictureSpace {
  Preprocess preprocess;          // how the values relate to pixels
  int64_t height = 0, width = 0;  // of the value in the graph
};

// The image input of a network: its preprocessing and size. `fallback` gives a size to networks that leave theirs open.
PictureSpace input_space(const Model& network, ImageSize fallback = {});

// Geometry: equal sizes pass; a picture that covers the input and is less than 1.5 times as large is cropped at the centre (256 -> 227);
// any other is resized. Values: one affine map that undoes the picture's scale, mean, deviation and colour order and applies the input's.
Bridge make_bridge(const PictureSpace& picture, const PictureSpace& input);

// The part of the picture that a rectangle of the network's input shows, rounded outwards and clipped to the picture.
PixelRect through_bridge(const PixelRect& input_rect, const PictureSpace& picture, const PictureSpace& input);

}  // namespace phosphene
