#include "phosphene/synth/random_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace phosphene {
namespace {

TEST(RandomView, RowsAreWeightsAndTheLastStepSeesThePicture) {
  const RandomView view{"r", "c", "", 14, 28, {}};
  std::vector<float> rows(14 * 14), columns(28 * 28), other(28 * 28);
  draw_view(view, {.seed = 1, .step = 5}, {rows, columns, {}});
  for (size_t i = 0; i < 28; ++i) {
    float sum = 0;
    for (size_t j = 0; j < 28; ++j) sum += columns[i * 28 + j];
    EXPECT_NEAR(sum, 1, 1e-6);
  }
  draw_view(view, {.seed = 1, .step = 6}, {rows, other, {}});
  EXPECT_NE(columns, other);
  draw_view(view, {.seed = 1, .step = 5}, {rows, other, {}});
  EXPECT_EQ(columns, other);
  draw_view(view, {.seed = 1, .step = 5, .last = true}, {rows, columns, {}});
  for (size_t i = 0; i < 28; ++i)
    for (size_t j = 0; j < 28; ++j) EXPECT_EQ(columns[i * 28 + j], i == j ? 1 : 0);
}

// Twice the size: a box of half the side. Its rows, the places that the first and the last row of the view look at, are 1/2 apart each.
TEST(RandomView, AnEnlargedBoxLiesAnywhereInThePicture) {
  constexpr int64_t kSide = 40;
  const RandomView view{"r", "c", "", kSide, kSide, {.smallest = 2, .largest = 2, .shift = 0}};
  std::vector<float> rows(kSide * kSide), columns(kSide * kSide);
  const auto place = [&](int64_t row) {
    double sum = 0;
    for (int64_t j = 0; j < kSide; ++j) sum += static_cast<double>(j) * rows[static_cast<size_t>(row * kSide + j)];
    return sum;
  };
  double lowest = kSide, highest = 0;
  for (int64_t step = 0; step < 200; ++step) {
    draw_view(view, {.seed = 1, .step = step}, {rows, columns, {}});
    EXPECT_NEAR(place(kSide - 1) - place(0), (kSide - 1) / 2.0, 0.3);  // a quarter of a row at most lies outside, and shows the nearest
    lowest = std::min(lowest, place(0));
    highest = std::max(highest, place(kSide - 1));
  }
  EXPECT_LT(lowest, 1);
  EXPECT_GT(highest, kSide - 2);
}

TEST(RandomView, NoiseHasItsDeviationAndEndsWithTheLastStep) {
  const RandomView view{"r", "c", "n", 16, 16, {.noise = 0.2}};
  std::vector<float> rows(256), columns(256), noise(3 * 256), other(3 * 256);
  draw_view(view, {.seed = 1, .step = 5}, {rows, columns, noise});
  double square = 0;
  for (float value : noise) square += value * value;
  EXPECT_NEAR(std::sqrt(square / static_cast<double>(noise.size())), 0.2, 0.02);  // four standard errors
  draw_view(view, {.seed = 1, .step = 5}, {rows, columns, other});
  EXPECT_EQ(noise, other);
  draw_view(view, {.seed = 1, .step = 6}, {rows, columns, other});
  EXPECT_NE(noise, other);
  draw_view(view, {.seed = 1, .step = 5, .last = true}, {rows, columns, noise});
  for (float value : noise) EXPECT_EQ(value, 0);
}

}  // namespace
}  // namespace phosphene
