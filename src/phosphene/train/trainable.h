// TrainableGraph: a network as it trains. Beside the graph it says what each weight and each input is for. GraphBuilder writes it; what
// stands nowhere here is an ordinary input or a weight that never changes.
#pragma once

#include <map>
#include <set>
#include <string>

#include "phosphene/graph/graph.h"

namespace phosphene {

struct TrainableGraph {
  Graph graph;
  std::set<std::string> trained;                  // weights that an optimiser moves
  std::map<std::string, std::string> statistics;  // weight of a running statistic -> value of the graph that it takes after each step
  std::set<std::string> masks;                    // inputs [n, units] with dropout's factors; the network in use has none
};

}  // namespace phosphene
