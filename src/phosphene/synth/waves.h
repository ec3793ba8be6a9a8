// Waves: the common part of the priors that draw a picture as a sum of waves.
//
//     coefficients [n, c, waves, 2 height], waves = width / 2 + 1
//
// of the wave with v cycles across and u down, as numpy's rfft2 orders them with the axes exchanged: for each v the real parts of all u,
// then the imaginary ones.
#pragma once

#include "phosphene/synth/prior.h"

namespace phosphene {

// A prior with nothing in it but its input, the code [n, code_size], and its picture's space: pixels 0 to 1, grey or RGB, of that size.
Prior begin_waves(const std::string& name, const PictureSpace& input, int64_t code_size);
// Appends what leads from the value `coefficients` to the picture. `colours` [c, c, 1, 1] leads from the channels of the coefficients to
// those of the picture.
void end_waves(Prior& prior, const std::string& coefficients, const Tensor& colours);

}  // namespace phosphene
