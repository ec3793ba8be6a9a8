// The encoder of a generator: the network and the layer that it was trained to invert, or a graph from pictures to codes. A search may
// start from the code of a real image, and a rule may ask for the code of the picture that it draws.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "phosphene/model/model.h"
#include "phosphene/synth/prior.h"

namespace phosphene {

struct CodeMaker {
  Model network;     // network.preprocess says how large a picture it sees
  std::string code;  // value of it
};

// The graph that the prior's file names, which sees pictures of `size` where it takes any; nullopt where the file names none.
std::optional<CodeMaker> own_encoder(const Prior& prior, const ImageSize& size);

// The prior's own encoder, for pictures as large as the prior draws them; else `network` when the prior was trained with that very file;
// else the embedded model of its name. Error when there is none.
CodeMaker load_encoder(const Prior& prior, const Model& network);

// Error where an encoder's answer of so many values is no code of the prior (fills_code, code_grid.h).
void verify_encoded(const Prior& prior, int64_t values);

// E(image), the prior's code of a JPEG or PNG file: one code, [code_size].
std::vector<float> code_of_image(const Prior& prior, const Model& network, const std::string& file, const std::string& engine);

}  // namespace phosphene
