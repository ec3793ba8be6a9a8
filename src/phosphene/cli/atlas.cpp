// phosphene atlas: the one file of a whole network.
#include "phosphene/cli/atlas_command.h"
#include "phosphene/cli/command.h"

namespace phosphene {

void add_atlas(CLI::App& app) {
  CLI::App* atlas = app.add_subcommand("atlas", "Make an atlas: one file of a whole network, with what every unit wants to see");
  atlas->require_subcommand(1);
  add_atlas_build(*atlas);
  add_atlas_status(*atlas);
  add_atlas_export(*atlas);
  add_atlas_merge(*atlas);
  add_atlas_diff(*atlas);
}

}  // namespace phosphene
