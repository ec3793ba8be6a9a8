// Subcommands of `phosphene atlas`, a file each.
#pragma once

#include <CLI/CLI.hpp>

#include "phosphene/atlas/build.h"

namespace phosphene {

void add_atlas_build(CLI::App& atlas);
void add_atlas_status(CLI::App& atlas);
void add_atlas_export(CLI::App& atlas);
void add_atlas_merge(CLI::App& atlas);
void add_atlas_diff(CLI::App& atlas);

// Shows what a build does as lines of progress.
AtlasBuildEvents show_progress_of_build();

}  // namespace phosphene
