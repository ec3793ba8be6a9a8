// Fourier prior: the picture is a sum of waves whose amplitudes fall with their frequency, in colours that are independent in natural
// images, and the network sees it from a random view at every step (Olah, Mordvintsev and Schubert, Feature Visualization, Distill 2017).
// No training data; to compare a learned prior with.
#pragma once

#include "phosphene/synth/prior.h"

namespace phosphene {

// The code: [n, channels * (width / 2 + 1) * 2 * height], real and imaginary parts. Pictures of the network's size.
Prior fourier_prior(const PictureSpace& input);

}  // namespace phosphene
