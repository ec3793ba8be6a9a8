// The encoder of a generator: the network and the layer that it was trained to invert, or a graph from pictures to codes. A search may
// start from the code of a real image.
#pragma once

#include <string>
#include <vector>

#include "phosphene/model/model.h"
#include "phosphene/synth/prior.h"

namespace phosphene {

// E(image), the prior's code of a JPEG or PNG file: one code, [code_size]. The encoder is the graph that the prior's
// file names; else `network` when the prior was trained with that very file; else the embedded model of its name. Error when there is none.
std::vector<float> code_of_image(const Prior& prior, const Model& network, const std::string& file, const std::string& engine);

}  // namespace phosphene
