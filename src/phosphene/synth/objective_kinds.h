// What a search raises of a unit: one table of the ways, each a few operators behind the unit's layer.
#pragma once

#include <span>
#include <string>

#include "phosphene/graph/graph.h"

namespace phosphene {

struct ObjectiveKind {
  const char* name;
  const char* about;  // one line for --help
  // Appends what is raised of the layer's value, units on axis 1, and gives its name, of the same shape; it becomes the graph's last
  // output. Shapes must be inferred. `layer` is the network's own name of it. Error where the layer has no such thing.
  std::string (*append)(Graph& graph, const std::string& value, const std::string& layer);
};

std::span<const ObjectiveKind> all_objective_kinds();
// Error that lists the names.
const ObjectiveKind& find_objective_kind(const std::string& name);

}  // namespace phosphene
