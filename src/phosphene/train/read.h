// Plain reading of chosen pictures as network inputs: no augmentation, for measures.
#pragma once

#include <span>

#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"

namespace phosphene {

// values: [which.size(), c, h, w] in the network's input space, in the order of `which`. The pictures must have the network's size and
// channels (Error otherwise).
void read_images(const Dataset& data, const Preprocess& preprocess, std::span<const int64_t> which, std::span<float> values);

// Error where the network's input is not of the pictures' size and channels.
void expect_size_of(const Dataset& data, const Model& network);

// `count` indices spread evenly over [0, total), whose order is by class.
std::vector<int64_t> spread(int64_t count, int64_t total);

// The indices of batch number `part` when `parts` batches of `batch` pictures are spread evenly over [0, total) together.
struct SpreadBatch {
  int64_t part = 0, parts = 1, batch = 1;
};
std::vector<int64_t> spread(const SpreadBatch& of, int64_t total);

}  // namespace phosphene
