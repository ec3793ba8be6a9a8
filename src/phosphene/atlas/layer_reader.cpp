#include "phosphene/atlas/layer_reader.h"

#include <algorithm>

#include "phosphene/base/parallel.h"
#include "phosphene/graph/passes.h"
#include "phosphene/model/inputs.h"
#include "phosphene/model/unit_axis.h"
#include "phosphene/synth/bridge.h"

namespace phosphene {

namespace {

std::vector<std::string> names_of(const NetworkLayers& layers, const std::vector<int64_t>& which) {
  std::vector<std::string> names;
  for (const int64_t layer : which) names.push_back(layers.layers[static_cast<size_t>(layer)].name);
  return names;
}

std::vector<int64_t> all_of(const NetworkLayers& layers) {
  std::vector<int64_t> all;
  for (size_t i = 0; i < layers.layers.size(); ++i) all.push_back(static_cast<int64_t>(i));
  return all;
}

}  // namespace

LayerReader::LayerReader(const Model& network, const NetworkLayers& layers, std::vector<int64_t> which, const std::string& engine,
                         int64_t batch)
    : layers_(layers), batch_(possible_batch(network.graph, batch)), input_(network.input().name) {
  const PictureSpace space = input_space(network);
  preprocess_ = space.preprocess;
  preprocess_.height = space.height, preprocess_.width = space.width, preprocess_.resize = 0;
  std::vector<std::string> values = names_of(layers, which);
  const Graph graph = units_first(bind_batch(cut(network.graph, values), batch_, {space.height, space.width}), values);
  for (size_t i = 0; i < which.size(); ++i) values_[which[i]] = values[i];
  program_ = find_engine(engine).compile(graph, {.batch = batch_, .values = values});
}

void LayerReader::read(std::span<const Image> pictures) {
  PHOSPHENE_CHECK(static_cast<int64_t>(pictures.size()) <= batch_);
  const std::span<float> input = program_->input(input_);
  const size_t item = input.size() / static_cast<size_t>(batch_);
  const auto fill = [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i)
      preprocess_.to_values(pictures[static_cast<size_t>(i)], input.subspan(static_cast<size_t>(i) * item, item));
  };
  parallel_for(static_cast<int64_t>(pictures.size()), fill, threads());
  program_->forward();
}

std::span<const float> LayerReader::value(int64_t layer, int64_t picture) const {
  const std::span<const float> all = program_->value(values_.at(layer));
  const size_t item = all.size() / static_cast<size_t>(batch_);
  return all.subspan(static_cast<size_t>(picture) * item, item);
}

SeenParts::SeenParts(const Model& network, const NetworkLayers& layers) : layers_(layers) {
  const ImageSize size = picture_size(network);
  height_ = size.height, width_ = size.width;
  graph_ = bind_batch(cut(network.graph, names_of(layers, all_of(layers))), 1, size);
}

PixelRect SeenParts::of(int64_t layer, int64_t position) {
  const NetworkLayer& of = layers_.layers[static_cast<size_t>(layer)];
  const PixelRect all{0, 0, height_, width_};
  if (!of.maps || of.shape[1] * of.shape[2] == 1) return all;
  const auto [entry, is_new] = known_.try_emplace({layer, position}, all);
  if (is_new) {
    const PixelRect field = receptive_field(graph_, graph_.inputs.front().name, of.name, {position / of.shape[2], position % of.shape[2]});
    if (field.height > 0 && field.width > 0) entry->second = field;
  }
  return entry->second;
}

}  // namespace phosphene
