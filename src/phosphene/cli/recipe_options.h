// The network under study and the parts of a recipe that every command that searches reads alike.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "phosphene/cli/options.h"
#include "phosphene/synth/recipe.h"

namespace phosphene {

struct RecipeOptions {
  Recipe recipe;
  std::string at = "center", seeds = "0", precision = "f32";
  MeaningOptions meaning;
};

// Adds the model, --layer, --units, --at, --steps, --views, --seeds, --batch, --engine, --precision, --threads and the meaning options.
void add_recipe_options(CLI::App& command, RecipeOptions& options);
// Completes the recipe, sets the threads and loads the network. Error that names the option.
Model load_network(RecipeOptions& options);

}  // namespace phosphene
