// Sweep: jobs at any layers of a network. Those of one layer run together through one program, cut at that layer and compiled once; its
// memory is gone before the next one is compiled.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "phosphene/synth/search.h"

namespace phosphene {

class Sweep {
 public:
  // Checks everything, as Search does, before anything is compiled.
  Sweep(const Model& network, const Prior& prior, const Recipe& recipe, std::vector<Job> jobs);

  // Once. Results in the order of jobs; on_result and on_step count the jobs of all layers.
  std::vector<JobResult> run(const SearchOptions& options = {});
  const LaneUse& use() const { return use_; }

 private:
  struct Group {
    std::vector<std::string> layers;
    std::vector<size_t> numbers;  // of its jobs
    std::unique_ptr<Search> search;
  };
  std::vector<Job> jobs_;
  int64_t steps_ = 0;  // of one job
  std::vector<Group> groups_;
  LaneUse use_;
};

}  // namespace phosphene
