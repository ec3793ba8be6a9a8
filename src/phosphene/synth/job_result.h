// Job result: what a search has found for one job.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "phosphene/model/receptive_field.h"
#include "phosphene/synth/objective.h"

namespace phosphene {

// How one term's unit took the picture.
struct TermResult {
  Term term;
  double activation = 0;
  int64_t rank = 1;                   // among the units of its layer at its position; 1: the highest
  std::optional<double> probability;  // where the layer is the logits, their softmax or its logarithm
};

struct JobResult {
  Objective objective;
  uint64_t seed = 0;
  std::vector<float> image;         // [c, height, width], in the prior's picture values
  std::vector<float> code;          // that drew the picture
  std::vector<double> activations;  // the objective's sum of its units' activations, at every iteration
  std::vector<TermResult> terms;    // at the picture, as in the objective
  bool stopped = false;             // the gradient was zero, so the search ended early
  std::vector<float> codes;         // with keep_codes: [steps + 1, code], start first; after an early end the code repeats
  PixelRect shown;                  // the part of the picture that the unit sees

  const TermResult& main() const;  // of objective.main()
};

}  // namespace phosphene
