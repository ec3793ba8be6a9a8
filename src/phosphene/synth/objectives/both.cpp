// h + log p: the unit's value and its log-probability.
#include "phosphene/graph/passes/rewrite.h"
#include "phosphene/synth/objective_kinds.h"

namespace phosphene {

namespace {

std::string append_both(Graph& graph, const std::string& value, const std::string& layer) {
  const std::string log_probability = append_log_probability(graph, value, layer);
  if (log_probability == value) return value;
  const std::string both = passes::unique_name(graph, value + "/both");
  graph.nodes.push_back({both, "Add", {value, log_probability}, {both}, {}});
  graph.outputs.back() = both;
  return both;
}

}  // namespace

extern const ObjectiveKind kBothObjective = {"both", "their sum, which lowers others while they rival it", append_both};

}  // namespace phosphene
