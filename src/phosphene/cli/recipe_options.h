// A recipe on the command line: the table of its fields (synth/recipe_fields.h) as options.
#pragma once

#include <set>
#include <string>

#include <CLI/CLI.hpp>

#include "phosphene/synth/recipe.h"

namespace phosphene {

// Adds one option per field, except those left out. Parsing the command line stores the values in the recipe. A text that cannot be read is
// an Error that names the option; a malformed number or an unknown choice is wrong usage.
void add_recipe_options(CLI::App& command, Recipe& recipe, const std::set<std::string>& left_out = {});

}  // namespace phosphene
