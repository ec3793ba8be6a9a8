// Winograd's convolution against the sums of its definition, in both directions.
#include "phosphene/engine/onednn/winograd.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/engine_compare.h"
#include "phosphene/base/rng.h"
#include "phosphene/engine/onednn/vectors.h"

namespace phosphene::onednn {

namespace {

// The place of a value in a picture in blocks of channels.
int64_t place(int64_t picture, int64_t channel, int64_t y, int64_t x, int64_t channels, int64_t height, int64_t width) {
  const int64_t block = channel / winograd_block(), lane = channel % winograd_block();
  return (((picture * channels / winograd_block() + block) * height + y) * width + x) * winograd_block() + lane;
}

std::vector<float> noise(int64_t count, const char* name) {
  std::vector<float> values(static_cast<size_t>(count));
  Rng(test::test_seed(), name).fill_normal(values, 1);
  return values;
}

// narrow[o, y, x] = sum w[o, c, u, v] wide[c, s y + u - top, s x + v - left], or its adjoint; then the end.
std::vector<float> direct(const Winograd& w, const std::vector<float>& from, const std::vector<float>& weights, const WinogradEnd& end) {
  const int64_t wides = w.groups * w.wide_channels, narrows = w.groups * w.narrow_channels;
  const int64_t size = w.pictures * (w.to_wide ? wides * w.wide_height * w.wide_width : narrows * w.narrow_height * w.narrow_width);
  std::vector<double> sums(static_cast<size_t>(size));
  for (int64_t n = 0; n < w.pictures; ++n)
    for (int64_t o = 0; o < narrows; ++o)
      for (int64_t c = 0; c < w.wide_channels; ++c)
        for (int64_t y = 0; y < w.narrow_height; ++y)
          for (int64_t x = 0; x < w.narrow_width; ++x)
            for (int64_t u = 0; u < w.kernel; ++u)
              for (int64_t v = 0; v < w.kernel; ++v) {
                const int64_t row = w.stride * y + u - w.pad_top, column = w.stride * x + v - w.pad_left;
                if (row < 0 || row >= w.wide_height || column < 0 || column >= w.wide_width) continue;
                const int64_t channel = o / w.narrow_channels * w.wide_channels + c;
                const auto wide = static_cast<size_t>(place(n, channel, row, column, wides, w.wide_height, w.wide_width));
                const auto narrow = static_cast<size_t>(place(n, o, y, x, narrows, w.narrow_height, w.narrow_width));
                const double tap = weights[static_cast<size_t>(((o * w.wide_channels + c) * w.kernel + u) * w.kernel + v)];
                w.to_wide ? sums[wide] += tap * from[narrow] : sums[narrow] += tap * from[wide];
              }
  const int64_t channels = w.to_wide ? wides : narrows, plane = size / w.pictures / channels;
  std::vector<float> out;
  for (int64_t i = 0; i < size; ++i) {
    const int64_t block = i / (plane * winograd_block()) % (channels / winograd_block()), lane = i % winograd_block();
    const double sum =
        sums[static_cast<size_t>(i)] + (end.bias ? end.bias[block * winograd_block() + lane] : 0) + (end.more ? end.more[i] : 0);
    out.push_back(static_cast<float>(sum > 0 ? sum : sum * end.slope));
  }
  return out;
}

std::vector<float> run(const Winograd& w, const std::vector<float>& from, const std::vector<float>& weights, const WinogradEnd& end,
                       int64_t size) {
  std::vector<float> transformed(static_cast<size_t>(winograd_weight_floats(w))), out(static_cast<size_t>(size));
  std::vector<float> scratch(static_cast<size_t>(winograd_scratch_floats(w)));
  winograd_weights(w, weights.data(), transformed.data());
  winograd(w, from.data(), transformed.data(), end, out.data(), scratch.data());
  return out;
}

void compare(Winograd w) {
  if (winograd_block() == 0) GTEST_SKIP() << "this processor has neither AVX-512 nor AVX2";
  const int64_t channels[] = {w.groups * w.wide_channels, w.groups * w.narrow_channels};
  const auto weights = noise(channels[1] * w.wide_channels * w.kernel * w.kernel, "weights");
  const auto wide = noise(w.pictures * channels[0] * w.wide_height * w.wide_width, "wide");
  const auto narrow = noise(w.pictures * channels[1] * w.narrow_height * w.narrow_width, "narrow");
  for (const bool to_wide : {false, true}) {
    w.to_wide = to_wide;
    const auto bias = noise(channels[to_wide ? 0 : 1], "bias");
    const auto& more = to_wide ? wide : narrow;
    for (const WinogradEnd& end : {WinogradEnd{}, WinogradEnd{bias.data(), nullptr, 0.3f}, WinogradEnd{nullptr, more.data(), 0}}) {
      const auto expected = direct(w, to_wide ? narrow : wide, weights, end);
      const auto seen = run(w, to_wide ? narrow : wide, weights, end, static_cast<int64_t>(expected.size()));
      EXPECT_LE(test::relative_error(seen, expected), 1e-5) << (to_wide ? "to the wide side" : "to the narrow side");
    }
  }
}

}  // namespace

TEST(Winograd, ThreeByThree) { compare({3, 1, 32, 48, 13, 9, 13, 9, 3, 1, 1, 1}); }
TEST(Winograd, UnevenPadding) { compare({2, 1, 16, 32, 11, 12, 11, 10, 3, 1, 2, 0}); }
TEST(Winograd, Groups) { compare({2, 2, 16, 48, 7, 15, 7, 15, 3, 1, 1, 1}); }
TEST(Winograd, FourByFour) { compare({2, 1, 16, 32, 9, 14, 9, 12, 4, 1, 2, 1}); }
TEST(Winograd, FiveByFive) { compare({2, 2, 16, 32, 9, 14, 9, 14, 5, 1, 2, 2}); }
TEST(Winograd, FourByFourOfStrideTwo) { compare({2, 1, 16, 32, 8, 12, 4, 6, 4, 2, 1, 1}); }
TEST(Winograd, FourByFourOfStrideTwoInGroupsAndLarge) { compare({2, 2, 32, 16, 40, 38, 20, 19, 4, 2, 1, 1}); }
TEST(Winograd, FourByFourOfStrideTwoUneven) { compare({1, 1, 16, 16, 13, 12, 6, 6, 4, 2, 0, 2}); }

// More channels than a product sums at a time, and a last panel that is not full.
TEST(Winograd, ManyChannels) { compare({1, 1, 304, 272, 5, 6, 5, 6, 3, 1, 1, 1}); }
TEST(Winograd, ManyChannelsOfStrideTwo) { compare({1, 1, 80, 272, 8, 8, 4, 4, 4, 2, 1, 1}); }

// More tiles than are taken at once, and of these not a multiple of what a product takes.
TEST(Winograd, ManyTiles) { compare({4, 1, 16, 16, 76, 77, 76, 77, 3, 1, 1, 1}); }

TEST(Winograd, BitsDependOnThePictureAlone) {
  if (winograd_block() == 0) GTEST_SKIP() << "this processor has neither AVX-512 nor AVX2";
  Winograd w{5, 1, 32, 32, 20, 20, 20, 20, 3, 1, 1, 1};
  const int64_t size = 32 * 20 * 20;
  const auto weights = noise(32 * 32 * 9, "weights"), wide = noise(5 * size, "wide");
  const auto all = run(w, wide, weights, {}, 5 * size);
  w.pictures = 1;
  const auto last = run(w, {wide.end() - size, wide.end()}, weights, {}, size);
  EXPECT_TRUE(std::equal(last.begin(), last.end(), all.end() - size));
}

}  // namespace phosphene::onednn
