#include "phosphene/synth/searched_layer.h"

#include <cmath>

#include "phosphene/graph/op_traits.h"

namespace phosphene {

TermResult SearchedLayer::result(const Term& term, std::span<const float> lane) const {
  const Standing stands = standing(term, shape, lane);
  const auto probability = [&]() -> std::optional<double> {
    switch (output) {
      case Output::kPlain: return std::nullopt;
      case Output::kLogits: return stands.share;
      case Output::kLogOdds: return 1 / (1 + std::exp(-stands.value));
      case Output::kProbabilities: return stands.value;
      case Output::kLogProbabilities: return std::exp(stands.value);
    }
    return std::nullopt;
  };
  return {term, stands.value, stands.rank, probability()};
}

SearchedLayer::Output output_of(const Model& network, const std::string& layer) {
  using enum SearchedLayer::Output;
  const OutputMeaning meaning = network.meaning();
  const Node* producer = network.graph.find_producer(layer);
  const OpTraits made = producer ? traits_of(*producer) : OpTraits{};
  const bool sigmoid = meaning.kind == OutputKind::kOneProbability || meaning.kind == OutputKind::kLabels;
  const bool over_units = made.reach == OpReach::kAlongAxis;  // else a number by itself, which a gate makes, too
  if (made.kind == OpKind::kProbability && (over_units || (sigmoid && layer == meaning.output))) return kProbabilities;
  if (made.kind == OpKind::kLogProbability) return kLogProbabilities;
  if (layer == meaning.scores && meaning.has_classes()) return sigmoid ? kLogOdds : kLogits;
  return kPlain;
}

}  // namespace phosphene
