// Request: everything that the results of a run depend on, resolved: every field has a value, every model is loaded, every file that the
// recipe names is hashed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "phosphene/run/session.h"
#include "phosphene/synth/objective.h"

namespace phosphene {

struct Request {
  Recipe recipe;  // resolved, except that a batch of 0 is chosen by the plan
  std::shared_ptr<const Model> network;
  std::shared_ptr<const Prior> prior;
  std::vector<Objective> objectives;         // each gives one picture per seed
  std::map<std::string, std::string> files;  // SHA-256 of other files, by field of the recipe: "init", "bounds" ...; "encoder"
  bool save_codes = false;                   // also keep the codes of every step

  // The layer of units that name none: recipe.layer, or the directions in it.
  std::string layer() const;
  // Error that names the field.
  static Request from(Session& session, Recipe recipe);
  // The first fields of results.json: version, recipe, and the hashes of what was read.
  Json to_json() const;
};

// The objectives of recipe.units, in one layer, or in several as "fc6:0-9,fc8:all". Replaces recipe.layer by the name of its value.
std::vector<Objective> find_objectives(Recipe& recipe, const Model& network);

// Compares two requests written by to_json(): the first field that differs and both values, in words; empty if they agree. Files count by
// their content, not by their names.
std::string difference(const Json& before, const Json& now);

}  // namespace phosphene
