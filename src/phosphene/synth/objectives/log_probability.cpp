// log p, p the unit's share in the softmax over the units of its layer at its place: as the condition of PPGN (Nguyen et al. 2017, arXiv
// 1612.00005).
#include "phosphene/graph/op_traits.h"
#include "phosphene/graph/passes/rewrite.h"
#include "phosphene/synth/objective_kinds.h"

namespace phosphene {

std::string append_log_probability(Graph& graph, const std::string& value, const std::string& layer) {
  const Node* producer = graph.find_producer(layer);
  const OpKind made = producer ? traits_of(*producer).kind : OpKind::kUnlisted;
  if (made == OpKind::kProbability || made == OpKind::kLogProbability)
    throw Error(fmt::format("layer {} > its units are {}probabilities already", layer, made == OpKind::kLogProbability ? "log-" : ""),
                fmt::format("give --layer {}, which it is made of, or raise the activation", producer->inputs[0]));
  const Shape& shape = graph.type_of(value).shape;
  if (shape.rank() < 2) return value;  // has no units
  if (shape[1] == 1) throw Error(fmt::format("layer {} > it has one unit, whose probability is always 1", layer), "raise the activation");
  const std::string log_probability = passes::unique_name(graph, value + "/log_probability");
  graph.nodes.push_back({log_probability, "LogSoftmax", {value}, {log_probability}, {{"axis", int64_t{1}}}});
  graph.outputs.push_back(log_probability);
  return log_probability;
}

extern const ObjectiveKind kLogProbabilityObjective = {
    "log-probability", "its log-probability in the softmax over its layer, which also lowers all others", append_log_probability};

}  // namespace phosphene
