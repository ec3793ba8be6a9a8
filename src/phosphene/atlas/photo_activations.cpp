// Photos are read in portions, so that memory does not grow with the pixels of the folder.
#include "phosphene/atlas/photo_activations.h"

#include <algorithm>
#include <cstring>

#include "phosphene/atlas/photos.h"
#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"

namespace phosphene {

namespace {

constexpr int64_t kPhotosAtOnce = 1000;

// The photos [first, first + kPhotosAtOnce) that can be decoded.
Dataset portion_of(const Photos& photos, int64_t first) {
  Dataset portion;
  std::vector<uint8_t> pixels;
  for (int64_t i = first; i < std::min(first + kPhotosAtOnce, photos.count()); ++i) try {
      const Image image = photos.read(i);
      portion.height = image.height, portion.width = image.width, portion.channels = image.channels;
      pixels.insert(pixels.end(), image.pixels.begin(), image.pixels.end());
      ++portion.count;
    } catch (const Error& error) {
      log_warning(fmt::format("left out: {}", error.what()));
    }
  const std::shared_ptr<uint8_t[]> kept(new uint8_t[pixels.size()]);
  std::ranges::copy(pixels, kept.get());
  portion.pixels = std::shared_ptr<const uint8_t>(kept, kept.get());
  return portion;
}

}  // namespace

std::map<std::string, RealActivations> photo_activations(const Model& network, const std::set<std::string>& layers,
                                                         const std::filesystem::path& folder, const std::string& engine) {
  const Photos photos(folder, 0, network);
  std::map<std::string, RealActivations> all;
  int64_t read = 0;
  for (int64_t first = 0; first < photos.count(); first += kPhotosAtOnce) {
    const Dataset portion = portion_of(photos, first);
    read += portion.count;
    if (portion.count == 0) continue;
    for (const std::string& layer : layers) {
      RealActivations more = real_activations(network, layer, portion, engine);
      RealActivations& units = all[layer];
      units.resize(more.size());
      for (size_t unit = 0; unit < more.size(); ++unit) {
        std::vector<float>& sorted = units[unit].sorted;
        const auto before = static_cast<std::ptrdiff_t>(sorted.size());
        sorted.insert(sorted.end(), more[unit].sorted.begin(), more[unit].sorted.end());
        std::inplace_merge(sorted.begin(), sorted.begin() + before, sorted.end());
      }
    }
  }
  if (read == 0) throw Error("no picture can be decoded", "give a folder with JPEG, PNG or WebP files").at(folder.string());
  return all;
}

}  // namespace phosphene
