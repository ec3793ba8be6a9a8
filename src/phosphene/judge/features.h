// What a judge network makes of pictures: a vector of features and a score for each of its classes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "phosphene/base/image.h"
#include "phosphene/engine/program.h"
#include "phosphene/model/model.h"

namespace phosphene {

struct Features {
  int64_t count = 0, size = 0, classes = 0;
  std::vector<float> values;  // [count, size]
  std::vector<float> scores;  // [count, classes], before the softmax

  const float* of(int64_t picture) const { return values.data() + picture * size; }
  const float* scores_of(int64_t picture) const { return scores.data() + picture * classes; }
};

// The value that the last layer with weights reads: what a classifier knows of a picture before it names classes.
std::string last_features(const Model& judge);

// Pictures of any size, one after the other; `picture` is called from several threads. Features of a layer of maps or tokens are their
// means over all positions.
Features read_features(const Model& judge, const std::string& layer, int64_t count, const std::function<Image(int64_t)>& picture,
                       const std::string& engine = "onednn");

}  // namespace phosphene
