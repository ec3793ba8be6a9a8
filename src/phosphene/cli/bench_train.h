// phosphene bench --train: images per second of the generator's trainer, and of the same step in PyTorch.
#pragma once

#include "phosphene/engine/program.h"

namespace phosphene {

struct TrainBenchOptions {
  int64_t batch = 64;
  int64_t steps = 5;  // timed in one round
  std::string engine = "onednn";
  Precision precision = Precision::kBfloat16;
  int repeats = 3;    // rounds; the median counts
  bool peer = false;  // also PyTorch, in turn with ours
};
void bench_train(const TrainBenchOptions& options);

}  // namespace phosphene
