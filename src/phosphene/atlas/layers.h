// The layers of a network that an atlas shows, and how they follow one another.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "phosphene/model/model.h"

namespace phosphene {

struct NetworkLayer {
  std::string name, path, op;
  Shape shape;                                           // without the batch, units first
  int64_t units = 0, parameters = 0, multiply_adds = 0;  // the last is kUnknown where the picture's size is open
  bool output = false, labelled = false;
  bool maps = false;  // [units, height, width] of the graph itself: its positions have receptive fields
};

struct NetworkLayers {
  std::vector<NetworkLayer> layers;                // in the order of the network
  std::vector<std::pair<int64_t, int64_t>> edges;  // indices of layers with no other layer between them
  std::vector<std::vector<int64_t>> ancestors;     // of each layer: all layers that it depends on, ascending

  int64_t index_of(const std::string& name) const;  // -1: it is none of them
  // The order in which units are drawn: the output, then hidden layers from the middle of the network outwards.
  std::vector<int64_t> order() const;
};

// Where the network takes its picture, with the size that `input_space` gives it (synth/bridge.h).
ImageSize picture_size(const Model& network);

// The output's scores and every value with learned weights, taken before its nonlinearity: behind the normalisation, bias or scale that
// follows a Conv, Gemm or MatMul. A layer that differs from the scores only by pooling or shape is left out. And the values of `more`.
// Error when the network's picture has no known size, or a value of `more` has no units.
NetworkLayers network_layers(const Model& network, const std::vector<std::string>& more);

}  // namespace phosphene
