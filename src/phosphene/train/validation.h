// Validation: pictures that no step trains on, batch by batch, for the measures and the sample grids of a training.
#pragma once

#include <span>
#include <vector>

#include "phosphene/base/image.h"
#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"
#include "phosphene/train/read.h"

namespace phosphene {

class Validation {
 public:
  static constexpr int64_t kColumns = 10;  // pictures side by side in a grid

  // `data` is borrowed; `values` says how its pixels become values. A batch has `most` pictures, or all where the data has fewer.
  Validation(const Dataset& data, const Preprocess& values, int64_t most = kColumns);

  int64_t batch() const { return batch_; }
  // Batches of at most so many pictures together, but at least one batch, spread evenly over the data.
  std::vector<SpreadBatch> batches(int64_t most_pictures) const;
  SpreadBatch one_batch() const { return {0, 1, batch_}; }
  void read(const SpreadBatch& which, std::span<float> pictures) const;  // [batch, c, h, w]

  // Each of `shown` holds [batch, c, h, w]. A band of kColumns pictures of the first has those of the others below it; then the next band,
  // until `most_pictures` of the batch are shown.
  Image grid(const std::vector<std::vector<float>>& shown, int64_t most_pictures = kColumns) const;

 private:
  const Dataset& data_;
  Preprocess values_;
  int64_t batch_;
};

}  // namespace phosphene
