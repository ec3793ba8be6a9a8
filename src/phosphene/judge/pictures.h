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

// Pictures of sums of units do not count. `best` must be of the layer that was searched (Error when a unit is outside).
PictureMeasures measure_pictures(const Json& results, const BestImages& best);

}  // namespace phosphene
