// What an optimiser does to the weights of a program, what it remembers of each, and who does it where the weights lie.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace phosphene {

// Decoupled weight decay Adam (Loshchilov, Hutter, arXiv 1711.05101), or SGD with momentum. Decay applies to weights of two or more axes.
struct OptimiserOptions {
  enum class Kind { kAdamW, kSgd } kind = Kind::kAdamW;
  float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;  // SGD: beta1 is the momentum
  float weight_decay = 0.02f;
  float gradient_limit = 0;  // global norm to which gradients are scaled down; 0: none
};

struct OptimiserStep {
  OptimiserOptions options;
  float rate = 0;
  int64_t iteration = 0;    // counts from 0
  float average_decay = 1;  // average = decay * average + (1 - decay) * value, after the step
};

// One weight while it trains, in float32 whatever the program computes in, row-major: the weight, the optimiser's moments, and the moving
// average (empty: none is kept).
struct OptimiserState {
  std::span<float> value, first, second, average;
  // Above 1: of a transposed convolution, [in, out, rows, columns], whose stride this is. It writes interleaved pictures, each with its
  // own taps of the kernel; where they differ, a grid is seen. After each step the taps of each have the same sum in every row and every
  // column, as if the input were resized and then seen by a smaller kernel: of an even input, nothing alternates.
  int64_t stride = 1;
};

// Trains the weights of a program where they lie. Program::optimiser() gives it.
class WeightOptimiser {
 public:
  virtual ~WeightOptimiser() = default;
  // Begins with a weight of this state (its value replaces the weight's); brings back what came of it.
  virtual void set_state(const std::string& weight, const OptimiserState& state) = 0;
  virtual void get_state(const std::string& weight, const OptimiserState& state) const = 0;
  // Moves every weight that has a state, from the gradients of the last backward().
  virtual void optimise(const OptimiserStep& step) = 0;
};

}  // namespace phosphene
