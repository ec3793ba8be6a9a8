// Lanes: how many pictures a program draws at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "phosphene/synth/search.h"

namespace phosphene {

constexpr int64_t kDefaultLanes = 16;

// The fewest lanes, at most `most`, that do not add a round: 17 jobs in at most 16 lanes need two rounds, so 9 lanes.
int64_t even_lanes(size_t jobs, int64_t most);

// The number of lanes that needs the least time per picture: measured on this machine, and kept in the user's cache folder for the same
// models, layer, precision and threads. kDefaultLanes if the search is too short for measuring to pay. Always reduced by even_lanes().
int64_t choose_lanes(const Model& network, const Prior& prior, const Recipe& recipe, const JobList& jobs);

}  // namespace phosphene
