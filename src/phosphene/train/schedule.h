// Schedule: how many steps a training has, how many pictures a step sees, and how far it goes. Every recipe begins with one.
#pragma once

#include <algorithm>
#include <cstdint>

namespace phosphene {

struct Schedule {
  int64_t steps = 0;        // of the whole training; 0: the recipe counts epochs
  int64_t batch = 0;        // pictures a step
  float rate = 0;           // peak learning rate
  int64_t warm_up = 0;      // steps until the peak rate
  float average_decay = 0;  // of the moving average of the weights, where the training keeps one
  uint64_t seed = 0;        // of everything random

  // Early averages would remember the start, so the decay grows with the number of steps.
  float average_decay_at(int64_t step) const {
    return std::min(average_decay, static_cast<float>(step + 1) / static_cast<float>(step + 10));
  }
};

}  // namespace phosphene
