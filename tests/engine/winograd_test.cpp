// Winograd's convolution against the sums of its definition, in both directions.
#include "phosphene/engine/onednn/winograd.h"

#include <gtest/gtest.h>

#include <bit>
#include <vector>

#include "engine/engine_compare.h"
#include "phosphene/base/rng.h"
#include "phosphene/formats/half.h"

namespace phosphene::onednn {

namespace {

// Where a channel of a picture begins; from a pixel to the next one it is winograd_block() values.
int64_t start(const Winograd& w, int64_t picture, int64_t channel, int64_t channels, int64_t plane) {
  const int64_t lanes = winograd_block(w.bf16);
  return (picture * channels + channel / lanes * lanes) * plane + channel % lanes;
}

std::vector<float> noise(int64_t count, const char* name) {
  std::vector<float> values(static_cast<size_t>(count));
  Rng(test::test_seed(), name).fill_normal(values, 1);
  return values;
}

// bf16 is the upper half of a float32.
std::vector<uint16_t> upper_halves(const std::vector<float>& values) {
  std::vector<uint16_t> upper;
  for (const float value : values) upper.push_back(static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16));
  return upper;
}

std::vector<float> widened(const std::vector<uint16_t>& upper) {
  std::vector<float> values;
  for (const uint16_t bits : upper) values.push_back(bfloat16_to_float(bits));
  return values;
}

// Noise of values that bf16 has.
std::vector<float> pixels(int64_t count, const char* name) { return widened(upper_halves(noise(count, name))); }

// narrow[o, y, x] = sum w[o, c, u, v] wide[c, s y + u - top, s x + v - left], or its adjoint; then the end.
std::vector<float> direct(const Winograd& w, const std::vector<float>& from, const std::vector<float>& weights, const WinogradEnd& end) {
  const int64_t wides = w.groups * w.wide_channels, narrows = w.groups * w.narrow_channels;
  const int64_t size = w.pictures * (w.to_wide ? wides * w.wide_height * w.wide_width : narrows * w.narrow_height * w.narrow_width);
  std::vector<double> sums(static_cast<size_t>(size));
  const int64_t lanes = winograd_block(w.bf16);
  for (int64_t n = 0; n < w.pictures; ++n)
    for (int64_t o = 0; o < narrows; ++o)
      for (int64_t c = 0; c < w.wide_channels; ++c) {
        const int64_t channel = o / w.narrow_channels * w.wide_channels + c;
        const int64_t wide = start(w, n, channel, wides, w.wide_height * w.wide_width);
        const int64_t narrow = start(w, n, o, narrows, w.narrow_height * w.narrow_width);
        const float* tap = weights.data() + (o * w.wide_channels + c) * w.kernel * w.kernel;
        for (int64_t u = 0; u < w.kernel; ++u)
          for (int64_t v = 0; v < w.kernel; ++v, ++tap)
            for (int64_t y = 0; y < w.narrow_height; ++y)
              for (int64_t x = 0; x < w.narrow_width; ++x) {
                const int64_t row = w.stride * y + u - w.pad_top, column = w.stride * x + v - w.pad_left;
                if (row < 0 || row >= w.wide_height || column < 0 || column >= w.wide_width) continue;
                const auto at_wide = static_cast<size_t>(wide + (row * w.wide_width + column) * lanes);
                const auto at_narrow = static_cast<size_t>(narrow + (y * w.narrow_width + x) * lanes);
                if (w.to_wide)
                  sums[at_wide] += static_cast<double>(*tap) * from[at_narrow];
                else
                  sums[at_narrow] += static_cast<double>(*tap) * from[at_wide];
              }
      }
  const int64_t channels = w.to_wide ? wides : narrows, plane = size / w.pictures / channels;
  std::vector<float> out;
  for (int64_t i = 0; i < size; ++i) {
    const int64_t block = i / (plane * lanes) % (channels / lanes), lane = i % lanes;
    const double sum = sums[static_cast<size_t>(i)] + (end.bias ? end.bias[block * lanes + lane] : 0) +
                       (end.more ? static_cast<const float*>(end.more)[i] : 0);
    out.push_back(static_cast<float>(sum > 0 ? sum : sum * end.slope));
  }
  return out;
}

std::vector<float> run(const Winograd& w, const std::vector<float>& from, const std::vector<float>& weights, const WinogradEnd& end,
                       int64_t size) {
  std::vector<float> transformed(static_cast<size_t>(winograd_weight_floats(w))), out(static_cast<size_t>(size));
  std::vector<float> scratch(static_cast<size_t>(winograd_scratch_floats(w)));
  winograd_weights(w, weights.data(), transformed.data());
  if (!w.bf16) {
    winograd(w, from.data(), transformed.data(), end, out.data(), scratch.data());
    return out;
  }
  std::vector<uint16_t> upper(out.size()), more;
  if (end.more) more = upper_halves({static_cast<const float*>(end.more), static_cast<const float*>(end.more) + size});
  const WinogradEnd end_in_bf16{end.bias, end.more ? more.data() : nullptr, end.slope};
  winograd(w, upper_halves(from).data(), transformed.data(), end_in_bf16, upper.data(), scratch.data());
  return widened(upper);
}

// As winograd.h says, with a margin.
double tolerance(const Winograd& w) {
  constexpr double kInBfloat16[] = {6e-3, 1e-2, 1.5e-2, 3e-2};  // of windows of 4 to 7 pixels
  return w.bf16 ? kInBfloat16[winograd_window(w) - 4] : 1e-5;
}

void compare(Winograd w) {
  if (winograd_block(w.bf16) == 0) GTEST_SKIP() << "this processor has not the instructions";
  const int64_t channels[] = {w.groups * w.wide_channels, w.groups * w.narrow_channels};
  const auto weights = noise(channels[1] * w.wide_channels * w.kernel * w.kernel, "weights");
  const auto wide = pixels(w.pictures * channels[0] * w.wide_height * w.wide_width, "wide");
  const auto narrow = pixels(w.pictures * channels[1] * w.narrow_height * w.narrow_width, "narrow");
  for (const bool to_wide : {false, true}) {
    w.to_wide = to_wide;
    const auto bias = noise(channels[to_wide ? 0 : 1], "bias");
    const auto& more = to_wide ? wide : narrow;
    for (const WinogradEnd& end : {WinogradEnd{}, WinogradEnd{bias.data(), nullptr, 0.3f}, WinogradEnd{nullptr, more.data(), 0}}) {
      const auto expected = direct(w, to_wide ? narrow : wide, weights, end);
      const auto seen = run(w, to_wide ? narrow : wide, weights, end, static_cast<int64_t>(expected.size()));
      EXPECT_LE(test::relative_error(seen, expected), tolerance(w)) << (to_wide ? "to the wide side" : "to the narrow side");
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
TEST(Winograd, ManyTiles) { compare({2, 1, 16, 16, 76, 77, 76, 77, 3, 1, 1, 1}); }

// In bf16 each direction has weights of its own.
TEST(Winograd, ThreeByThreeInBfloat16) { compare({3, 1, 32, 48, 13, 9, 13, 9, 3, 1, 1, 1, false, true}); }
TEST(Winograd, FourByFourInBfloat16) { compare({2, 1, 16, 32, 9, 14, 9, 12, 4, 1, 2, 1, false, true}); }
TEST(Winograd, FourByFourOnEightInBfloat16) { compare({2, 1, 16, 32, 8, 8, 8, 8, 4, 1, 2, 2, false, true}); }
TEST(Winograd, FiveByFiveOnTenInBfloat16) { compare({2, 1, 96, 96, 10, 10, 10, 10, 5, 1, 2, 2, false, true}); }
TEST(Winograd, FiveByFiveInBfloat16) { compare({2, 2, 16, 32, 9, 14, 9, 14, 5, 1, 2, 2, false, true}); }
TEST(Winograd, GroupsInBfloat16) { compare({2, 2, 16, 48, 7, 15, 7, 15, 3, 1, 1, 2, false, true}); }
TEST(Winograd, FourByFourOfStrideTwoInBfloat16) { compare({2, 2, 32, 16, 40, 38, 20, 19, 4, 2, 1, 1, false, true}); }
TEST(Winograd, FourByFourOfStrideTwoAndManyChannelsInBfloat16) { compare({2, 1, 96, 64, 16, 16, 8, 8, 4, 2, 1, 1, false, true}); }
TEST(Winograd, FourByFourOfStrideTwoUnevenInBfloat16) { compare({1, 1, 16, 16, 13, 12, 6, 6, 4, 2, 0, 2, false, true}); }
TEST(Winograd, ManyChannelsInBfloat16) { compare({1, 1, 528, 272, 5, 6, 5, 6, 3, 1, 1, 1, false, true}); }
TEST(Winograd, ManyTilesInBfloat16) { compare({2, 1, 16, 16, 76, 77, 76, 77, 3, 1, 1, 1, false, true}); }

TEST(Winograd, BitsDependOnThePictureAlone) {
  const int64_t size = 32 * 20 * 20;
  const auto weights = noise(32 * 32 * 9, "weights"), wide = pixels(5 * size, "wide");
  for (const bool bf16 : {false, true}) {
    if (winograd_block(bf16) == 0) continue;
    Winograd w{5, 1, 32, 32, 20, 20, 20, 20, 3, 1, 1, 1, false, bf16};
    const auto all = run(w, wide, weights, {}, 5 * size);
    w.pictures = 1;
    const auto last = run(w, {wide.end() - size, wide.end()}, weights, {}, size);
    EXPECT_TRUE(std::equal(last.begin(), last.end(), all.end() - size)) << (bf16 ? "bf16" : "float32");
  }
}

}  // namespace phosphene::onednn
