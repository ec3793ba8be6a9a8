// Objective kind: what a search raises of a unit, as a few operators behind the unit's layer. One file a kind under objectives/; the table
// is in objective_kinds.cpp.
#pragma once

#include <string>

#include "phosphene/base/table.h"
#include "phosphene/graph/graph.h"

namespace phosphene {

struct ObjectiveKind {
  const char* name;
  const char* about;  // one line for --help
  // Appends what is raised of the layer's value, units on axis 1, and gives its name, of the same shape; it becomes the graph's last
  // output. Shapes must be inferred. `layer` is the network's own name of it. Error where the layer has no such thing.
  std::string (*append)(Graph& graph, const std::string& value, const std::string& layer);
};

Table<ObjectiveKind> all_objective_kinds();
// Error that lists the names.
const ObjectiveKind& find_objective_kind(const std::string& name);

// The LogSoftmax over the units, for kinds that are made of it: objectives/log_probability.cpp.
std::string append_log_probability(Graph& graph, const std::string& value, const std::string& layer);

}  // namespace phosphene
