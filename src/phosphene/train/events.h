// Events that a training reports to its caller. Each function is called on the thread that trains, between two steps; empty functions are
// skipped. An exception from a function ends the training.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace phosphene {

// One column of the curve: its name and its value.
struct Measure {
  std::string name;
  double value = 0;
};

struct TrainingEvents {
  struct Step {
    int64_t done = 0, total = 0;  // steps, of the whole training
    std::vector<Measure> losses;  // of this step alone
  };
  struct Sample {
    int64_t done = 0;
    std::vector<Measure> measures;
    std::filesystem::path picture;
  };
  struct Saved {
    int64_t done = 0;
    std::filesystem::path checkpoint;
  };
  std::function<void(const Step&)> step;
  std::function<void(const Sample&)> sample;
  std::function<void(const Saved&)> saved;
};

}  // namespace phosphene
