// Networks that were exported while they were in training mode.
#pragma once

#include <string>
#include <vector>

#include "phosphene/graph/graph.h"

namespace phosphene {

// BatchNormalization uses its running statistics instead of those of the batch, and Dropout drops nothing, as in inference. `notes` gets a
// sentence for each node that was changed. What reads the statistics of a batch becomes opaque.
Graph in_inference_mode(Graph graph, std::vector<std::string>& notes);

}  // namespace phosphene
