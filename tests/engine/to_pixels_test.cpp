// From features to pixels against the sums of its definition.
#include "phosphene/engine/onednn/to_pixels.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/engine_compare.h"
#include "phosphene/base/rng.h"
#include "phosphene/engine/onednn/winograd.h"
#include "phosphene/formats/half.h"

namespace phosphene::onednn {

namespace {

using Floats = std::vector<float>;

// Noise of values that bf16 has.
Floats short_noise(int64_t count, const char* name) {
  Floats values(static_cast<size_t>(count));
  Rng(test::test_seed(), name).fill_normal(values, 1);
  for (float& value : values) value = bfloat16_to_float(float_to_bfloat16(value));
  return values;
}

std::vector<uint16_t> as_bf16(const Floats& values) {
  std::vector<uint16_t> out;
  for (const float value : values) out.push_back(float_to_bfloat16(value));
  return out;
}

// features: in blocks.
Floats direct(const ToPixels& p, const Floats& features, const Floats& weights, const Floats& bias, float slope) {
  const int64_t lanes = winograd_block(p.bf16), plane = p.picture_height * p.picture_width;
  Floats pixels(static_cast<size_t>(p.pictures * p.channels * plane));
  for (int64_t n = 0; n < p.pictures; ++n)
    for (int64_t c = 0; c < p.channels; ++c) {
      std::vector<double> sums(static_cast<size_t>(plane), bias.empty() ? 0 : bias[static_cast<size_t>(c)]);
      for (int64_t o = 0; o < p.features; ++o)
        for (int64_t u = 0; u < p.kernel_rows; ++u)
          for (int64_t v = 0; v < p.kernel_columns; ++v) {
            const double tap = weights[static_cast<size_t>(((o * p.channels + c) * p.kernel_rows + u) * p.kernel_columns + v)];
            const int64_t block = (n * p.features + o / lanes * lanes) * p.height * p.width + o % lanes;
            for (int64_t y = 0; y < p.height; ++y)
              for (int64_t x = 0; x < p.width; ++x) {
                const int64_t row = 2 * y + u - p.pad_top, column = 2 * x + v - p.pad_left;
                if (row < 0 || row >= p.picture_height || column < 0 || column >= p.picture_width) continue;
                sums[static_cast<size_t>(row * p.picture_width + column)] +=
                    tap * features[static_cast<size_t>(block + (y * p.width + x) * lanes)];
              }
          }
      for (int64_t i = 0; i < plane; ++i) {
        const double sum = sums[static_cast<size_t>(i)];
        pixels[static_cast<size_t>((n * p.channels + c) * plane + i)] = static_cast<float>(sum > 0 ? sum : sum * slope);
      }
    }
  return pixels;
}

Floats run(const ToPixels& p, const Floats& features, const Floats& weights, const Floats& bias, float slope) {
  Floats packed(static_cast<size_t>(to_pixels_weight_floats(p))), scratch(static_cast<size_t>(to_pixels_scratch_floats(p)));
  to_pixels_weights(p, weights.data(), packed.data());
  const float* add = bias.empty() ? nullptr : bias.data();
  constexpr size_t kBehind = 16;
  Floats pixels(static_cast<size_t>(p.pictures * p.channels * p.picture_height * p.picture_width) + kBehind, 77);
  if (p.bf16) {
    std::vector<uint16_t> some = as_bf16(pixels);
    to_pixels(p, as_bf16(features).data(), packed.data(), add, slope, some.data(), scratch.data());
    for (size_t i = 0; i < some.size(); ++i) pixels[i] = bfloat16_to_float(some[i]);
  } else {
    to_pixels(p, features.data(), packed.data(), add, slope, pixels.data(), scratch.data());
  }
  for (size_t i = pixels.size() - kBehind; i < pixels.size(); ++i) EXPECT_EQ(pixels[i], 77) << "written behind the end";
  pixels.resize(pixels.size() - kBehind);
  return pixels;
}

void compare(ToPixels p) {
  if (winograd_block(false) == 0) GTEST_SKIP() << "this processor has not the instructions";
  for (const bool bf16 : {false, true}) {
    p.bf16 = bf16;
    if (winograd_block(bf16) == 0) continue;
    const Floats features = short_noise(p.pictures * p.features * p.height * p.width, "features");
    const Floats weights = short_noise(p.features * p.channels * p.kernel_rows * p.kernel_columns, "weights");
    const Floats bias = short_noise(p.channels, "bias");
    for (const float slope : {1.0f, 0.2f}) {
      const Floats& add = slope == 1 ? Floats() : bias;
      p.threads = 1;
      const Floats seen = run(p, features, weights, add, slope);
      EXPECT_LE(test::relative_error(seen, direct(p, features, weights, add, slope)), bf16 ? 4e-3 : 1e-6);
      p.threads = 2;
      EXPECT_EQ(run(p, features, weights, add, slope), seen);
    }
  }
}

}  // namespace

//                                       pictures, features, and their size; channels, and their picture's; kernel; padding
TEST(ToPixels, FourByFour) { compare({3, 32, 18, 23, 3, 36, 46, 4, 4, 1, 1}); }
TEST(ToPixels, ThreeByThree) { compare({2, 48, 17, 16, 3, 33, 32, 3, 3, 1, 1}); }
TEST(ToPixels, FourChannelsUnevenPadding) { compare({1, 16, 20, 34, 4, 39, 68, 5, 3, 2, 0}); }
TEST(ToPixels, FewerFeaturesThanRegisters) { compare({2, 16, 3, 4, 3, 6, 8, 4, 4, 1, 1}); }
TEST(ToPixels, OnePixelWide) { compare({2, 16, 5, 1, 3, 8, 1, 2, 2, 1, 1}); }
TEST(ToPixels, PixelsThatNoFeatureReaches) { compare({1, 16, 6, 19, 3, 20, 55, 8, 1, 3, 2}); }

}  // namespace phosphene::onednn
