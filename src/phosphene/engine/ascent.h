// Ascent: the steps of a search on an input of a program: the rule, what it is given, and what every step ends with, as data; and who makes
// them where the input lies.
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
  // Values of the program that the rule asks for (ascent_step.h); empty: it does not.
  std::string denoised;                 // what a density makes of the input
  std::string encoded;                  // what an encoder makes of the picture of the input
  std::span<const double> parameters;   // the rule's, in the order of its table
  double decay = 1;                     // factor on the input after every step
  std::span<const float> lower, upper;  // one value an element of a lane; empty: unbounded
};

// What one step is for one lane.
struct LaneStep {
  int64_t step = -1;  // counts from 0, where states begin at zero; -1: the lane rests
  double size = 0;
  uint64_t seed = 0;  // of the job; names its stream of random numbers
  int64_t steps = 1;  // of the whole job
};

// Moves an input of a program where it lies. Program::ascent() gives it.
class InputAscent {
 public:
  virtual ~InputAscent() = default;
  // Begins a search on an input [lanes, ...] whose gradient is wanted; there is one at a time.
  virtual void begin_ascent(const std::string& input, const AscentOptions& options) = 0;
  // Moves its lanes, from the gradient of the last backward(); one whose gradient is exactly zero stays. sum |gradient| of each lane, until
  // the next call. As many steps as there are lanes.
  virtual std::span<const float> ascend(std::span<const LaneStep> steps) = 0;
};

}  // namespace phosphene
