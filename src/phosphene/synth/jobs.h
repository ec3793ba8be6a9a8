// Job: one (objective, seed) to search. JobList: all jobs of a recipe; it makes a job only when a lane is free, so that a long list needs
// no memory.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "phosphene/model/model.h"
#include "phosphene/synth/objective.h"
#include "phosphene/synth/prior.h"
#include "phosphene/synth/recipe.h"
#include "phosphene/synth/settings.h"

namespace phosphene {

struct Job {
  Objective objective;
  uint64_t seed = 0;
  std::vector<float> start;  // the code at step 0
  std::shared_ptr<const SearchSettings> settings;
  size_t number = 0;  // the caller's
};

// A job before its start code is made.
struct JobName {
  const Objective& objective;
  uint64_t seed = 0;
};

// Objectives times seeds, objectives outermost. Starts are as recipe.init or else the prior says (start.h), clipped into the bounds unless
// they are a file's. Borrows nothing once it is made but the prior, which holds the codes of a bank.
class JobList {
 public:
  // `network` is the one under study: it may be the prior's encoder, and ranks the codes of a bank. What is expensive (a bank's ranks, an
  // image's code) is done here, once for all jobs. Error for starts or bounds that do not fit.
  JobList(std::vector<Objective> objectives, const Prior& prior, const Recipe& recipe, const Model& network);

  size_t size() const { return objectives_.size() * seeds_.size(); }
  JobName name(size_t number) const { return {objectives_[number / seeds_.size()], seeds_[number % seeds_.size()]}; }
  Job make(size_t number) const;
  const SearchSettings& settings() const { return *settings_; }
  const std::vector<Objective>& objectives() const { return objectives_; }

 private:
  std::vector<Objective> objectives_;
  std::vector<uint64_t> seeds_;
  std::shared_ptr<const SearchSettings> settings_;
  size_t code_size_;
  bool clipped_;
  std::function<void(const JobName&, size_t number, std::span<float> code)> fill_;
};

}  // namespace phosphene
