// Figures: measurements of the outcomes of a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <phosphene/export.h>
#include <phosphene/run.h>

namespace phosphene::api {

struct FigureOptions {
  std::string layer;           // only outcomes of single units of this layer count; empty: the request's
  std::filesystem::path data;  // folder of real pictures, as --data of `phosphene eval` takes it; empty: the last three figures are absent
};

struct Figures {
  int64_t pictures = 0;
  int64_t first = 0;                  // pictures whose unit ranks first in its layer
  double activation = 0;              // median
  std::optional<double> probability;  // median, 0 to 1, where the layer has probabilities
  std::optional<int64_t> above_best;  // pictures whose activation is above that of the unit's best real picture
  std::optional<double> percentile;   // median share of real pictures, 0 to 1, whose activation of the unit is lower
  std::optional<double> margin;       // median of (activation - best real one) / deviation of the unit over real pictures
};

// phosphene::Error if no outcome counts, or the data cannot be read.
PHOSPHENE_EXPORT Figures measure(Session& session, const Plan& plan, std::span<const Outcome> outcomes, const FigureOptions& options = {});

// How far a picture can be trusted, from real pictures. docs/atlas-format.md has the table; the path through the network and a second
// network's rank, which an atlas also asks, are not measured here.
struct Verdict {
  std::string word, colour;          // "sound" "green", "doubtful" "amber", "misleading" "red", "unmeasured" "grey"
  std::vector<std::string> reasons;  // a sentence each
  std::optional<double> percentile;  // share of real pictures, 0 to 1, whose activation of the unit is lower
  std::optional<double> margin;      // (activation - highest of a real picture) / deviation of the unit over real pictures
};

// One for each outcome; of jobs that failed and of sums of units: unmeasured. `data`: a folder of real pictures, as --data of `phosphene
// atlas build` takes it. phosphene::Error if it cannot be read.
PHOSPHENE_EXPORT std::vector<Verdict> verdicts(Session& session, const Plan& plan, std::span<const Outcome> outcomes,
                                               const std::filesystem::path& data);

}  // namespace phosphene::api
