#include "phosphene/atlas/layer_reader.h"

#include <algorithm>

#include "phosphene/base/parallel.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/rewrite.h"
#include "phosphene/model/inputs.h"
#include "phosphene/model/unit_axis.h"
#include "phosphene/synth/bridge.h"

namespace phosphene {

namespace {

constexpr int64_t kBatch = 16;

struct Highest {
  std::string values, places;  // [n, units, 1]
};

// Adds behind a value [n, units, ...] what finds the highest of each unit. It comes right after the value's own node, while the value is
// still near the processor.
Highest add_highest(Graph& graph, const std::string& value) {
  const std::string flat = passes::unique_name(graph, value + "/flat"), shape = flat + "/shape", one = flat + "/one";
  const Highest highest{value + "/highest", value + "/place"};
  graph.add_weight(shape, Tensor::ints({0, 0, -1}));
  graph.add_weight(one, Tensor::ints({1}));
  const auto makes = [&](const Node& node) { return std::ranges::find(node.outputs, value) != node.outputs.end(); };
  const auto maker = std::ranges::find_if(graph.nodes, makes);
  PHOSPHENE_CHECK(maker != graph.nodes.end());
  graph.nodes.insert(maker + 1, {{flat, "Reshape", {value, shape}, {flat}, {}},
                                 {highest.values, "TopK", {flat, one}, {highest.values, highest.places}, {}}});
  return highest;
}

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
                         LayerValues values)
    : layers_(layers), batch_(possible_batch(network.graph, kBatch)), input_(network.input().name) {
  const PictureSpace space = input_space(network);
  preprocess_ = space.preprocess;
  preprocess_.height = space.height, preprocess_.width = space.width, preprocess_.resize = 0;
  std::vector<std::string> wanted = names_of(layers, which);
  Graph graph = units_first(bind_batch(cut(network.graph, wanted), batch_, {space.height, space.width}), wanted);
  for (size_t i = 0; i < which.size(); ++i) {
    values_[which[i]] = wanted[i];
    if (values == LayerValues::kMaps || shape(which[i]).rank() == 1) continue;
    const Highest highest = add_highest(graph, wanted[i]);
    values_[which[i]] = wanted[i] = highest.values;
    wanted.push_back(places_[which[i]] = highest.places);
  }
  graph.outputs = wanted;
  program_ = find_engine(engine).compile(infer_shapes(std::move(graph)), {.batch = batch_, .values = wanted});
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

std::span<const float> LayerReader::of_picture(const std::string& value, int64_t picture) const {
  const std::span<const float> all = program_->value(value);
  const size_t item = all.size() / static_cast<size_t>(batch_);
  return all.subspan(static_cast<size_t>(picture) * item, item);
}

std::span<const float> LayerReader::places(int64_t layer, int64_t picture) const {
  const auto found = places_.find(layer);
  return found == places_.end() ? std::span<const float>() : of_picture(found->second, picture);
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
