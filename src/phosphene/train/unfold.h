// Goes on from a finished classifier, whose batch normalizations are folded away: puts them back around its weights.
#pragma once

#include <string>

#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"
#include "phosphene/train/parameters.h"

namespace phosphene {

// `parameters`: of `network`, the classifier_network() or classifier_head() that `trained` was once; they become those of a network that
// computes what `trained` does, with the batch statistics of pictures of `data`. Error where a layer is missing or has another shape.
void start_from_folded(Parameters& parameters, const Graph& network, const Model& trained, const Dataset& data, const std::string& engine);

}  // namespace phosphene
