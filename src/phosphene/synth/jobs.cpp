// What a recipe says of jobs: their defaults, start codes and bounds.
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"
#include "phosphene/synth/lanes.h"
#include "phosphene/synth/rule.h"
#include "phosphene/synth/start.h"

namespace phosphene {

Recipe with_defaults(Recipe recipe, const Prior& prior) {
  if (!recipe.rule) recipe.rule = prior.usual.rule;
  if (!recipe.decay) recipe.decay = prior.usual.decay;
  if (!recipe.lr0) recipe.lr0 = default_lr0(prior, *recipe.rule);
  if (!recipe.patience) recipe.patience = prior.usual.patience.value_or(find_rule(*recipe.rule).patience);
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

std::vector<Job> make_jobs(const std::vector<Objective>& objectives, const Prior& prior, const Recipe& recipe, const Model& network) {
  const Recipe full = with_defaults(recipe, prior);
  std::vector<Job> jobs;
  for (const Objective& objective : objectives)
    for (const uint64_t seed : full.seeds) jobs.push_back({objective, seed, std::vector<float>(static_cast<size_t>(prior.code_size))});
  const FoundStart found = find_start(*full.init);
  found.start->fill({prior, network, full, found.argument}, jobs);
  const CodeBounds bounds = resolve_bounds(full, prior);
  for (Job& job : jobs)
    for (size_t i = 0; !found.start->given && i < bounds.lower.size(); ++i)
      job.start[i] = std::clamp(job.start[i], bounds.lower[i], bounds.upper[i]);
  if (full.bounds == "prior" && !prior.bounds && !prior.hash.empty())
    log_warning(fmt::format("prior {} has no code bounds; the search is unbounded (--bounds FILE.npy gives them)", prior.name));
  return jobs;
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
