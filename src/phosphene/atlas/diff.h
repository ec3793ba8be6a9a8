// Atlas diff: two networks, or two checkpoints of one, seen by what their units answer to the same real pictures.
#pragma once

#include <string>
#include <vector>

#include "phosphene/atlas/atlas.h"

namespace phosphene {

// Two units that are each the other's most correlated one.
struct MatchedUnits {
  int64_t a = 0, b = 0;
  double correlation = 0;
};

struct LoneUnit {
  int64_t unit = 0;
  int64_t nearest = 0;     // of the other network
  double correlation = 0;  // with it
};

struct LayerDiff {
  int64_t layer_a = 0, layer_b = 0;
  std::string name_a, name_b;
  std::vector<MatchedUnits> matched;  // the least alike first
  std::vector<LoneUnit> vanished;     // units of A without a match
  std::vector<LoneUnit> appeared;     // units of B without a match
  int64_t same_number = 0;            // matches of equal number
};

struct AtlasDiff {
  std::vector<LayerDiff> layers;
  std::vector<std::string> only_a, only_b;  // layers that one network lacks
};

inline constexpr double kMatches = 0.5;  // a match has at least this correlation

// The layer that is compared with `layer`: of the same name, or outputs with outputs; null where there is none.
const AtlasLayer* partner_of(const AtlasLayer& layer, const std::vector<AtlasLayer>& others);
// Whether two atlases can be compared: both were measured, on the same sample of real pictures.
bool have_same_sample(const Atlas& a, const Atlas& b);
LayerDiff diff_layers(const Atlas& a, const AtlasLayer& of_a, const Atlas& b, const AtlasLayer& of_b);

// All layers and their partners. Error when the atlases do not have the same sample of real pictures.
AtlasDiff diff_atlases(const Atlas& a, const Atlas& b);
Json to_json(const AtlasDiff& diff);
std::string to_text(const AtlasDiff& diff, const Atlas& a, const Atlas& b);

}  // namespace phosphene
