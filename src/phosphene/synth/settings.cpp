#include "phosphene/synth/settings.h"

#include "phosphene/base/error.h"
#include "phosphene/synth/lanes.h"

namespace phosphene {

Recipe with_defaults(Recipe recipe, const Prior& prior) {
  const RuleChoice rule = parse_rule(recipe.rule.value_or(prior.usual.rule));
  recipe.rule = to_text(rule);
  if (!recipe.decay) recipe.decay = prior.usual.decay;
  if (!recipe.lr0) recipe.lr0 = default_lr0(prior, *recipe.rule);
  if (!recipe.patience) recipe.patience = prior.usual.patience.value_or(rule.rule->patience);
  recipe.views = to_text(recipe.views ? parse_views(*recipe.views) : prior.usual.views);
  if (!recipe.steps) recipe.steps = prior.usual.steps;
  if (!recipe.init) recipe.init = prior.usual.init.value_or(prior.bank.empty() ? "normal" : "bank");
  return recipe;
}

Recipe resolve(Recipe recipe, const Prior& prior, size_t jobs) {
  recipe = with_defaults(std::move(recipe), prior);
  if (recipe.batch == 0) recipe.batch = even_lanes(jobs, kDefaultLanes);
  return recipe;
}

SearchSettings settings_of(const Recipe& recipe, const Prior& prior) {
  const Recipe full = with_defaults(recipe, prior);
  full.verify();
  return {parse_rule(*full.rule),      *full.patience,          {*full.lr0, full.lr1, *full.steps}, *full.decay,
          resolve_bounds(full, prior), parse_views(*full.views)};
}

CodeBounds resolve_bounds(const Recipe& recipe, const Prior& prior) {
  if (recipe.bounds == "none") return {};
  if (recipe.bounds == "prior") return prior.bounds.value_or(CodeBounds{});
  const Array array = read_npy(recipe.bounds);
  const auto size = static_cast<size_t>(prior.code_size);
  CodeBounds bounds;
  if (array.values.size() == size) {
    bounds.lower.assign(size, 0.0f);
    bounds.upper = array.values;
  } else if (array.values.size() == 2 * size && array.shape.size() > 1 && array.shape[0] == 2) {
    const auto middle = array.values.begin() + static_cast<std::ptrdiff_t>(size);
    bounds.lower.assign(array.values.begin(), middle);
    bounds.upper.assign(middle, array.values.end());
  } else {
    throw Error(fmt::format("{} > bounds of {} code units were expected", recipe.bounds, size),
                "give an array [code] (upper) or [2, code]");
  }
  for (size_t i = 0; i < size; ++i)
    if (!(bounds.lower[i] <= bounds.upper[i]))
      throw Error(fmt::format("{} > code unit {} has no room between its bounds", recipe.bounds, i));
  return bounds;
}

}  // namespace phosphene
