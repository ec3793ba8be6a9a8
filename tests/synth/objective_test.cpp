#include "phosphene/synth/objective.h"

#include <gtest/gtest.h>

#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/base/rng.h"

namespace phosphene {
namespace {

// The seed gradient of a linear functional gives its values: F(v) = sum seed * v for any v, which is also the numeric derivative.
void expect_gradient_matches(const Term& term, const Shape& shape) {
  const auto size = static_cast<size_t>(shape.size(1, shape.rank()));
  std::vector<float> value(size), seed(size);
  Rng(1, "objective").fill_normal(value);
  add_term_gradient(term, shape, seed);
  const double at = term.weight * term_value(term, shape, value);
  for (size_t i = 0; i < size; ++i) {
    std::vector<float> moved = value;
    moved[i] += 1;
    EXPECT_NEAR(term.weight * term_value(term, shape, moved) - at, seed[i], 1e-5);
  }
}

TEST(Objective, GradientsAreNumericDerivatives) {
  expect_gradient_matches({"fc", 3, 1, {}}, {2, 7});
  expect_gradient_matches({"conv", 2, -0.5, {}}, {2, 4, 5, 6});
  expect_gradient_matches({"conv", 1, 2, {Place::Kind::kPoint, 4, 0}}, {2, 4, 5, 6});
  expect_gradient_matches({"conv", 3, 1.5, {Place::Kind::kMean}}, {2, 4, 5, 6});
  expect_gradient_matches({"tokens", 1, 1, {Place::Kind::kPoint, 2, 0}}, {2, 3, 4});
}

TEST(Objective, PositionsReadTheRightValue) {
  const Shape shape{1, 2, 3, 4};
  std::vector<float> value(24);
  for (size_t i = 0; i < 24; ++i) value[i] = static_cast<float>(i);
  EXPECT_EQ(term_value({"conv", 1, 1, {Place::Kind::kPoint, 2, 3}}, shape, value), 23);
  EXPECT_EQ(term_value({"conv", 0, 1, {}}, shape, value), 6);  // row 1, column 2
  EXPECT_EQ(term_value({"conv", 1, 1, {Place::Kind::kMean}}, shape, value), 17.5);
}

TEST(Objective, StandingRanksAndNormalises) {
  const std::vector<float> value = {1, 4, 2, 4};
  const Standing third = standing({"fc", 2, 1, {}}, {1, 4}, value);
  EXPECT_EQ(third.rank, 3);
  EXPECT_EQ(third.value, 2);
  EXPECT_NEAR(third.share, std::exp(2) / (std::exp(1) + std::exp(2) + 2 * std::exp(4)), 1e-12);
  EXPECT_EQ(standing({"fc", 3, 1, {}}, {1, 4}, value).rank, 1);
}

TEST(Objective, ParsesListsRangesAndSums) {
  const UnitsAt place{"fc", {}, 10};
  const auto objectives = parse_objectives("1,3*0.5+7,8-9", place);
  ASSERT_EQ(objectives.size(), 4u);
  EXPECT_EQ(objectives[0].terms[0].unit, 1);
  ASSERT_EQ(objectives[1].terms.size(), 2u);
  EXPECT_EQ(objectives[1].terms[0].weight, 0.5);
  EXPECT_EQ(objectives[1].main().unit, 7);
  EXPECT_EQ(objectives[3].name, "9");
  EXPECT_EQ(parse_objectives("all", place).size(), 10u);
  for (const char* text : {"10", "3*", "3*x+1", "3+", "+3", "3*0.5+10", "3*nan", "3*0.5 7", "", "1,,2"})
    EXPECT_THROW(parse_objectives(text, place), Error) << text;
}

TEST(Objective, UnitsOfSeveralLayers) {
  const auto parts = split_by_layer("0,fc6:0-3,7,x:0:all");
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].layer, "");
  EXPECT_EQ(parts[0].units, "0");
  EXPECT_EQ(parts[1].layer, "fc6");
  EXPECT_EQ(parts[1].units, "0-3,7");
  EXPECT_EQ(parts[2].layer, "x:0");
  EXPECT_EQ(parts[2].units, "all");
  EXPECT_EQ(parse_objectives("3*2+1", {"fc", {}, 10, "fc:"})[0].name, "fc:3*2+1");
}

TEST(Objective, SumsOverSeveralLayers) {
  const auto parts = split_by_layer("2+conv:0:17*-1.5e+00+4+fc8:3,5,fc6:7,9*2+fc8:1,fc6:1+2");
  ASSERT_EQ(parts.size(), 5u);
  ASSERT_EQ(parts[0].sum.size(), 4u);
  const LayerTerm expected[] = {{"", 2, 1}, {"conv:0", 17, -1.5}, {"conv:0", 4, 1}, {"fc8", 3, 1}};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(parts[0].sum[i].layer, expected[i].layer);
    EXPECT_EQ(parts[0].sum[i].unit, expected[i].unit);
    EXPECT_EQ(parts[0].sum[i].weight, expected[i].weight);
  }
  EXPECT_EQ(parts[1].layer, "fc8");
  EXPECT_EQ(parts[1].units, "5");
  EXPECT_EQ(parts[2].units, "7");
  ASSERT_EQ(parts[3].sum.size(), 2u);
  EXPECT_EQ(parts[3].sum[0].layer, "fc6");  // that of the entry before
  EXPECT_EQ(parts[3].units, "9*2+fc8:1");
  EXPECT_TRUE(parts[4].sum.empty());  // of one layer
  EXPECT_EQ(parts[4].units, "1+2");
  EXPECT_TRUE(split_by_layer("fc6:1+fc8:x")[0].sum.empty());
}

TEST(Objective, VerifyNamesTheRange) {
  EXPECT_NO_THROW(verify_term({"conv", 3, 1, {Place::Kind::kPoint, 4, 5}}, {1, 4, 5, 6}));
  EXPECT_THROW(verify_term({"conv", 3, 1, {Place::Kind::kPoint, 5, 0}}, {1, 4, 5, 6}), Error);
  EXPECT_THROW(verify_term({"conv", 4, 1, {}}, {1, 4, 5, 6}), Error);
  EXPECT_THROW(verify_term({"sum", 0, 1, {}}, Shape{1}), Error);
}

}  // namespace
}  // namespace phosphene
