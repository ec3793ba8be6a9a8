// One search from recipe to folder, as synth and compare run it.
#pragma once

#include <filesystem>
#include <vector>

#include "phosphene/model/model.h"
#include "phosphene/synth/search.h"

namespace phosphene {

// Draws the objectives of `network` and writes the folder of synth/page.h; results in the order of jobs. What the recipe leaves open is
// chosen here.
std::vector<JobResult> draw(const Model& network, Recipe recipe, const std::vector<Objective>& objectives, const std::filesystem::path& out,
                            bool keep_codes = false);

}  // namespace phosphene
