// Searches of a list of jobs whose results a test wants all together.
#pragma once

#include <functional>
#include <vector>

#include "phosphene/synth/search.h"

namespace phosphene::test {

// All jobs of a recipe, with their starts.
inline std::vector<Job> make_jobs(const std::vector<Objective>& objectives, const Prior& prior, const Recipe& recipe,
                                  const Model& network) {
  const JobList list(objectives, prior, recipe, network);
  std::vector<Job> jobs;
  for (size_t i = 0; i < list.size(); ++i) jobs.push_back(list.make(i));
  return jobs;
}

struct SearchOptions {
  bool keep_codes = false;
  std::function<void(size_t job, const JobResult& result)> on_result;
  std::function<void(int64_t done, int64_t total)> on_step;
};

class Search {
 public:
  Search(const Model& network, const Prior& prior, const Recipe& recipe, const std::vector<Objective>& objectives)
      : settings_(settings_of(recipe, prior)), search_(network, prior, shape_of(layers_of(objectives), recipe, settings_)) {
    for (const Objective& objective : objectives) search_.verify(objective, settings_);
  }

  // Results in the order of jobs.
  std::vector<JobResult> run(const std::vector<Job>& jobs, const SearchOptions& options = {}) {
    std::vector<JobResult> results(jobs.size());
    SearchEvents events;
    int64_t done = 0, total = 0;
    for (const Job& job : jobs) total += job.settings->steps();
    events.keep_codes = options.keep_codes;
    events.on_result = [&](size_t number, JobResult&& result) {
      if (options.on_result) options.on_result(number, result);
      results[number] = std::move(result);
    };
    events.on_step = [&](int64_t steps) {
      if (options.on_step) options.on_step(done += steps, total);
    };
    size_t next = 0;
    use_ = search_.run(
        [&]() -> std::optional<Job> {
          if (next == jobs.size()) return std::nullopt;
          Job job = jobs[next];
          job.number = next++;
          return job;
        },
        events);
    return results;
  }

  Program& program() { return search_.program(); }
  const LaneUse& use() const { return use_; }

 private:
  SearchSettings settings_;
  CompiledSearch search_;
  LaneUse use_;
};

}  // namespace phosphene::test
