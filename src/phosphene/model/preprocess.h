// Preprocess: how the image values of a network relate to pixels.
//
//     x[c] = (pixel[order[c]] * scale - mean[c]) / deviation[c],   pixel in 0..255, NCHW
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "phosphene/base/file.h"
#include "phosphene/base/image.h"

namespace phosphene {

enum class ColourOrder { kRgb, kBgr, kGrey };

// Of a classifier's input, or a generator's output.
struct Preprocess {
  ColourOrder order = ColourOrder::kRgb;
  float scale = 1.0f / 255;
  std::vector<float> mean = {0, 0, 0}, deviation = {1, 1, 1};  // one a channel, in the network's channel order
  int64_t height = 0, width = 0;                               // 0: open
  int64_t resize = 0;                                          // shorter side before the centre crop; 0: resize straight to height x width

  int64_t channels() const { return order == ColourOrder::kGrey ? 1 : 3; }
  // Channel of an RGB (or grey) picture that feeds network channel c.
  int64_t picture_channel(int64_t c) const { return order == ColourOrder::kBgr ? 2 - c : c; }
  // The values of network channel c for the pixels 0..255.
  std::array<float, 256> values_of_pixel(int64_t c) const;
  Json to_json() const;
  static Preprocess from_json(const Json& json);

  // Writes channels * height * width values.
  void to_values(const Image& image, std::span<float> values) const;  // resizes and crops as above first
  // Back to 8 bits, clipped; always RGB (or grey).
  Image to_image(std::span<const float> values, int64_t h, int64_t w) const;
};

}  // namespace phosphene
