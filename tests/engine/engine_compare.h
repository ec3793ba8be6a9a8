// One case on two engines: the same inputs, seeds and weights; error = norm(a - b) / norm(b) of every value and every gradient.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/op_cases.h"
#include "phosphene/engine/program.h"

namespace phosphene::test {

struct Deviation {
  std::string what;  // "value y" or "gradient x"
  double error;      // infinite when an entry is not finite
};

// norm(a - b) / norm(b); where norm(b) is rounding noise (kZero of tolerances.h a number), norm(a - b) against that.
double relative_error(std::span<const float> a, std::span<const float> b);

struct Comparison {
  bool mutable_weights = false;  // also compares gradients of weights
  Precision precision = Precision::kFloat32;
  bool forward_only = false;  // without gradients, engines fuse more
  bool twice = false;         // runs the judged program a second time, after other inputs, to find state that survives
};

// `judged` against `judge`. Throws what compiling or running throws.
std::vector<Deviation> compare_engines(const OpCase& op_case, const Engine& judged, const Engine& judge, const Comparison& comparison,
                                       uint64_t seed);

}  // namespace phosphene::test
