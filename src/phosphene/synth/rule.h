// Rule: how a code moves, given the gradient of the objective at it. One file a rule under rules/; the table is in rule.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "phosphene/base/table.h"
#include "phosphene/engine/ascent_step.h"

namespace phosphene {

struct RuleParameter {
  const char* name;
  double usual, lowest, highest;
  const char* about;  // a few words for --help
};

struct Rule {
  const char* name;
  const char* about;                            // one line for --help
  void (*move)(AscentStep& step);               // one step, for the host and for devices
  std::span<const RuleParameter> parameters{};  // in the order of AscentStep::parameter()
  int64_t patience = 0;                         // default of the recipe's
  // What the rule needs.
  int64_t states = 0;    // floats that it keeps for each code unit; zero at the start of a job
  bool random = false;   // AscentStep::noise()
  bool density = false;  // AscentStep::denoised()
  bool encoder = false;  // AscentStep::encoded()
};

Table<Rule> all_rules();
// Error that lists the names.
const Rule& find_rule(const std::string& name);

// A rule with the values of its parameters. They are a job's: nothing is compiled for them.
struct RuleChoice {
  const Rule* rule = nullptr;
  std::vector<double> parameters;  // as in the rule
};

// Every parameter has its usual value.
RuleChoice with_usual_parameters(const Rule& rule);
// "adam" or "adam beta1=0.5 beta2=0.99": parameters that are absent have their usual values. Error that names the parameter and its range.
RuleChoice parse_rule(const std::string& text);
std::string to_text(const RuleChoice& choice);  // without parameters of the usual value

// s_i = lr0 + (lr1 - lr0) i / N
struct StepSchedule {
  double lr0 = 8, lr1 = 1e-10;
  int64_t steps = 200;
  double size(int64_t step) const { return lr0 + (lr1 - lr0) * static_cast<double>(step) / static_cast<double>(steps); }
};

}  // namespace phosphene
