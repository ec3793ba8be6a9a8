#include "phosphene/cli/draw.h"

#include "phosphene/base/progress.h"
#include "phosphene/synth/lanes.h"
#include "phosphene/synth/page.h"
#include "phosphene/synth/sweep.h"

namespace phosphene {

std::vector<JobResult> draw(const Model& network, Recipe recipe, const std::vector<Objective>& objectives, const std::filesystem::path& out,
                            bool keep_codes) {
  recipe.verify();
  const Prior prior = load_prior(recipe.prior, network, {.random_weights = recipe.random_weights});
  recipe = with_defaults(std::move(recipe), prior);
  const std::vector<Job> jobs = make_jobs(objectives, prior, recipe, network);
  if (recipe.batch == 0) recipe.batch = choose_lanes(network, prior, recipe, jobs);
  recipe = resolve(recipe, prior, jobs.size());

  Sweep sweep(network, prior, recipe, jobs);
  OutputFolder folder(out, run_facts(network, prior, recipe, jobs), jobs);
  Progress progress("synth", static_cast<int64_t>(jobs.size()) * *recipe.steps);
  size_t pictures = 0;
  SearchOptions options;
  options.keep_codes = keep_codes;
  options.on_result = [&](size_t job, const JobResult& result) {
    folder.add(job, result);
    ++pictures;
  };
  options.on_step = [&](int64_t done, int64_t) { progress.update(done, fmt::format("{} of {} pictures", pictures, jobs.size())); };
  std::vector<JobResult> results = sweep.run(options);
  progress.finish(fmt::format("{} pictures, lanes busy {:.0f} % of the time", pictures, 100 * sweep.use().share()));
  folder.finish(results);
  return results;
}

}  // namespace phosphene
