// A run: searches the jobs of a plan, and streams their outcomes into a sink.
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
  size_t pictures = 0, jobs = 0;     // drawn so far, also by earlier runs; and in the plan
};

// A job that is being drawn, after one of its steps. `picture` makes what it has drawn so far, and may be called during the event alone.
struct Look {
  size_t job = 0;
  int64_t step = 0;       // steps done, from 1
  double activation = 0;  // weighted sum of the units' activations at this step
  std::function<Image()> picture;
};

// Called by the thread that searches.
struct RunEvents {
  std::function<void(const RunProgress&)> on_progress;  // after every step of all lanes
  std::function<void(const Look&)> on_look;             // after every step of every job
};

struct RunReport {
  size_t jobs = 0, known = 0, drawn = 0;  // in the plan; kept before this run; drawn and kept by this run
  std::vector<JobFailure> failures;       // of the search, or of the sink
  LaneUse use;
  bool stopped = false;             // before all jobs were tried
  std::optional<Error> unfinished;  // why the sink could not be finished; what it kept stays
};

// Draws what the sink does not have, group by group, and finishes the sink unless the run was stopped. All outcomes of one step are kept
// before those of a later step wait. A job that fails, or whose outcome cannot be kept, does not affect others. A stop abandons the jobs
// being drawn; everything finished is kept.
RunReport run(Session& session, const Plan& plan, Sink& sink, const RunEvents& events = {}, const std::stop_token& stop = {});

}  // namespace phosphene
