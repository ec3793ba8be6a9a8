// Measures of a finished search, read from its results.json.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "phosphene/base/file.h"
#include "phosphene/judge/real_activations.h"

namespace phosphene {

// One picture of a single unit.
struct Drawn {
  std::string file;
  int64_t unit = 0, rank = 1;
  double activation = 0;
  std::optional<double> probability;
};
// Those of a layer, without the pictures of sums of units. Error where the JSON is not of a search.
std::vector<Drawn> drawn_pictures(const Json& results, const std::string& layer);

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

// `real`: of the layer that was searched; null: none. Error when a unit is outside, or there are no pictures.
PictureMeasures measure_pictures(const std::vector<Drawn>& pictures, const RealActivations* real);

}  // namespace phosphene
