// Layer reader: what the layers of a network say to pictures, several pictures at once: whole maps, or of each unit its highest value over
// all positions, and where that is.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "phosphene/atlas/layers.h"
#include "phosphene/base/image.h"
#include "phosphene/engine/program.h"
#include "phosphene/model/receptive_field.h"

namespace phosphene {

enum class LayerValues { kMaps, kHighest };

class LayerReader {
 public:
  // Compiles the network up to the layers of `which` (indices of `layers`). Borrows both.
  LayerReader(const Model& network, const NetworkLayers& layers, std::vector<int64_t> which, const std::string& engine,
              LayerValues values = LayerValues::kMaps);

  int64_t batch() const { return batch_; }
  // At most batch() pictures, of the size of the network's input.
  void read(std::span<const Image> pictures);
  // Of the last pictures: [units, positions], or the highest of each unit: [units].
  std::span<const float> value(int64_t layer, int64_t picture) const { return of_picture(values_.at(layer), picture); }
  // Where the highest are: [units], a position y * width + x, or the number of a token; empty for a layer of one position.
  std::span<const float> places(int64_t layer, int64_t picture) const;
  const Shape& shape(int64_t layer) const { return layers_.layers[static_cast<size_t>(layer)].shape; }
  int64_t bytes() const { return program_->bytes(); }

 private:
  std::span<const float> of_picture(const std::string& value, int64_t picture) const;

  const NetworkLayers& layers_;
  int64_t batch_;
  Preprocess preprocess_;
  std::string input_;
  std::map<int64_t, std::string> values_, places_;  // of the program, by layer
  std::unique_ptr<Program> program_;
};

// What positions of layers see of the network's input: the receptive field, which may reach beyond the picture. A layer without maps sees
// all.
class SeenParts {
 public:
  SeenParts(const Model& network, const NetworkLayers& layers);
  PixelRect of(int64_t layer, int64_t position);
  int64_t height() const { return height_; }
  int64_t width() const { return width_; }

 private:
  const NetworkLayers& layers_;
  Graph graph_;  // bound to a batch of 1
  int64_t height_ = 0, width_ = 0;
  std::map<std::pair<int64_t, int64_t>, PixelRect> known_;
};

}  // namespace phosphene
