// Small graphs over all operators and the corners of their attributes. Every engine is judged on them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "phosphene/graph/graph.h"

namespace phosphene::test {

inline constexpr int64_t kCaseBatch = 2;  // the first extent of every graph input

struct OpCase {
  std::string name;
  Graph graph;
  double input_low = -1, input_high = 1;  // range of the graph inputs
  bool smooth = true;                     // has gradients; false for comparisons, roundings, indices
  bool inner_kink = false;                // a kink (Relu, Clip, MaxPool) lies behind another operator, so no input can keep away from it
  std::vector<std::string> gradients;     // inputs and weights to differentiate by
};

// The same seed gives the same weights.
std::vector<OpCase> op_cases(uint64_t seed);

// Numbers for a graph input: all different, at least half a cell of (high - low) / size from each other's cell and from 0 and the quarters
// of the range, where operators have kinks.
std::vector<float> case_input(const OpCase& op_case, const GraphInput& input, uint64_t seed);

// From the environment variable PHOSPHENE_TEST_SEED, else from the clock; printed once.
uint64_t test_seed();

}  // namespace phosphene::test
