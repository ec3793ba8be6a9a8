// A recipe on the command line: the table of its fields (synth/recipe_fields.h) as options.
#pragma once

#include <set>
#include <string>

#include <CLI/CLI.hpp>

#include "phosphene/synth/recipe.h"

namespace phosphene {

// Adds an option a field, but for those left out. What the user writes stands in the recipe once the command line is parsed; what cannot be
// read is an Error that names the option, a number that is none or a name that is no choice is wrong usage.
void add_recipe_options(CLI::App& command, Recipe& recipe, const std::set<std::string>& left_out = {});

}  // namespace phosphene
