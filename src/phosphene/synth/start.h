// Start: where a search begins, the code of its first step. One file a way under starts/; the table is in
// start.cpp. A start depends on the seed and the unit alone, not on the other jobs.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "phosphene/base/table.h"
#include "phosphene/synth/jobs.h"

namespace phosphene {

struct StartRequest {
  const Prior& prior;
  const Model& network;  // under study; it may be the prior's encoder
  const Recipe& recipe;  // resolved but for the batch
  const std::vector<Objective>& objectives;
  std::string argument;  // of "NAME:ARGUMENT"; empty: none
};

// Writes the start of one job, which has the size of the code and is zero.
using FillStart = std::function<void(const JobName& job, size_t number, std::span<float> code)>;

struct Start {
  const char* name;
  const char* argument = nullptr;  // what stands behind "NAME:" in the help; null: nothing may stand there
  bool needs_argument = false;
  bool reads_file = false;  // that the argument names
  bool given = false;       // the codes are the user's own: they stay as they are. Others are clipped into the bounds
  const char* about;        // one line for --help
  // Does once what all jobs need. What it gives outlives the request, but not the prior.
  FillStart (*prepare)(const StartRequest& request);
};

// In the order of the help. The last one is a file: its name is the whole text.
Table<Start> all_starts();

// `init` found in the table, with its argument. Error that lists the table.
struct FoundStart {
  const Start* start = nullptr;
  std::string argument;
};
FoundStart find_start(const std::string& init);

}  // namespace phosphene
