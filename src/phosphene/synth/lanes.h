// Lanes: how many pictures a program draws at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "phosphene/synth/search.h"

namespace phosphene {

constexpr int64_t kDefaultLanes = 16;

// The fewest lanes, at most `most`, that need no more rounds: 17 jobs in at most 16 lanes are two rounds of 9.
int64_t even_lanes(size_t jobs, int64_t most);

// The number of lanes that costs the least time a picture: measured on this machine, kept in the user's cache folder for the same models,
// layer, precision and threads. kDefaultLanes where the search is too short for measuring to pay. In any case made even for these jobs.
int64_t choose_lanes(const Model& network, const Prior& prior, const Recipe& recipe, const JobList& jobs);

}  // namespace phosphene
