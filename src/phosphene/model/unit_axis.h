// Where the units of a layer lie. Convolutions put their channels on axis 1, [n, units, height, width]; fully connected layers and layer
// normalisations on the last, as in a transformer's [n, tokens, units] or [n, height, width, units].
#pragma once

#include <string>
#include <vector>

#include "phosphene/graph/graph.h"

namespace phosphene {

// The axis of the value's units, found from the operators that made it. Needs inferred shapes.
int unit_axis(const Graph& graph, const std::string& value);

// Appends, for every value of `layers` whose units are not on axis 1, a Transpose to [n, units, positions...], and puts its name into
// layers[i]. The values of `layers` become the graph's outputs.
Graph units_first(Graph graph, std::vector<std::string>& layers);

}  // namespace phosphene
