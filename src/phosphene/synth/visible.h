// Visible: what a picture file can hold of a prior's picture. A generator's values may lie beyond black and white, where a file has none;
// the network under study must not be shown more than the file.
//
//     visible[c] = min(max(x[c], black[c]), white[c])
//
// The gradient is that of the visible picture: a pixel beyond black or white has none.
#pragma once

#include <string>

#include "phosphene/graph/graph.h"
#include "phosphene/model/model.h"

namespace phosphene {

// Appends it behind the value `image`, [n, c, height, width], whose values relate to pixels as `preprocess` says, and gives its name.
// Nothing is appended, and `image` returned, where no value can lie beyond: behind a Sigmoid or Tanh of that range, and for codes that are
// the picture itself, which their bounds keep. Shapes must be inferred, and are inferred again; the batch may be open.
std::string append_visible(Graph& graph, const std::string& image, const Preprocess& preprocess);

}  // namespace phosphene
