// Figures: measurements of the outcomes of a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

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

}  // namespace phosphene::api
