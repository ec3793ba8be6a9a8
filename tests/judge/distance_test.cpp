// Against closed forms, and against the definition written out.
#include "phosphene/judge/distance.h"

#include <gtest/gtest.h>

#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/base/rng.h"

namespace phosphene {
namespace {

Features draw(int64_t count, int64_t size, uint64_t seed, float mean, float deviation) {
  Features features{count, size, 0, std::vector<float>(static_cast<size_t>(count * size)), {}};
  Rng(seed, "features").fill_normal(features.values, deviation);
  for (float& value : features.values) value += mean;
  return features;
}

TEST(Frechet, IsZeroForTheSameSetAndTheShiftsSquareForAShiftedOne) {
  const Features a = draw(50, 4, 1, 0, 1);
  Features b = a;
  EXPECT_NEAR(frechet_distance(a, b), 0, 1e-6);
  for (float& value : b.values) value += 0.5f;
  EXPECT_NEAR(frechet_distance(a, b), 4 * 0.25, 1e-5);
}

TEST(Frechet, OfAScaledSetIsTheDifferenceOfTheDeviations) {
  const Features a = draw(400, 3, 2, 0, 1);
  Features b = a;
  for (float& value : b.values) value *= 3;
  double trace = 0, shift = 0;  // of a's covariance; of the means
  for (int64_t k = 0; k < 3; ++k) {
    double sum = 0, square = 0;
    for (int64_t i = 0; i < a.count; ++i) {
      const double value = a.of(i)[k];
      sum += value, square += value * value;
    }
    trace += (square - sum * sum / 400) / 399;
    shift += std::pow(2 * sum / 400, 2);
  }
  EXPECT_NEAR(frechet_distance(a, b), shift + 4 * trace, 1e-4);  // (3 - 1)^2
}

double kernel(const Features& a, int64_t i, const Features& b, int64_t j) {
  double product = 0;
  for (int64_t k = 0; k < a.size; ++k) product += static_cast<double>(a.of(i)[k]) * b.of(j)[k];
  return std::pow(product / static_cast<double>(a.size) + 1, 3);
}

double by_definition(const Features& a, const Features& b, int64_t without_a, int64_t without_b) {
  double aa = 0, bb = 0, ab = 0;
  const auto left = [](int64_t i, int64_t without) { return i != without; };
  for (int64_t i = 0; i < a.count; ++i)
    for (int64_t j = 0; j < a.count; ++j)
      if (i != j && left(i, without_a) && left(j, without_a)) aa += kernel(a, i, a, j);
  for (int64_t i = 0; i < b.count; ++i)
    for (int64_t j = 0; j < b.count; ++j)
      if (i != j && left(i, without_b) && left(j, without_b)) bb += kernel(b, i, b, j);
  for (int64_t i = 0; i < a.count; ++i)
    for (int64_t j = 0; j < b.count; ++j)
      if (left(i, without_a) && left(j, without_b)) ab += kernel(a, i, b, j);
  const double n = static_cast<double>(a.count - (without_a >= 0)), m = static_cast<double>(b.count - (without_b >= 0));
  return aa / (n * (n - 1)) + bb / (m * (m - 1)) - 2 * ab / (n * m);
}

TEST(KernelDistance, IsTheDefinitionWithTheJackknifesError) {
  const Features a = draw(9, 5, 3, 0.3f, 1), b = draw(12, 5, 4, 0, 1);
  const KernelDistance distance = kernel_distance(a, b);
  EXPECT_NEAR(distance.value, by_definition(a, b, -1, -1), 1e-9);
  const auto jackknife = [](const std::vector<double>& estimates) {
    double mean = 0, sum = 0;
    const auto n = static_cast<double>(estimates.size());
    for (double each : estimates) mean += each / n;
    for (double each : estimates) sum += (each - mean) * (each - mean);
    return (n - 1) / n * sum;
  };
  std::vector<double> without_a, without_b;
  for (int64_t i = 0; i < a.count; ++i) without_a.push_back(by_definition(a, b, i, -1));
  for (int64_t j = 0; j < b.count; ++j) without_b.push_back(by_definition(a, b, -1, j));
  EXPECT_NEAR(distance.error, std::sqrt(jackknife(without_a) + jackknife(without_b)), 1e-9);
}

TEST(KernelDistance, OfTwoSetsOfOneKindIsZeroWithinItsError) {
  const KernelDistance same = kernel_distance(draw(200, 8, 5, 0, 1), draw(300, 8, 6, 0, 1));
  EXPECT_LT(std::fabs(same.value), 4 * same.error);
  const KernelDistance other = kernel_distance(draw(200, 8, 5, 0, 1), draw(300, 8, 6, 0.5f, 1));
  EXPECT_GT(other.value, 4 * other.error);
}

TEST(MeanDistance, IsOverAllPairs) {
  const Features features{3, 2, 0, {0, 0, 3, 4, 0, 8}, {}};
  EXPECT_DOUBLE_EQ(mean_distance(features, {0, 1, 2}), (5.0 + 8 + 5) / 3);
}

TEST(Distances, OfOnePictureAreErrors) {
  EXPECT_THROW(frechet_distance(draw(1, 2, 1, 0, 1), draw(5, 2, 2, 0, 1)), Error);
  EXPECT_THROW(kernel_distance(draw(5, 2, 1, 0, 1), draw(1, 2, 2, 0, 1)), Error);
}

}  // namespace
}  // namespace phosphene
