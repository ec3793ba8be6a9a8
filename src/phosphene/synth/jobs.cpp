// What a recipe says of jobs: their start codes, bounds and defaults.
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"
#include "phosphene/base/rng.h"
#include "phosphene/synth/encoder.h"
#include "phosphene/synth/lanes.h"
#include "phosphene/synth/rule.h"
#include "phosphene/synth/search.h"

namespace phosphene {

namespace {

constexpr std::string_view kImage = "image:";

// Start codes of a file: one row for all jobs, one a seed, or one a job.
struct StartFile {
  std::vector<float> values;
  size_t rows = 0;
};

StartFile read_starts(const Recipe& recipe, const Prior& prior, size_t jobs) {
  Array array = read_npy(recipe.init);
  const auto size = static_cast<size_t>(prior.code_size);
  const bool flat = array.values.size() == size;
  const size_t rows = array.values.size() / size;
  const bool by_row = !array.shape.empty() && static_cast<size_t>(array.shape[0]) == rows && rows * size == array.values.size();
  if (!flat && !by_row)
    throw Error(fmt::format("{} > codes of {} values were expected", recipe.init, size),
                "give an array [code] or [n, code] of the prior's code size");
  if (rows != 1 && rows != jobs && rows != recipe.seeds.size())
    throw Error(fmt::format("{} > it has {} codes for {} jobs", recipe.init, rows, jobs), "give one code, one a seed or one a job");
  return {std::move(array.values), rows};
}

}  // namespace

Recipe resolve(Recipe recipe, const Prior& prior, size_t jobs) {
  if (!recipe.rule) recipe.rule = prior.usual.rule;
  if (!recipe.decay) recipe.decay = prior.usual.decay;
  if (!recipe.lr0) recipe.lr0 = default_lr0(prior, *recipe.rule);
  if (!recipe.patience) recipe.patience = prior.usual.patience.value_or(find_rule(*recipe.rule).patience);
  recipe.views = to_text(recipe.views ? parse_views(*recipe.views) : prior.usual.views);
  if (recipe.batch == 0) recipe.batch = even_lanes(jobs, kDefaultLanes);
  return recipe;
}

std::vector<Job> make_jobs(const std::vector<Objective>& objectives, const Prior& prior, const Recipe& recipe, const Model& network) {
  const auto size = static_cast<size_t>(prior.code_size);
  const size_t seeds = recipe.seeds.size();
  const bool from_file = recipe.init != "zero" && recipe.init != "normal";
  StartFile file;
  if (recipe.init.starts_with(kImage))
    file = {code_of_image(prior, network, recipe.init.substr(kImage.size()), recipe.engine), 1};
  else if (from_file)
    file = read_starts(recipe, prior, objectives.size() * seeds);
  std::vector<Job> jobs;
  for (const Objective& objective : objectives) {
    for (size_t s = 0; s < seeds; ++s) {
      Job job{objective, recipe.seeds[s], std::vector<float>(size)};
      if (recipe.init == "normal") {
        Rng(job.seed, "init", static_cast<uint64_t>(objective.terms.front().unit)).fill_normal(job.start);
      } else if (from_file) {
        const size_t row = file.rows == 1 ? 0 : file.rows == seeds ? s : jobs.size();
        std::copy_n(file.values.begin() + static_cast<std::ptrdiff_t>(row * size), size, job.start.begin());
      }
      jobs.push_back(std::move(job));
    }
  }
  return jobs;
}

CodeBounds resolve_bounds(const Recipe& recipe, const Prior& prior) {
  if (recipe.bounds == "none") return {};
  if (recipe.bounds == "prior") {
    if (!prior.bounds && !takes_input_size(prior.name))
      log_warning(fmt::format("prior {} has no code bounds; the search is unbounded (--bounds FILE.npy gives them)", prior.name));
    return prior.bounds.value_or(CodeBounds{});
  }
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
