// Directions: vectors over the units of a layer, taken for units themselves. A concept is such a vector: a decoder row of a sparse
// autoencoder, a factor of CRAFT (Fel et al. 2023, arXiv 2211.10154), the weights of a linear probe.
//
//     value[n, k, place] = sum over units u of  direction[k][u] * layer[n, u, place]
#pragma once

#include <string>

#include "phosphene/base/file.h"
#include "phosphene/model/model.h"

namespace phosphene {

// The name of the value: "LAYER/directions".
std::string directions_of(const std::string& layer);

// Appends it behind the layer, named by its value, for directions [units] or [k, units], as they are: nothing is normalised. Error where
// they do not fit the layer.
void append_directions(Model& model, const std::string& layer, const Array& directions);

}  // namespace phosphene
