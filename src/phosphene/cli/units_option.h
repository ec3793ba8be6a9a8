// --layer and --units, as several subcommands read them.
#pragma once

#include <vector>

#include "phosphene/model/model.h"
#include "phosphene/synth/objective.h"
#include "phosphene/synth/recipe.h"

namespace phosphene {

// Units of one layer, or of several as "fc6:0-9,fc8:all". Sets the recipe's layer to a value's name.
std::vector<Objective> find_objectives(Recipe& recipe, const Model& network);

}  // namespace phosphene
