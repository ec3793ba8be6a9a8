// The table of a recipe's fields: what the command line, results.json and other languages know of each. A field that is added here is known
// to all of them.
#pragma once

#include <string>
#include <vector>

#include "phosphene/synth/recipe.h"

namespace phosphene {

struct RecipeField {
  const char* name;                  // in JSON
  std::string option;                // on the command line; empty: none
  std::string help;                  // what it does, then the default in parentheses
  std::vector<std::string> choices;  // all allowed values; empty: no choice
  enum class Kind { kText, kInteger, kNumber, kList } kind = Kind::kText;
  bool has_default = false;  // true: the default is a fixed value, which help may print

  Json (*get)(const Recipe& recipe);
  void (*set)(Recipe& recipe, const Json& value);         // Error for a wrong type
  void (*read)(Recipe& recipe, const std::string& text);  // as on the command line; of a list one element, which is added
  std::string text_of_default() const;
};

// In the order of JSON and help.
const std::vector<RecipeField>& recipe_fields();
const RecipeField* find_recipe_field(const std::string& name);  // null: there is none

}  // namespace phosphene
