// Settings: what each job of a compiled search may have another way, resolved: no file is read and nothing is compiled for them.
#pragma once

#include <optional>

#include "phosphene/synth/prior.h"
#include "phosphene/synth/recipe.h"
#include "phosphene/synth/rule.h"
#include "phosphene/synth/views.h"

namespace phosphene {

struct SearchSettings {
  RuleChoice rule;
  int64_t patience = 0;  // steps in a row without a rise after which a job ends; 0: never
  StepSchedule schedule;
  double decay = 1;            // factor on the code after each step
  CodeBounds bounds;           // one value a code unit; empty: unbounded
  std::optional<Views> views;  // what the network sees of the picture at all steps but the last; absent: the picture

  int64_t steps() const { return schedule.steps; }
};

// Fills what the recipe left open from the prior, the patience else from the rule; not the batch.
Recipe with_defaults(Recipe recipe, const Prior& prior);
// The same, and the batch from the number of jobs.
Recipe resolve(Recipe recipe, const Prior& prior, size_t jobs);
// Of all jobs of a recipe. Error for numbers out of range, an unknown rule or parameter, or bounds that do not fit the code.
SearchSettings settings_of(const Recipe& recipe, const Prior& prior);
// As recipe.bounds says; empty vectors where unbounded.
CodeBounds resolve_bounds(const Recipe& recipe, const Prior& prior);

}  // namespace phosphene
