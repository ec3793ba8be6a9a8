// The bridge between a prior's picture and the input of the network under study: what Preprocess says of both, as one graph Bridge.
#pragma once

#include "phosphene/graph/passes.h"
#include "phosphene/model/receptive_field.h"
#include "phosphene/synth/picture_space.h"

namespace phosphene {

// Geometry: equal sizes pass; a picture that covers the input and is less than 1.5 times as large is cropped at the centre (256 -> 227);
// any other is resized. Values: one affine map that undoes the picture's scale, mean, deviation and colour order and applies the input's.
Bridge make_bridge(const PictureSpace& picture, const PictureSpace& input);

// The part of the picture that a rectangle of the network's input shows, rounded outwards and clipped to the picture.
PixelRect through_bridge(const PixelRect& input_rect, const PictureSpace& picture, const PictureSpace& input);

}  // namespace phosphene
