#include "phosphene/synth/rule.h"

#include <gtest/gtest.h>

#include <cmath>

#include "phosphene/base/error.h"

namespace phosphene {
namespace {

TEST(Rule, DgnAmMovesByTheStepTimesTheGradientOverItsMeanSize) {
  std::vector<float> code = {1, 2, 3, 0};
  const std::vector<float> gradient = {1, -3, 0, 4}, lower(4, 0.0f), upper(4, 2.5f);
  const StepInfo info{0, 0.5, 0.9, lower, upper};
  EXPECT_TRUE(find_rule("dgn-am").update(info, code, gradient, {}));
  // mean|g| = 2: moved to 1.25, 1.25, 3, 1; clipped to 2.5; times 0.9.
  const std::vector<float> expected = {1.125f, 1.125f, 2.25f, 0.9f};
  for (size_t i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(code[i], expected[i]);
}

TEST(Rule, MomentumMovesByTheStepTimesTheMeanOfGradientsOverItsMeanSize) {
  std::vector<float> code = {0, 0}, state(2);
  const std::vector<float> first = {3, 1}, second = {-2.7f, 1.1f};
  EXPECT_TRUE(find_rule("momentum").update({0, 0.5, 1, {}, {}}, code, first, state));
  EXPECT_FLOAT_EQ(code[0], 0.75f);  // 0.5 * 3 / 2
  EXPECT_FLOAT_EQ(code[1], 0.25f);
  // The mean is (0.9 * 0.3 - 0.27, 0.9 * 0.1 + 0.11) = (0, 0.2): what turns has gone.
  EXPECT_TRUE(find_rule("momentum").update({1, 0.5, 0.5, {}, {}}, code, second, state));
  EXPECT_NEAR(code[0], 0.375f, 1e-6);
  EXPECT_NEAR(code[1], 0.625f, 1e-6);  // (0.25 + 0.5 * 0.2 / 0.1) / 2
}

// Along a narrow ridge, y0 with slope 1 and y1 with slope -40 y1, steps of one size keep crossing it.
TEST(Rule, MomentumClimbsARidgeThatAStepOfOneSizeCrosses) {
  const auto climb = [](const char* rule) {
    std::vector<float> code = {0, 1}, state(4);
    for (int64_t i = 0; i < 100; ++i) {
      const std::vector<float> gradient = {1, -40 * code[1]};
      find_rule(rule).update({i, 0.2, 1, {}, {}}, code, gradient, state);
    }
    return code[0];
  };
  EXPECT_GT(climb("momentum"), 2 * climb("dgn-am"));
}

TEST(Rule, ZeroGradientStopsAndLeavesTheCode) {
  for (const Rule& rule : all_rules()) {
    std::vector<float> code = {5, -5}, state(static_cast<size_t>(2 * rule.states_per_unit));
    const std::vector<float> gradient = {0, -0.0f};
    EXPECT_FALSE(rule.update({0, 1, 0.5, {}, {}}, code, gradient, state)) << rule.name;
    EXPECT_EQ(code, (std::vector<float>{5, -5}));
  }
}

TEST(Rule, EveryRuleKeepsTheBounds) {
  const std::vector<float> lower = {0, -1, 0}, upper = {1, 0, 0};
  for (const Rule& rule : all_rules()) {
    std::vector<float> code = {-9, 9, 3}, state(static_cast<size_t>(3 * rule.states_per_unit));
    for (int64_t i = 0; i < 20; ++i) {
      const std::vector<float> gradient = {std::sin(static_cast<float>(i)), -7, 1e-20f};
      ASSERT_TRUE(rule.update({i, 3, 1, lower, upper}, code, gradient, state));
      for (size_t k = 0; k < 3; ++k) {
        EXPECT_GE(code[k], lower[k]) << rule.name;
        EXPECT_LE(code[k], upper[k]) << rule.name;
      }
    }
  }
}

TEST(Rule, AdamIsScaleFreeAtFirstAndClimbsAParabola) {
  std::vector<float> code = {1, 1}, state(4);
  const std::vector<float> gradient = {1e-3f, -1e3f};
  EXPECT_TRUE(find_rule("adam").update({0, 0.25, 1, {}, {}}, code, gradient, state));
  EXPECT_NEAR(code[0], 1.25f, 1e-4);
  EXPECT_NEAR(code[1], 0.75f, 1e-4);

  std::vector<float> y = {-2}, moments(2);
  const StepSchedule schedule{0.3, 0, 300};
  for (int64_t i = 0; i < 300; ++i) {
    const std::vector<float> slope = {2 * (3 - y[0])};
    find_rule("adam").update({i, schedule.size(i), 1, {}, {}}, y, slope, moments);
  }
  EXPECT_NEAR(y[0], 3, 0.02);
}

TEST(Rule, ScheduleIsLinearAndEndsOneStepBeforeLr1) {
  const StepSchedule schedule{8, 0, 200};
  EXPECT_DOUBLE_EQ(schedule.size(0), 8);
  EXPECT_DOUBLE_EQ(schedule.size(50), 6);
  EXPECT_NEAR(schedule.size(199), 0.04, 1e-12);
}

TEST(Rule, UnknownNameListsTheRules) {
  try {
    find_rule("sgd");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.todo().find("dgn-am, momentum, adam"), std::string::npos);
  }
}

}  // namespace
}  // namespace phosphene
