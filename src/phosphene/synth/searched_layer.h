// Searched layer: a layer whose units a search raises, as a value of the compiled program, and what that value says of a unit.
#pragma once

#include <span>
#include <string>

#include "phosphene/model/model.h"
#include "phosphene/synth/job_result.h"

namespace phosphene {

struct SearchedLayer {
  std::string name;    // in the network
  std::string value;   // in the program
  std::string raised;  // what the search raises of it (objective_kinds.h), of the same shape
  Shape shape;         // with batch, units on axis 1
  // What its values are: that decides how they become a probability.
  enum class Output { kPlain, kLogits, kLogOdds, kProbabilities, kLogProbabilities } output = Output::kPlain;

  // Of one lane, [units, ...].
  TermResult result(const Term& term, std::span<const float> lane) const;
};

SearchedLayer::Output output_of(const Model& network, const std::string& layer);

}  // namespace phosphene
