// Measures of a finished search, read from its results.json.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "phosphene/base/file.h"
#include "phosphene/judge/best_images.h"

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

struct PictureMeasures {
  int64_t pictures = 0;
  int64_t first = 0;                  // pictures whose unit ranks first in its layer
  std::optional<double> probability;  // median, where the layer has probabilities
  int64_t above_best = 0;             // pictures whose activation is above that of the unit's best real picture
  Json to_json() const;
};

// `best`: of the layer that was searched. Error when a unit is outside.
PictureMeasures measure_pictures(const std::vector<Drawn>& pictures, const BestImages& best);

}  // namespace phosphene
