// Picture space: the values of a picture in a graph, a prior's output or a network's input.
#pragma once

#include "phosphene/graph/passes.h"
#include "phosphene/model/model.h"

namespace phosphene {

struct PictureSpace {
  Preprocess preprocess;          // how the values relate to pixels
  int64_t height = 0, width = 0;  // of the value in the graph
};

// The image input of a network: its preprocessing and size. `fallback` gives a size to networks that leave theirs open.
PictureSpace input_space(const Model& network, ImageSize fallback = {});

}  // namespace phosphene
