// Request: everything that the results of a run depend on, resolved: no field is open, every model is loaded, every file that the recipe
// names is hashed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "phosphene/run/session.h"
#include "phosphene/synth/objective.h"

namespace phosphene {

struct Request {
  Recipe recipe;  // resolved but for the batch, which a plan chooses where it is 0
  std::shared_ptr<const Model> network;
  std::shared_ptr<const Prior> prior;
  std::vector<Objective> objectives;  // one picture a seed each
  std::map<std::string, std::string>
      files;                // SHA-256 of what a field of the recipe names beside the models: "init", "bounds", "labels" ...
  bool save_codes = false;  // keep the codes of every step, too

  // Error that names the field.
  static Request from(Session& session, Recipe recipe);
  // The recipe, what was read, and the version that draws: what results.json opens with.
  Json to_json() const;
};

// Units of one layer, or of several as "fc6:0-9,fc8:all". Sets the recipe's layer to a value's name.
std::vector<Objective> find_objectives(Recipe& recipe, const Model& network);

// Where two requests, as to_json() gives them, ask for something else: the first field that differs and both values, in words; empty: they
// ask for the same. Files count by their content, not by their names.
std::string difference(const Json& before, const Json& now);

}  // namespace phosphene
