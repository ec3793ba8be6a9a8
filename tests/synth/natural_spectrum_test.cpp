#include "phosphene/synth/natural_spectrum.h"

#include <gtest/gtest.h>

#include <cmath>

namespace phosphene {
namespace {

const MeasuredChannel& kGreyChannel = kMeasuredChannels[0];

double measured(int64_t down, int64_t across) { return kGreyChannel.magnitude[down * kMeasuredWaves + across]; }

TEST(NaturalSpectrum, IsTheMeasuredOneAtItsOwnSize) {
  for (const Wave& wave : {Wave{0, 1}, Wave{3, 0}, Wave{5, 7}, Wave{31, 31}}) {
    EXPECT_NEAR(natural_magnitude(kGreyChannel, wave, {64, 64}) / measured(wave.down, wave.across), 1, 1e-6);
    EXPECT_EQ(natural_magnitude(kGreyChannel, {-wave.down, wave.across}, {64, 64}), natural_magnitude(kGreyChannel, wave, {64, 64}));
  }
}

// The same photograph in 9 times as many pixels; half a photograph, whose wave of one cycle is one of two cycles in the whole.
TEST(NaturalSpectrum, IsThatOfTheSamePhotographInOtherSizes) {
  EXPECT_NEAR(natural_magnitude(kGreyChannel, {4, 9}, {192, 192}) / measured(4, 9), 9, 1e-5);
  EXPECT_NEAR(natural_magnitude(kGreyChannel, {1, 3}, {32, 64}) / measured(2, 3), std::sqrt(0.5), 1e-6);
  const double between = natural_magnitude(kGreyChannel, {2, 1}, {64, 43});
  EXPECT_LT(between, natural_magnitude(kGreyChannel, {2, 1}, {64, 64}) * std::sqrt(43.0 / 64));
  EXPECT_GT(between, measured(2, 2) * std::sqrt(43.0 / 64));
}

// In octaves beyond the last measured one it falls by the power law, and starts where the measurement ends.
TEST(NaturalSpectrum, FallsByAPowerLawBeyondTheMeasuredWaves) {
  for (const MeasuredChannel& channel : kMeasuredChannels) {
    EXPECT_GT(channel.exponent, 0.5);
    EXPECT_LT(channel.exponent, 2.5);
    const double edge = natural_magnitude(channel, {31, 31}, {256, 256});
    EXPECT_NEAR(natural_magnitude(channel, {62, 62}, {256, 256}) / edge, std::pow(2, -channel.exponent), 1e-6);
    EXPECT_NEAR(natural_magnitude(channel, {124, 124}, {256, 256}) / edge, std::pow(4, -channel.exponent), 1e-6);
    EXPECT_LT(natural_magnitude(channel, {0, 32}, {256, 256}), natural_magnitude(channel, {0, 31}, {256, 256}));
  }
}

TEST(NaturalSpectrum, ColoursAreOrthogonalAndTheFirstIsBrightness) {
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b) {
      double product = 0;
      for (const auto& row : kNaturalColours) product += row[a] * row[b];
      EXPECT_NEAR(product, a == b, 1e-5);
    }
  for (const auto& row : kNaturalColours) EXPECT_NEAR(row[0], std::sqrt(1.0 / 3), 0.05);
}

// A photograph has more of every wave in brightness than in colour.
TEST(NaturalSpectrum, BrightnessIsStrongest) {
  for (int64_t k = 1; k < kMeasuredWaves; ++k)
    for (const int other : {2, 3})
      EXPECT_GT(natural_magnitude(kMeasuredChannels[1], {k, k}, {64, 64}), natural_magnitude(kMeasuredChannels[other], {k, k}, {64, 64}));
}

}  // namespace
}  // namespace phosphene
