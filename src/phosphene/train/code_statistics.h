// Statistics of the codes of real pictures: bounds for a search, and dead units.
#pragma once

#include <string>
#include <vector>

#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"

namespace phosphene {

struct CodeStatistics {
  std::vector<float> mean, deviation, smallest, largest;  // one a code unit
  int64_t images = 0;

  double mean_deviation() const;
  double root_mean_square() const;
  double dead_share() const;  // units that are 0 on every picture
  // lower: 0 where no picture goes below it, else mean - 3 deviation; upper: mean + 3 deviation (method of DGN-AM's published bounds).
  CodeBounds bounds() const;
};

CodeStatistics measure_codes(const Model& network, const std::string& layer, const Dataset& data, int64_t most_images,
                             const std::string& engine);

}  // namespace phosphene
