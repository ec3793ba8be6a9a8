#include "phosphene/synth/rule.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error_of.h"
#include "phosphene/base/error.h"
#include "phosphene/engine/host_ascent.h"

namespace phosphene {
namespace {

// One step on the host with the rule of that text. What `ends` says is not the rule's: decay and bounds.
void step(const std::string& rule, const LaneStep& lane, std::vector<float>& code, const std::vector<float>& gradient,
          std::span<float> state, AscentOptions ends = {}) {
  const RuleChoice choice = parse_rule(rule);
  ends.move = choice.rule->move;
  ends.states = choice.rule->states;
  ends.parameters = choice.parameters;
  ends.random = choice.rule->random;
  // What the prior's density and encoder make of it, where the rule asks for them: zero, of all values but the last.
  const std::vector<float> zero(code.size() - 1);
  LaneAnswers answers{.gradient = gradient};
  if (choice.rule->density) answers.denoised = zero;
  if (choice.rule->encoder) answers.encoded = zero;
  HostAscent().step(ends, lane, answers, code, state);
}

TEST(Rule, DgnAmMovesByTheStepTimesTheGradientOverItsMeanSize) {
  std::vector<float> code = {1, 2, 3, 0};
  const std::vector<float> gradient = {1, -3, 0, 4}, lower(4, 0.0f), upper(4, 2.5f);
  step("dgn-am", {0, 0.5}, code, gradient, {}, {.decay = 0.9, .lower = lower, .upper = upper});
  // mean|g| = 2: moved to 1.25, 1.25, 3, 1; clipped to 2.5; times 0.9.
  const std::vector<float> expected = {1.125f, 1.125f, 2.25f, 0.9f};
  for (size_t i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(code[i], expected[i]);
}

TEST(Rule, MomentumMovesByTheStepTimesTheMeanOfGradientsOverItsMeanSize) {
  std::vector<float> code = {0, 0}, state(2);
  const std::vector<float> first = {3, 1}, second = {-2.7f, 1.1f};
  step("momentum", {0, 0.5}, code, first, state);
  EXPECT_FLOAT_EQ(code[0], 0.75f);  // 0.5 * 3 / 2
  EXPECT_FLOAT_EQ(code[1], 0.25f);
  // The mean is (0.9 * 0.3 - 0.27, 0.9 * 0.1 + 0.11) = (0, 0.2): what turns has gone.
  step("momentum", {1, 0.5}, code, second, state, {.decay = 0.5});
  EXPECT_NEAR(code[0], 0.375f, 1e-6);
  EXPECT_NEAR(code[1], 0.625f, 1e-6);  // (0.25 + 0.5 * 0.2 / 0.1) / 2
}

// Along a narrow ridge, y0 with slope 1 and y1 with slope -40 y1, steps of one size keep crossing it.
TEST(Rule, MomentumClimbsARidgeThatAStepOfOneSizeCrosses) {
  const auto climb = [](const char* rule) {
    std::vector<float> code = {0, 1}, state(static_cast<size_t>(2 * find_rule(rule).states));
    for (int64_t i = 0; i < 100; ++i) {
      const std::vector<float> gradient = {1, -40 * code[1]};
      step(rule, {i, 0.2}, code, gradient, state);
    }
    return code[0];
  };
  EXPECT_GT(climb("momentum"), 2 * climb("dgn-am"));
}

TEST(Rule, AZeroGradientLeavesTheCodeAndTheState) {
  for (const Rule& rule : all_rules()) {
    std::vector<float> code = {5, -5}, state(static_cast<size_t>(2 * rule.states), 0.25f);
    step(rule.name, {1, 1}, code, {0, -0.0f}, state, {.decay = 0.5});
    EXPECT_EQ(code, (std::vector<float>{5, -5})) << rule.name;
    EXPECT_EQ(state, std::vector<float>(state.size(), 0.25f)) << rule.name;
  }
}

TEST(Rule, EveryRuleKeepsTheBounds) {
  const std::vector<float> lower = {0, -1, 0}, upper = {1, 0, 0};
  for (const Rule& rule : all_rules()) {
    std::vector<float> code = {-9, 9, 3}, state(static_cast<size_t>(3 * rule.states));
    for (int64_t i = 0; i < 20; ++i) {
      const std::vector<float> gradient = {std::sin(static_cast<float>(i)), -7, 1e-20f};
      step(rule.name, {i, 3}, code, gradient, state, {.lower = lower, .upper = upper});
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
  step("adam", {0, 0.25}, code, gradient, state);
  EXPECT_NEAR(code[0], 1.25f, 1e-4);
  EXPECT_NEAR(code[1], 0.75f, 1e-4);

  std::vector<float> y = {-2}, moments(2);
  const StepSchedule schedule{0.3, 0, 300};
  for (int64_t i = 0; i < 300; ++i) {
    const std::vector<float> slope = {2 * (3 - y[0])};
    step("adam", {i, schedule.size(i)}, y, slope, moments);
  }
  EXPECT_NEAR(y[0], 3, 0.02);
}

// Without fresh noise the code's distance from the density's answer, here zero, shrinks by a constant factor, 1/4 over two steps.
TEST(Rule, DenoiseGoesFromLevelToLevelLedByTheUnit) {
  std::vector<float> code = {8, -4, 1}, state(3);
  step("denoise first=2 last=0.5 fresh=0 beta=0", {.step = 1, .size = 0.5, .seed = 1, .steps = 2}, code, {3, 0, -3}, state);
  // mean|g| = 2, so m = 1.5, 0, -1.5; the level is 1 and becomes 0.5; the last value has no density.
  const std::vector<float> expected = {8 * 0.5f + 0.75f, -4 * 0.5f, 1 - 0.75f};
  for (size_t i = 0; i < 3; ++i) EXPECT_FLOAT_EQ(code[i], expected[i]) << i;
  // The gradients of the past.
  std::vector<float> y = {0, 0}, kept(2);
  for (int64_t i = 1; i <= 2; ++i) step("denoise first=1 last=1 fresh=0 beta=0.5", {.step = i, .size = 1, .steps = 3}, y, {1, 1}, kept);
  EXPECT_FLOAT_EQ(y[0], 0.5f + 0.75f);
}

TEST(Rule, DenoiseBeginsWithTheNoiseOfItsFirstLevel) {
  const size_t size = 4001;
  std::vector<float> code(size, 100.0f), state(size), gradient(size, 1e-30f), again = code, another = code;
  const LaneStep begin{.step = 0, .size = 0, .seed = 3, .steps = 1000};
  step("denoise first=2 last=2", begin, code, gradient, state);
  double sum = 0, squares = 0;
  for (size_t i = 0; i + 1 < size; ++i) sum += code[i], squares += code[i] * code[i];
  EXPECT_NEAR(sum / 4000, 0, 0.15);  // what the code was is gone
  EXPECT_NEAR(squares / 4000, 4, 0.3);
  EXPECT_EQ(code.back(), 100);
  step("denoise first=2 last=2", begin, again, gradient, state);
  EXPECT_EQ(again, code);
  step("denoise first=2 last=2", {.step = 0, .size = 0, .seed = 4, .steps = 1000}, another, gradient, state);
  EXPECT_NE(another, code);
}

// With R(y) = 0 but for the last value, which the density does not cover: A(y) - y = (-4, 2, 0).
TEST(Rule, PpgnHMovesToTheDensityAndAlongTheGradient) {
  std::vector<float> code = {4, -2, 1};
  step("ppgn-h epsilon1=0.5 epsilon2=2 epsilon3=0 normalise=0", {.step = 0, .size = 0.25}, code, {1, 0, 3}, {});
  // d = 0.5 (-4, 2, 0) + 2 (1, 0, 3) = (0, 1, 6)
  EXPECT_EQ(code, (std::vector<float>{4, -1.75f, 2.5f}));
  code = {4, -2, 1};
  step("ppgn-h epsilon1=0.5 epsilon2=2 epsilon3=0", {.step = 0, .size = 0.7}, code, {1, 0, 3}, {});
  EXPECT_FLOAT_EQ(code[0], 4);  // mean|d| = 7 / 3
  EXPECT_FLOAT_EQ(code[1], -2 + 0.3f);
  EXPECT_FLOAT_EQ(code[2], 1 + 1.8f);
}

// What the encoder does not give counts as zero.
TEST(Rule, PpgnJointMovesToTheCodeOfThePicture) {
  std::vector<float> code = {4, -2, 1};
  step("ppgn-joint epsilon1=0.5 epsilon2=0 epsilon3=0 normalise=0", {.step = 0, .size = 1}, code, {1, 0, 3}, {});
  EXPECT_EQ(code, (std::vector<float>{2, -1, 0.5f}));
}

TEST(Rule, PpgnsNoiseHasItsDeviation) {
  std::vector<float> code(4000);
  step("ppgn-joint epsilon1=0 epsilon2=0 epsilon3=0.5 normalise=0", {.step = 3, .size = 1, .seed = 5}, code, std::vector<float>(4000, 1),
       {});
  double squares = 0;
  for (const float value : code) squares += value * value;
  EXPECT_NEAR(squares / 4000, 0.25, 0.02);
}

TEST(Rule, ParametersAreOfTheStep) {
  std::vector<float> code = {0, 0}, state(2);
  step("momentum beta=0.5", {0, 1}, code, {3, 1}, state);
  step("momentum beta=0.5", {1, 1}, code, {-1.5f, 1.5f}, state);
  EXPECT_FLOAT_EQ(state[0], 0);  // 0.5 * 0.5 * 3 - 0.5 * 1.5
  EXPECT_FLOAT_EQ(state[1], 1);
  EXPECT_FLOAT_EQ(code[0], 1.5f);  // 3 / 2, then nothing
  EXPECT_FLOAT_EQ(code[1], 2.5f);  // 1 / 2, then 1 / 0.5
  // Without memory and with a large epsilon, Adam's step is s g / (|g| + epsilon).
  std::vector<float> y = {0, 0}, moments(4);
  step("adam beta1=0 beta2=0 epsilon=1", {0, 1}, y, {1, -3}, moments);
  EXPECT_FLOAT_EQ(y[0], 0.5f);
  EXPECT_FLOAT_EQ(y[1], -0.75f);
}

TEST(Rule, TextSaysTheParametersThatAreNotUsual) {
  EXPECT_EQ(to_text(parse_rule("adam")), "adam");
  EXPECT_EQ(to_text(parse_rule("adam  beta2=0.99 beta1=0.5")), "adam beta1=0.5 beta2=0.99");
  EXPECT_EQ(to_text(parse_rule("adam beta1=0.9")), "adam");
  EXPECT_EQ(parse_rule("momentum beta=1e-3").parameters, std::vector<double>{0.001});
}

TEST(Rule, WrongParametersAreErrorsThatSayTheRange) {
  EXPECT_EQ(error_of([] { parse_rule("adam beta1=1"); }), "rule adam > beta1 is \"1\"; give a number from 0 to 0.9999");
  EXPECT_EQ(error_of([] { parse_rule("momentum beta=nan"); }), "rule momentum > beta is \"nan\"; give a number from 0 to 0.9999");
  EXPECT_EQ(error_of([] { parse_rule("momentum beta"); }), "rule momentum > beta is \"\"; give a number from 0 to 0.9999");
  EXPECT_EQ(error_of([] { parse_rule("adam beta=0.5"); }),
            "rule adam > there is no parameter \"beta\"; parameters are beta1, beta2, epsilon");
  EXPECT_EQ(error_of([] { parse_rule("momentum beta=0 beta=0"); }), "rule momentum > beta is given twice; give it once");
  EXPECT_EQ(error_of([] { parse_rule("dgn-am beta=0"); }), "rule dgn-am > there is no parameter \"beta\"; leave it out");
  EXPECT_THROW(parse_rule(""), Error);
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
