// What a judge network computes for pictures: a vector of features, and a score for each of its classes.
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

// A compiled judge, which reads any number of sets. Features of a layer of maps or tokens are their means over all positions. Error when
// the judge's input is no picture of known size.
class FeatureReader {
 public:
  FeatureReader(const Model& judge, const std::string& layer, const std::string& engine = "onednn");

  // Pictures of any size, one after the other; `picture` is called from several threads.
  Features read(int64_t count, const std::function<Image(int64_t)>& picture);

 private:
  Preprocess preprocess_;
  std::string input_;
  std::vector<std::string> values_;  // features, scores
  std::unique_ptr<Program> program_;
};

}  // namespace phosphene
