// Real pictures against a layer's units: the highest activation that any of them reaches, and the units that none excites.
#pragma once

#include <string>
#include <vector>

#include "phosphene/engine/program.h"
#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"

namespace phosphene {

struct BestImages {
  std::vector<float> activation;  // one a unit: the highest over all pictures (and positions, in a convolutional layer)
  std::vector<int64_t> image;     // the picture that reaches it
  int64_t images = 0;

  // Units whose activation is never above zero.
  int64_t dead() const;
};

BestImages best_images(const Model& model, const std::string& layer, const Dataset& data, const std::string& engine);

}  // namespace phosphene
