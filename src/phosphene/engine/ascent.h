// Ascent: the steps of a search on an input of a program, as data: the rule, what it is given, and what every step ends with.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace phosphene {

class AscentStep;  // ascent_step.h

struct AscentOptions {
  void (*move)(AscentStep& step) = nullptr;  // the rule's step
  int64_t states = 0;                        // floats that the rule keeps for each element of a lane; zero at the start of a job
  bool random = false;                       // the rule takes random numbers
  std::string denoised;                      // value of the program that a density makes of the input (ascent_step.h); empty: none
  std::span<const double> parameters;        // the rule's, in the order of its table
  double decay = 1;                          // factor on the input after every step
  std::span<const float> lower, upper;       // one value an element of a lane; empty: unbounded
};

// What one step is for one lane.
struct LaneStep {
  int64_t step = -1;  // counts from 0, where states begin at zero; -1: the lane rests
  double size = 0;
  uint64_t seed = 0;  // of the job; names its stream of random numbers
  int64_t steps = 1;  // of the whole job
};

}  // namespace phosphene
