// The residual classifier of networks.h.
#pragma once

#include "phosphene/train/networks.h"

namespace phosphene {

// Error for pictures that are smaller than a pixel in the last stage.
TrainableGraph residual_network(const ClassifierShape& shape, uint64_t seed);

}  // namespace phosphene
