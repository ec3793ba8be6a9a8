// A run: the jobs of a plan, searched, their outcomes streamed into a sink.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "phosphene/run/plan.h"
#include "phosphene/run/sink.h"

namespace phosphene {

struct RunProgress {
  int64_t steps = 0, all_steps = 0;  // of the jobs that this run draws
  size_t pictures = 0, jobs = 0;     // there now, and in the plan
};

struct RunEvents {
  std::function<void(const RunProgress&)> on_progress;  // by the thread that searches, after every step of all lanes
};

struct RunReport {
  size_t jobs = 0, known = 0, drawn = 0;  // of the plan; there before; drawn and kept now
  std::vector<JobFailure> failures;       // of the search, or of the sink
  LaneUse use;
  bool stopped = false;             // before all jobs were tried
  std::optional<Error> unfinished;  // why the sink could not be finished; what it kept stays
};

// Draws what the sink does not have, group by group, and finishes the sink unless it was stopped. An outcome is kept before the next one
// waits for it. A job that fails, or whose outcome cannot be kept, fails alone. A stop gives up the jobs in flight; all else is kept.
RunReport run(Session& session, const Plan& plan, Sink& sink, const RunEvents& events = {}, const std::stop_token& stop = {});

}  // namespace phosphene
