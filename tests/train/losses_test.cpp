#include "phosphene/train/losses.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "phosphene/base/rng.h"

namespace phosphene {
namespace {

constexpr float kStep = 1e-2f;

TEST(SoftmaxCrossEntropy, GradientIsTheSlope) {
  std::vector<float> logits(15), seed(15);
  Rng(3, "logits").fill_normal(logits);
  const std::vector<int32_t> labels{4, 0, 2};
  const ClassLoss loss = softmax_cross_entropy(logits, labels, 0.1f, seed);
  EXPECT_GT(loss.loss, 0);
  for (size_t i = 0; i < logits.size(); ++i) {
    std::vector<float> up = logits, down = logits;
    up[i] += kStep, down[i] -= kStep;
    const double slope =
        (softmax_cross_entropy(up, labels, 0.1f, {}).loss - softmax_cross_entropy(down, labels, 0.1f, {}).loss) / (up[i] - down[i]);
    EXPECT_NEAR(seed[i], slope, 1e-4);
  }
}

TEST(SoftmaxCrossEntropy, CountsRowsThatAreRight) {
  const std::vector<float> logits{3, 1, 0, 0, 2, 9};
  EXPECT_EQ(softmax_cross_entropy(logits, std::vector<int32_t>{0, 1}, 0, {}).correct, 1);
  EXPECT_NEAR(softmax_cross_entropy(std::vector<float>{0, 0}, std::vector<int32_t>{1}, 0, {}).loss, std::log(2.0), 1e-6);
}

TEST(DistillationLoss, GradientIsTheSlopeAndTheTeachersOwnLogitsCostNothing) {
  constexpr DistillationOptions kOptions{.weight = 0.6f, .temperature = 3};
  std::vector<float> logits(15), teacher(15), seed(15, 1.0f), ignored(15);
  Rng(3, "logits").fill_normal(logits);
  Rng(4, "teacher").fill_normal(teacher);
  EXPECT_NEAR(distillation_loss(teacher, teacher, 3, kOptions, ignored), 0, 1e-9);
  EXPECT_GT(distillation_loss(logits, teacher, 3, kOptions, seed), 0);
  for (size_t i = 0; i < logits.size(); ++i) {
    std::vector<float> up = logits, down = logits;
    up[i] += kStep, down[i] -= kStep;
    const double slope =
        (distillation_loss(up, teacher, 3, kOptions, ignored) - distillation_loss(down, teacher, 3, kOptions, ignored)) / (up[i] - down[i]);
    EXPECT_NEAR(seed[i], 1 + slope, 1e-4);
  }
}

TEST(PairDistance, GradientIsTheSlopeAndLeavesTheScaleAlone) {
  std::vector<float> x(4 * 3), seed(x.size()), unused(x.size());
  Rng(4, "x").fill_uniform(x, 0, 1);
  const double loss = pair_distance(x, 4, 2, seed);
  double along = 0;
  for (size_t k = 0; k < x.size(); ++k) along += x[k] * seed[k];
  EXPECT_NEAR(along, 0, 1e-6);
  for (size_t k = 0; k < x.size(); ++k) {
    std::vector<float> moved = x;
    moved[k] += 1e-3F;
    EXPECT_NEAR((pair_distance(moved, 4, 2, unused) - loss) / 1e-3, seed[k], 2e-3) << k;
  }
  std::copy(x.begin(), x.begin() + 3, x.begin() + 3);
  std::copy(x.begin() + 6, x.begin() + 9, x.begin() + 9);
  EXPECT_EQ(pair_distance(x, 4, 2, seed), 0);
}

TEST(AdversarialLosses, GradientsAreSlopes) {
  for (const float score : {-30.0f, -1.0f, 0.0f, 2.0f, 30.0f}) {
    for (const auto loss : {loss_taken_for_real, loss_taken_for_fake}) {
      float seed = 0, ignored = 0;
      const float up = score + kStep, down = score - kStep;
      loss({&score, 1}, {&seed, 1});
      const double slope = (loss({&up, 1}, {&ignored, 1}) - loss({&down, 1}, {&ignored, 1})) / (up - down);
      EXPECT_NEAR(seed, slope, 1e-4) << score;
    }
  }
}

TEST(RelativeErrors, AreRowNorms) {
  const std::vector<float> a{3, 4, 1, 1}, b{0, 5, 1, 1};
  std::vector<float> errors(2);
  relative_errors(a, b, errors);
  EXPECT_NEAR(errors[0], std::sqrt(10.0) / 5, 1e-6);
  EXPECT_EQ(errors[1], 0);
}

}  // namespace
}  // namespace phosphene
