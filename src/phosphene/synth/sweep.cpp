// Groups run in the order in which their layers first appear.
#include "phosphene/synth/sweep.h"

#include <algorithm>

#include "phosphene/base/error.h"

namespace phosphene {

Sweep::Sweep(const Model& network, const Prior& prior, const Recipe& recipe, std::vector<Job> jobs)
    : jobs_(std::move(jobs)), steps_(*with_defaults(recipe, prior).steps) {
  for (size_t i = 0; i < jobs_.size(); ++i) {
    const std::vector<std::string> layers = jobs_[i].objective.layers();
    auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& known) { return known.layers == layers; });
    if (group == groups_.end()) group = groups_.insert(groups_.end(), Group{layers, {}, nullptr});
    group->numbers.push_back(i);
  }
  for (Group& group : groups_) {
    std::vector<Objective> objectives;
    for (size_t number : group.numbers) objectives.push_back(jobs_[number].objective);
    group.search = std::make_unique<Search>(network, prior, recipe, objectives);
  }
}

std::vector<JobResult> Sweep::run(const SearchOptions& options) {
  std::vector<JobResult> results(jobs_.size());
  const int64_t total = static_cast<int64_t>(jobs_.size()) * steps_;
  int64_t before = 0;
  for (Group& group : groups_) {
    PHOSPHENE_CHECK(group.search);
    std::vector<Job> jobs;
    for (size_t number : group.numbers) jobs.push_back(std::move(jobs_[number]));
    SearchOptions part;
    part.keep_codes = options.keep_codes;
    if (options.on_result) part.on_result = [&](size_t job, const JobResult& result) { options.on_result(group.numbers[job], result); };
    if (options.on_step) part.on_step = [&](int64_t done, int64_t) { options.on_step(before + done, total); };
    std::vector<JobResult> done = group.search->run(jobs, part);
    use_.steps += group.search->use().steps;
    use_.busy += group.search->use().busy;
    group.search.reset();
    for (size_t i = 0; i < done.size(); ++i) results[group.numbers[i]] = std::move(done[i]);
    before += static_cast<int64_t>(jobs.size()) * steps_;
  }
  return results;
}

}  // namespace phosphene
