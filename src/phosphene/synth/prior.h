// Prior: what keeps the picture natural. A graph from a code to a picture in a known pixel space, and the bounds of the code.
#pragma once

#include <optional>
#include <string>

#include "phosphene/base/table.h"
#include "phosphene/model/model.h"
#include "phosphene/synth/code_grid.h"
#include "phosphene/synth/picture_space.h"
#include "phosphene/synth/views.h"

namespace phosphene {

// What made a generator's codes, of two kinds: a layer of a network, or a graph of its own from pictures to codes.
struct Encoder {
  std::string network, hash, layer;  // the network's name and the SHA-256 of its file
  std::string graph;                 // the graph's file, or the name of the embedded model; then the others are empty
};

// How a search from a prior goes where the recipe says nothing; a generator's file may say all but the patience.
struct Usual {
  std::string rule = "dgn-am";  // as parse_rule() reads it
  std::optional<double> lr0;    // with that rule; absent: default_lr0's
  double decay = 0.99;
  std::optional<int64_t> patience;  // absent: the rule's
  std::optional<Views> views;       // absent: none
  int64_t steps = 200;
  std::optional<std::string> init;  // absent: "bank" where there is one, else "normal"
  std::string density;              // value of the generator's graph that its density makes of the code; empty: it has no density
};

struct Prior {
  std::string name;              // file stem, embedded name, "pixel", "fourier" or "maco"
  std::string hash;              // SHA-256 of the generator's file; empty without one
  Graph graph;                   // shapes inferred, the batch unknown
  std::string code, image;       // its input [n, ...] and its picture [n, c, height, width]
  std::string denoised;          // value that its density makes of the code, or of the code's first channels; empty: it has no density
  int64_t code_size = 0;         // values of one code
  PictureSpace picture;          // of `image`
  std::optional<CodeGrid> grid;  // where the generator draws pictures of any size: what was bound
  std::optional<CodeBounds> bounds;
  std::vector<float> bank;         // codes to start from, [k, code_size]
  double code_sigma = 0;           // mean standard deviation of a code unit over training images; 0: unknown
  std::optional<Encoder> encoder;  // where the generator's file says it
  Usual usual;
};

// The generator of a model. One that draws pictures of any size (code_grid.h) covers the picture `input`, which it alone needs. Bounds may
// be one value a code unit, or one a channel of a code [n, c, h, w]. Error when the output is no picture, or bounds or bank do not fit.
Prior generator_prior(const Model& generator, const PictureSpace& input = {});
// The code is the picture itself, flat, in the network's own input values; bounds are pixels 0 and 255.
Prior pixel_prior(const PictureSpace& input);
// How a generator is loaded; the other priors need none of it.
struct PriorOptions {                      // of generators
  std::optional<uint64_t> random_weights;  // a seed: of a FILE.prototxt alone
  std::vector<std::string> fixed;          // of several inputs, those that stay: "NAME=VALUE" or "NAME=FILE.npy" ...
  std::vector<std::string> searched;       // ... and those that are the code, in this order (priors/generator_inputs.h)
  std::string preprocess;                  // parse_preprocess's text for the generator's pictures; empty: what its file says
};
// Priors that have a name of their own, as --prior takes it; any other name is a generator's file or embedded name. One file a prior under
// priors/; the table is in prior.cpp.
struct PriorKind {
  const char* name;
  const char* about;  // one line for --help
  Prior (*make)(const Model& network, const PriorOptions& options);
  bool generator = false;  // whether it reads the options
};
Table<PriorKind> all_prior_kinds();

// By a name of that table, or a generator's. The size of the network's pictures must be known, except to a generator of one size.
Prior load_prior(const std::string& name, const Model& network, const PriorOptions& options = {});
// A generator's file or embedded name.
Prior load_generator(const std::string& name, const Model& network, const PriorOptions& options = {});

// The embedded generator for a network: tin200-fc6 where its input is known to be below 96 pixels, else photos.
std::string builtin_for(const Model& network);

Shape code_shape(const Prior& prior);  // of one code: [size] or [c, h, w]

// The prior's own with its usual rule, whatever the rule's parameters, else 2.1 mean sigma of the code: the published 8 made scale-free.
// Where sigma is not known: 8.
double default_lr0(const Prior& prior, const std::string& rule);

}  // namespace phosphene
