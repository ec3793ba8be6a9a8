// A control: the same network with what it learned destroyed. A picture that is found for its unit just as well owes that to the prior.
#pragma once

#include "phosphene/model/model.h"

namespace phosphene {

// The model with the numbers of every float weight of two axes or more in random order, so that each weight keeps its distribution.
Model shuffled(const Model& model, uint64_t seed);

}  // namespace phosphene
