// Layer chain: prior -> what a file can hold of its picture (visible.h) -> view -> bridge -> network cut at layers, as one graph, and with
// it picture -> bridge -> encoder where that is wanted. What a search compiles, and what ranks start codes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "phosphene/model/model.h"
#include "phosphene/synth/objective_kinds.h"
#include "phosphene/synth/prior.h"
#include "phosphene/synth/random_view.h"

namespace phosphene {

struct LayerChainOptions {
  std::vector<std::string> layers;  // of the network, at least one
  int64_t batch = 1;
  const ObjectiveKind* objective = nullptr;  // must be given
  std::optional<Views> views;
  bool encoder = false;  // also what the prior's encoder makes of its picture
};

// All names are values of `graph`: "prior/..." of the prior, "network/..." of the network, "encoder/..." of the encoder.
struct LayerChain {
  struct Layer {
    std::string value;   // of the layer, units on axis 1
    std::string raised;  // what the objective raises of it, of the same shape (objective_kinds.h)
  };
  Graph graph;  // bound to the batch, shapes inferred
  std::string code, image;
  std::string denoised;  // empty: the prior has no density
  std::string encoded;   // with `encoder`: E(G(y)), the code of the picture or its first channels; nothing of the search is raised in it
  std::optional<RandomView> view;
  std::vector<Layer> layers;  // as in the options
};

// A network that leaves its size open gets that of the prior's picture. Error for an unknown layer, or one that the objective cannot raise;
// for a prior without the encoder that is wanted.
LayerChain chain_to_layers(const Model& network, const Prior& prior, const LayerChainOptions& options);

}  // namespace phosphene
