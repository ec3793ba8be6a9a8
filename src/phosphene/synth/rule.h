// Rule: how a code moves, given the gradient of the objective at it. One file a rule under rules/; the table is in rule.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "phosphene/engine/ascent.h"

namespace phosphene {

// What one step of one lane sees besides code and gradient.
struct StepInfo {
  int64_t step = 0;                     // i, from 0
  double size = 1;                      // s_i
  double decay = 1;                     // factor on the code after the step
  std::span<const float> lower, upper;  // one value a code unit; empty: unbounded
};

struct Rule {
  const char* name;
  const char* about;        // one line for --help
  int64_t states_per_unit;  // floats that the rule keeps for each code unit; zero at the start of a job
  int64_t patience;         // default of the recipe's
  // Moves the code in place. False, with the code left as it is, when the gradient is exactly zero: the search stops.
  // All arithmetic is of this lane alone and in a fixed order, so a lane's bits depend on nothing else.
  bool (*update)(const StepInfo& info, std::span<float> code, std::span<const float> gradient, std::span<float> state);
  AscentOptions::Kind on_device;  // the same, for programs that move their inputs themselves
};

// Error that lists the names.
const Rule& find_rule(const std::string& name);
std::span<const Rule> all_rules();

// s_i = lr0 + (lr1 - lr0) i / N
struct StepSchedule {
  double lr0 = 8, lr1 = 1e-10;
  int64_t steps = 200;
  double size(int64_t step) const { return lr0 + (lr1 - lr0) * static_cast<double>(step) / static_cast<double>(steps); }
};

// clip(y, lower, upper), then * decay: what every rule ends with.
float bounded(const StepInfo& info, size_t unit, double moved);

bool update_dgn_am(const StepInfo&, std::span<float> code, std::span<const float> gradient, std::span<float> state);
bool update_momentum(const StepInfo&, std::span<float> code, std::span<const float> gradient, std::span<float> state);
bool update_adam(const StepInfo&, std::span<float> code, std::span<const float> gradient, std::span<float> state);

}  // namespace phosphene
