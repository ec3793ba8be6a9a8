// Measures of a finished search, read from its results.json.
#pragma once

#include <optional>
#include <vector>

#include "phosphene/base/file.h"
#include "phosphene/judge/best_images.h"

namespace phosphene {

struct PictureMeasures {
  int64_t pictures = 0;
  int64_t first = 0;                  // pictures whose unit ranks first in its layer
  std::optional<double> probability;  // median, where the layer has probabilities
  int64_t above_best = 0;             // pictures whose activation is above that of the unit's best real picture
  Json to_json() const;
};

// Of the pictures of single units of a layer, whose best real pictures `best` are. Error when a unit is outside.
PictureMeasures measure_pictures(const Json& results, const std::string& layer, const BestImages& best);

}  // namespace phosphene
