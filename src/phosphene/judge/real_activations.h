// What a layer's units make of real pictures: the distribution that a drawn picture's activation is held against.
#pragma once

#include <string>
#include <vector>

#include "phosphene/engine/program.h"
#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"

namespace phosphene {

// One unit over all pictures; in a layer of maps each picture counts with the highest value over its positions.
struct UnitActivations {
  std::vector<float> sorted;  // lowest first

  float best() const { return sorted.back(); }
  double deviation() const;
  // Share of pictures whose activation is lower, 0 .. 1.
  double percentile(double activation) const;
};

using RealActivations = std::vector<UnitActivations>;  // one a unit

RealActivations real_activations(const Model& model, const std::string& layer, const Dataset& data, const std::string& engine);

// Units that no picture raises above zero.
int64_t count_dead(const RealActivations& units);

}  // namespace phosphene
