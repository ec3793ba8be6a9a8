// Finished networks that see a training's pictures: a trunk, on which the fully connected layers of a new classifier are trained (Yosinski,
// Clune, Bengio, Lipson, NIPS 2014, arXiv 1411.1792), a teacher, whose opinion a new classifier learns, or an encoder and a generator that
// redraw them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "phosphene/model/model.h"
#include "phosphene/train/run.h"

namespace phosphene {

// From the input "image" [n, c, height, width], whose values and size `pictures` describes, to `values` of the network, the only outputs.
// The names of the network stand behind "trunk.". The network sees the pictures in their own size, or, with `resized`, in its.
Graph behind_pictures(const Model& network, const std::vector<std::string>& values, const Preprocess& pictures, bool resized);

// What behind_pictures() put below the layers of a classifier; empty where its provenance names no trunk.
std::optional<Graph> trunk_of(const Model& classifier);

// One graph: the output of `trunk`, which keeps its name, fed into the input "features" of `head`, whose outputs remain.
Graph on_trunk(const Graph& trunk, const Graph& head);

// From the input "image" to what `generator` makes of its code at `code_layer` of the encoder, in the same values and size.
Graph redrawing(const Model& encoder, const std::string& code_layer, const Model& generator, const Preprocess& pictures);

// A graph of behind_pictures() or redrawing(), compiled for one batch size.
class Onlooker {
 public:
  Onlooker(const Graph& graph, int64_t batch, const RunOptions& run);
  // What it looks at, to be written: [batch, c, height, width].
  std::span<float> pictures();
  // The output's values, valid until the next call; see() looks at these pictures.
  std::span<const float> look();
  std::span<const float> see(std::span<const float> pictures);
  int64_t batch() const { return batch_; }

 private:
  int64_t batch_;
  std::string output_;
  std::unique_ptr<Program> program_;
};

}  // namespace phosphene
