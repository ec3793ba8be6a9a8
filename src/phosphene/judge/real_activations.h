// Activations of a layer's units on real pictures: the distribution with which a drawn picture's activation is compared.
#pragma once

#include <string>
#include <vector>

#include "phosphene/engine/program.h"
#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"

namespace phosphene {

// One unit over all pictures; in a layer with positions each picture counts with the highest value over them.
struct UnitActivations {
  std::vector<float> sorted;  // lowest first

  float best() const { return sorted.back(); }
  double deviation() const;
  // Share of pictures whose activation is lower, 0 .. 1.
  double percentile(double activation) const;
};

using RealActivations = std::vector<UnitActivations>;  // one a unit

// `layer`: [n, units], maps [n, units, h, w], or a transformer's [n, tokens, units], whose positions are its tokens (model/unit_axis.h).
// Error where the network cannot take pictures of the data's size.
RealActivations real_activations(const Model& model, const std::string& layer, const Dataset& data, const std::string& engine);

// Units that no picture raises above zero.
int64_t count_dead(const RealActivations& units);

}  // namespace phosphene
