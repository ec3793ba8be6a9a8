#include "phosphene/cli/units_option.h"

#include "phosphene/base/error.h"
#include "phosphene/synth/sweep.h"

namespace phosphene {

std::vector<Objective> find_objectives(Recipe& recipe, const Model& network) {
  std::vector<Objective> objectives;
  if (!recipe.layer.empty()) recipe.layer = find_layer(network, recipe.layer);
  for (const UnitsOfLayer& part : split_by_layer(recipe.units)) {
    if (part.layer.empty() && recipe.layer.empty())
      throw Error(fmt::format("units {} > they have no layer", part.units), "give --layer NAME, or write NAME:UNITS");
    const std::string layer = part.layer.empty() ? recipe.layer : find_layer(network, part.layer);
    if (recipe.layer.empty()) recipe.layer = layer;
    const std::string prefix = part.layer.empty() ? "" : part.layer + ":";
    const auto found = located("--units", [&] {
      return parse_objectives(part.units, {layer, recipe.at, unit_count(network, layer), prefix});
    });
    objectives.insert(objectives.end(), found.begin(), found.end());
  }
  return objectives;
}

}  // namespace phosphene
