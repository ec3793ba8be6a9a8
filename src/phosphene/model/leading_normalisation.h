// The normalisation that a graph begins with: exporters often put the preprocessing, or a part of it, into the network.
#pragma once

#include <optional>
#include <string>

#include "phosphene/graph/graph.h"

namespace phosphene {

struct LeadingNormalisation {
  std::string value;  // the value behind it, which the first real layer reads
  std::string words;  // what the graph's input wants to be, for parse_preprocess()
};

// Follows `input` [n, c, h, w] through operators that map every channel by itself (arithmetic with constants, BatchNormalization, 1x1
// convolutions of single channels, and what only moves channels) to the first one that does not, and tells from the whole map which pixels
// it was made for: 0..255, 0..1, -1..1 or torchvision's. Nothing when there is no such map or its numbers fit none of these. Needs inferred
// shapes.
std::optional<LeadingNormalisation> find_leading_normalisation(const Graph& graph, const std::string& input);

}  // namespace phosphene
