// What passes share when they rewrite a graph.
#pragma once

#include <string>

#include "phosphene/graph/graph.h"

namespace phosphene::passes {

// `wish`, or with a number behind it when a value or node has that name already.
std::string unique_name(const Graph& graph, const std::string& wish);

// Error unless the operator is known and has the inputs and outputs that its table entry allows.
void verify_arity(const Node& node);

// Constant nodes become weights under the name of their output.
Graph constant_nodes_to_weights(Graph graph);

}  // namespace phosphene::passes
