// MACO prior: the picture is a sum of waves, each as strong as it is in photographs on average; only their phases move. The network sees
// a random box of it, enlarged, and noise over it (Fel et al., "Unlocking Feature Visualization for Deeper Networks with MAgnitude
// Constrained Optimization", NeurIPS 2023, arXiv 2306.06805).
#pragma once

#include "phosphene/synth/prior.h"

namespace phosphene {

// The code: [n, channels * (width / 2 + 1) * height], phases in half turns. Pictures of the network's size.
Prior maco_prior(const PictureSpace& input);

}  // namespace phosphene
