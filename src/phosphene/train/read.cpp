// x[c, y, x] = (pixel[y, x, order[c]] * scale - mean[c]) / deviation[c]
#include "phosphene/train/read.h"

#include <array>

#include "phosphene/base/error.h"

namespace phosphene {

void read_images(const Dataset& data, const Preprocess& p, std::span<const int64_t> which, std::span<float> values) {
  if (p.channels() != data.channels || (p.height && (p.height != data.height || p.width != data.width)))
    throw Error(fmt::format("the network takes {} x {} pixels and {} channels, the pictures have {} x {} and {}", p.height, p.width,
                            p.channels(), data.height, data.width, data.channels),
                "give --size, or another data set");
  const int64_t channels = data.channels, plane = data.height * data.width;
  std::vector<std::array<float, 256>> table(static_cast<size_t>(channels));
  for (size_t c = 0; c < table.size(); ++c)
    for (size_t v = 0; v < 256; ++v) table[c][v] = (static_cast<float>(v) * p.scale - p.mean[c]) / p.deviation[c];
#pragma omp parallel for
  for (int64_t i = 0; i < static_cast<int64_t>(which.size()); ++i) {
    const uint8_t* image = data.image(which[static_cast<size_t>(i)]);
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t source = p.order == ColourOrder::kBgr ? channels - 1 - c : c;
      float* out = values.data() + (i * channels + c) * plane;
      const auto& values_of_pixel = table[static_cast<size_t>(c)];
      for (int64_t k = 0; k < plane; ++k) out[k] = values_of_pixel[image[k * channels + source]];
    }
  }
}

std::vector<int64_t> spread(int64_t count, int64_t total) {
  std::vector<int64_t> which;
  for (int64_t i = 0; i < count; ++i) which.push_back(i * total / count);
  return which;
}

}  // namespace phosphene
