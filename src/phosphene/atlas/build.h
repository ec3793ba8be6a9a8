// Build: draws and measures what an atlas lacks.
#pragma once

#include <filesystem>
#include <stop_token>

#include "phosphene/atlas/data_pass.h"
#include "phosphene/atlas/writer.h"
#include "phosphene/run/run.h"

namespace phosphene {

struct AtlasProgressEvent {
  std::string doing;  // "reading pictures", "fc8, seed 0", "measuring"
  int64_t done = 0, all = 0;
  std::string note;
};

struct AtlasBuildEvents {
  std::function<void(const AtlasProgressEvent&)> on_progress;  // called by the thread that works
};

struct AtlasBuildReport {
  int64_t jobs = 0, known = 0, drawn = 0;  // of this part; kept before this build; drawn by it
  std::vector<JobFailure> failures;
  LaneUse use;
  DataPassTimes reading;
  bool stopped = false;
  bool complete = false;  // everything is drawn and measured
};

// Makes the atlas, or continues it: what a killed or stopped build has finished is not done again. Only `part` of the work where it is one
// of several; merge() of all parts then gives the whole. Error as AtlasWriter and plan_atlas() say.
AtlasBuildReport build_atlas(Session& session, AtlasOptions options, const std::filesystem::path& file, const AtlasPart& part = {},
                             const AtlasBuildEvents& events = {}, const std::stop_token& stop = {});

// Measures an atlas of which everything is drawn and read, as merged parts are: models and pictures are found by the names in its plan.
// False: it was stopped.
bool finish_atlas(Session& session, const std::filesystem::path& file, const AtlasBuildEvents& events = {},
                  const std::stop_token& stop = {});

}  // namespace phosphene
