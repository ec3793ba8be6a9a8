// A control: the same network with its learned weights destroyed. A picture that is as good for its unit is due to the prior alone.
#pragma once

#include "phosphene/model/model.h"

namespace phosphene {

// The model with the numbers of every float weight of two axes or more in random order, so that each weight keeps its distribution.
Model shuffled(const Model& model, uint64_t seed);

}  // namespace phosphene
