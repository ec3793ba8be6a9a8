// Generators with several inputs (noise and a class, say): some are searched, the others stay as they are.
#pragma once

#include <string>
#include <vector>

#include "phosphene/graph/graph.h"

namespace phosphene {

// A generator's graph with one input. `fixed`: "NAME=VALUE" or "NAME=FILE.npy", as with_inputs() of model/inputs.h reads them, the same for
// every picture. `searched`: inputs [n, ...] of floats that are the code together, one after the other, flat; none: the one that is not
// fixed. Several become the input "code" [n, size], and keep their names inside. Error for an input that is neither fixed nor searched, one
// that is not there, and one whose size is open.
Graph with_searched_inputs(Graph graph, const std::vector<std::string>& fixed, const std::vector<std::string>& searched);

}  // namespace phosphene
