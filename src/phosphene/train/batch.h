// Batch: network inputs and labels of one training step, as a pure function of (seed, step), so that a resumed run sees the same stream.
//
// Images are taken in epochs, each a permutation of the data set; the stream has no seam: image number p = step * batch + lane is the
// (p mod count)-th of epoch p / count.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"

namespace phosphene {

enum class Padding { kZero, kReflect };

struct BatchOptions {
  int64_t batch = 128;
  uint64_t seed = 0;
  bool shuffle = true;  // a new order each epoch; else the data set's own order, over and over
  bool augment = true;  // false: the centre crop, never flipped
  bool flip = true;     // mirrored with probability 1/2
  int64_t pad = 0;      // pixels around the image before the random crop to the network's size
  Padding padding = Padding::kReflect;
  // least_area below 1: instead of the padded crop, a crop of least_area .. most_area of the image and an aspect of 3/4 .. 4/3, resized.
  double least_area = 1, most_area = 1;
  double blur = 0;     // above 0: half of the pictures blurred, by a Gaussian of a deviation of 0 .. blur pixels
  bool twins = false;  // every picture and crop twice, in lanes 2 i and 2 i + 1; the second is the one that is blurred
  int threads = 1;     // what the batch is does not depend on them
  // Gives the values x = (pixel * scale - mean) / deviation, the channel order and the size; height and width 0: the data set's.
  Preprocess preprocess;
};

struct Batch {
  int64_t step = -1, size = 0, channels = 0, height = 0, width = 0;
  std::vector<float> values;     // [size, channels, height, width]
  std::vector<int32_t> classes;  // [size]
  std::vector<int64_t> indices;  // [size], in the data set
};

class BatchMaker {
 public:
  // `dataset` is borrowed. Error when the channels do not fit, or when the image is too small for the network.
  BatchMaker(const Dataset& dataset, const BatchOptions& options);

  // Not thread-safe: keeps the current epoch's order.
  void make(int64_t step, Batch& batch);

  int64_t steps_per_epoch() const { return (dataset_.count + options_.batch - 1) / options_.batch; }

 private:
  int64_t position_of(int64_t step, int64_t lane) const;  // in the stream
  int64_t index_of(int64_t position);
  void convert(int64_t index, int64_t position, bool second, float* values) const;

  const Dataset& dataset_;
  BatchOptions options_;
  int64_t channels_, height_, width_;
  std::array<std::array<float, 256>, 3> values_of_pixel_{};  // one table a network channel
  std::array<int64_t, 3> source_channel_{};
  int64_t epoch_ = -1;
  std::vector<int64_t> order_;  // of epoch_
};

}  // namespace phosphene
