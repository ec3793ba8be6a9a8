#include "phosphene/atlas/photo_activations.h"

#include <algorithm>
#include <numeric>

#include "phosphene/atlas/layer_reader.h"
#include "phosphene/atlas/photo_stream.h"
#include "phosphene/base/error.h"

namespace phosphene {

std::map<std::string, RealActivations> photo_activations(const Model& network, const std::set<std::string>& layers,
                                                         const std::filesystem::path& folder, const std::string& engine) {
  if (layers.empty()) return {};
  const Photos photos(folder, 0, network);
  const NetworkLayers all = network_layers(network, {layers.begin(), layers.end()});
  std::vector<int64_t> which;
  std::map<std::string, RealActivations> activations;
  for (const std::string& layer : layers) {
    which.push_back(all.index_of(layer));
    activations[layer].resize(static_cast<size_t>(all.layers[static_cast<size_t>(which.back())].units));
  }
  LayerReader reader(network, all, which, engine, LayerValues::kHighest);
  std::vector<int64_t> list(static_cast<size_t>(photos.count()));
  std::iota(list.begin(), list.end(), 0);
  PhotoStream stream(photos, list, reader.batch());
  for (PhotoStream::Batch batch = stream.next(); batch.taken > 0; batch = stream.next()) {
    reader.read(batch.pictures);
    for (const int64_t layer : which) {
      RealActivations& units = activations[all.layers[static_cast<size_t>(layer)].name];
      for (size_t i = 0; i < batch.pictures.size(); ++i) {
        const std::span<const float> highest = reader.value(layer, static_cast<int64_t>(i));
        for (size_t unit = 0; unit < units.size(); ++unit) units[unit].sorted.push_back(highest[unit]);
      }
    }
  }
  for (auto& [layer, units] : activations)
    for (UnitActivations& unit : units) {
      if (unit.sorted.empty()) throw Error("no picture can be decoded", "give a folder with JPEG, PNG or WebP files").at(folder.string());
      std::ranges::sort(unit.sorted);
    }
  return activations;
}

}  // namespace phosphene
