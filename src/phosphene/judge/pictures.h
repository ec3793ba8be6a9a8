// Measures of a search's pictures.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "phosphene/base/file.h"
#include "phosphene/judge/real_activations.h"
#include "phosphene/run/outcome.h"

namespace phosphene {

// Those of single units of a layer: sums of units and other layers are left out.
std::vector<const PictureRecord*> pictures_of_units(std::span<const PictureRecord> pictures, const std::string& layer);

// Medians and counts over pictures. Without real pictures the last three are absent.
struct PictureMeasures {
  int64_t pictures = 0;
  int64_t first = 0;                  // pictures whose unit ranks first in its layer
  double activation = 0;              // median
  std::optional<double> probability;  // median, where the layer has probabilities
  std::optional<int64_t> above_best;  // pictures whose activation is above that of the unit's best real picture
  std::optional<double> percentile;   // median share of real pictures whose activation of the unit is lower
  std::optional<double> margin;       // median of (activation - best real one) / the unit's deviation over real pictures
  Json to_json() const;
};

// Over the pictures of single units of `layer`. `real`: of that layer; null: none. Error when a unit is outside, or there are no pictures.
PictureMeasures measure_pictures(std::span<const PictureRecord> pictures, const std::string& layer, const RealActivations* real);

}  // namespace phosphene
