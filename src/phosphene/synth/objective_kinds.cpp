// h: the unit's value; p: its share in the softmax over the units of its layer at its place.
//
//     activation        h
//     log-probability   log p      as the condition of PPGN (Nguyen et al. 2017, arXiv 1612.00005)
//     both              h + log p
#include "phosphene/synth/objective_kinds.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes/rewrite.h"

namespace phosphene {

namespace {

std::string append_activation(Graph&, const std::string& value, const std::string&) { return value; }

std::string append_log_probability(Graph& graph, const std::string& value, const std::string& layer) {
  const Node* producer = graph.find_producer(layer);
  if (producer && producer->op == "Softmax")
    throw Error(fmt::format("layer {} > its units are probabilities already", layer),
                fmt::format("give --layer {}, which it is made of, or raise the activation", producer->inputs[0]));
  const Shape& shape = graph.type_of(value).shape;
  if (shape.rank() < 2) return value;  // has no units
  if (shape[1] == 1) throw Error(fmt::format("layer {} > it has one unit, whose probability is always 1", layer), "raise the activation");
  const std::string log_probability = passes::unique_name(graph, value + "/log_probability");
  graph.nodes.push_back({log_probability, "LogSoftmax", {value}, {log_probability}, {{"axis", int64_t{1}}}});
  graph.outputs.push_back(log_probability);
  return log_probability;
}

std::string append_both(Graph& graph, const std::string& value, const std::string& layer) {
  const std::string log_probability = append_log_probability(graph, value, layer);
  if (log_probability == value) return value;
  const std::string both = passes::unique_name(graph, value + "/both");
  graph.nodes.push_back({both, "Add", {value, log_probability}, {both}, {}});
  graph.outputs.back() = both;
  return both;
}

constexpr ObjectiveKind kKinds[] = {
    {"activation", "its activation", append_activation},
    {"log-probability", "its log-probability in the softmax over its layer, which also lowers all others", append_log_probability},
    {"both", "their sum, which lowers others while they rival it", append_both},
};

}  // namespace

std::span<const ObjectiveKind> all_objective_kinds() { return kKinds; }

const ObjectiveKind& find_objective_kind(const std::string& name) {
  std::string names;
  for (const ObjectiveKind& kind : kKinds) {
    if (name == kind.name) return kind;
    names += (names.empty() ? "" : ", ") + std::string(kind.name);
  }
  throw Error(fmt::format("there is no objective \"{}\"", name), "objectives are " + names);
}

}  // namespace phosphene
