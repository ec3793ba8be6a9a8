// Lane: the job in one slot of the batch, step by step: its result so far, and when it ends. It knows nothing of programs.
//
//     lane.begin_step();              is this step the last one?
//     lane.look(activation)           of the picture of this step; then lane.ends says whether the job ends with that picture
//     lane.settle(size)               sum |gradient|, once the code has moved
//     lane.end_step(code)             true: the job is done
//
// A job ends with its last step; where its activation did not rise by 0.1 % of its highest for as many steps in a row as its patience; or
// where its gradient is zero. Through random views one step more is made then, in which the network sees the picture as it is.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "phosphene/engine/ascent.h"
#include "phosphene/synth/job_result.h"
#include "phosphene/synth/jobs.h"
#include "phosphene/synth/random_view.h"

namespace phosphene {

struct Lane {
  std::optional<Job> job;    // absent: the lane rests
  JobResult result;          // so far
  RandomView view;           // as the job's settings say
  std::vector<float> state;  // the rule's
  int64_t step = 0;          // of the job
  bool last = false;         // this step is the job's last one
  bool ends = false;         // with this step, whose picture is the job's

  const SearchSettings& settings() const { return *job->settings; }
  bool views() const { return settings().views.has_value(); }
  LaneStep lane_step() const { return {step, settings().schedule.size(step), job->seed, settings().steps()}; }

  void begin_step() { last |= step + 1 == settings().steps(); }
  void look(double activation);
  // True: the job ends with the picture of this step after all. Error where activation or gradient is not finite, or the gradient is zero
  // at the start.
  bool settle(double size);
  // `code`: where the codes of all steps are kept, that of the next one; else empty.
  bool end_step(std::span<const float> code);

 private:
  double highest_ = 0;  // activation that counted as a rise
  int64_t risen_ = -1;  // the step of it; -1: none yet
};

}  // namespace phosphene
