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
  std::vector<std::array<float, 256>> values_of_pixel;
  for (int64_t c = 0; c < channels; ++c) values_of_pixel.push_back(p.values_of_pixel(c));
#pragma omp parallel for
  for (int64_t i = 0; i < static_cast<int64_t>(which.size()); ++i) {
    const uint8_t* image = data.image(which[static_cast<size_t>(i)]);
    for (int64_t c = 0; c < channels; ++c) {
      const uint8_t* pixel = image + p.picture_channel(c);
      const std::array<float, 256>& value = values_of_pixel[static_cast<size_t>(c)];
      float* out = values.data() + (i * channels + c) * plane;
      for (int64_t k = 0; k < plane; ++k) out[k] = value[pixel[k * channels]];
    }
  }
}

void expect_size_of(const Dataset& data, const Model& network) {
  const Shape input = network.input().type.shape;
  if (input.rank() != 4 || input[2] != data.height || input[3] != data.width || input[1] != data.channels)
    throw Error(fmt::format("its input is {}, the pictures are {} x {} with {} channels", input, data.height, data.width, data.channels),
                "give --size, or another data set")
        .at(network.name);
}

std::vector<int64_t> spread(int64_t count, int64_t total) {
  std::vector<int64_t> which;
  for (int64_t i = 0; i < count; ++i) which.push_back(i * total / count);
  return which;
}

std::vector<int64_t> spread(const SpreadBatch& of, int64_t total) {
  std::vector<int64_t> which;
  for (int64_t i = 0; i < of.batch; ++i) which.push_back((i * of.parts + of.part) * total / (of.batch * of.parts));
  return which;
}

}  // namespace phosphene
