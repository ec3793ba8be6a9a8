// Caffe's networks: a definition (.prototxt, text) and its weights (.caffemodel, binary), both forms of `layer` and the older `layers`.
// Layers become the graph's operators; a layer for which there is none is composed of several.
//
// Names. A layer's value bears the layer's name, so that it is found where Caffe's users look for it: conv5 is the convolution, relu5 what
// the ReLU that works in place on it makes. The last value of a blob bears the blob's name where no layer has that name; the layer's name
// is then its node's. Weights are LAYER.weight, LAYER.bias ... in Caffe's own layout.
//
// The network is that of the phase TEST. Data layers become inputs of the shape that they declare, losses and accuracies vanish. The first
// extent of every input is the batch and open, whatever the file says.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "phosphene/graph/graph.h"

namespace phosphene {

struct CaffeSource {
  std::filesystem::path definition;
  std::filesystem::path weights;           // empty: none
  std::optional<uint64_t> random_weights;  // without a file of weights: the seed of random ones that keep activations at a sensible size
};

// x = (pixel - mean) * scale, as a data layer declares it; channels in Caffe's order, blue first.
struct CaffePixels {
  float scale = 1;
  std::vector<float> mean;  // one a channel, one for all, or empty for 0
};

struct CaffeNetwork {
  Graph graph;  // verified; shapes are not inferred
  std::optional<CaffePixels> pixels;
};

// Error (file > layer > what; what to do): file:line for text that does not parse; an unknown type of layer by name; missing or misshapen
// weights; a definition without weights unless random ones are asked for. Nothing is allocated before its size is checked.
CaffeNetwork read_caffe(const CaffeSource& source);

}  // namespace phosphene
