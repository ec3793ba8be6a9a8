// Prior: what keeps the picture natural. A graph from a code to a picture in a known pixel space, and the bounds of the code.
#pragma once

#include <optional>
#include <string>

#include "phosphene/model/model.h"
#include "phosphene/synth/bridge.h"
#include "phosphene/synth/views.h"

namespace phosphene {

// The network and the layer whose values are a generator's codes.
struct Encoder {
  std::string network, hash, layer;  // the network's name and the SHA-256 of its file
};

// How a search from a prior goes where the recipe says nothing; a generator's file may say rule, lr0, decay and views.
struct Usual {
  std::string rule = "dgn-am";
  std::optional<double> lr0;  // with that rule; absent: default_lr0's
  double decay = 0.99;
  std::optional<int64_t> patience;  // absent: the rule's
  std::optional<Views> views;       // absent: none
};

struct Prior {
  std::string name;         // file stem, embedded name, "pixel", "fourier" or "maco"
  std::string hash;         // SHA-256 of the generator's file; empty without one
  Graph graph;              // shapes inferred, the batch unknown
  std::string code, image;  // its input [n, ...] and its picture [n, c, height, width]
  int64_t code_size = 0;    // values of one code
  PictureSpace picture;     // of `image`
  std::optional<CodeBounds> bounds;
  double code_sigma = 0;           // mean standard deviation of a code unit over training images; 0: unknown
  std::optional<Encoder> encoder;  // where the generator's file says it
  Usual usual;
};

// The generator of a model. Error when the output is no picture or the bounds do not fit the code.
Prior generator_prior(const Model& generator);
// The code is the picture itself, flat, in the network's own input values; bounds are pixels 0 and 255.
Prior pixel_prior(const PictureSpace& input);
// "builtin" (the embedded generator), "pixel", "fourier" (fourier_prior.h), "maco" (maco_prior.h), or a generator's file or embedded name.
Prior load_prior(const std::string& name, const PictureSpace& input, const LoadOptions& options = {});

// The prior's own with its usual rule, else 2.1 mean sigma of the code: the published 8 made scale-free. Where sigma is not known: 8.
double default_lr0(const Prior& prior, const std::string& rule);
// Whether load_prior() draws pictures of the size of `input`, which must then be known.
bool takes_input_size(const std::string& name);

// The image input of a network: its preprocessing and size. `fallback` gives a size to networks that leave theirs open.
PictureSpace input_space(const Model& network, ImageSize fallback = {});

}  // namespace phosphene
