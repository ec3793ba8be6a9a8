// What programs hand to each other, on every engine and between two: rows, factors, squared errors and their gradients.
#include "phosphene/engine/exchange.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/engines_here.h"
#include "phosphene/engine/program.h"

namespace phosphene {

namespace {

// y = 2 x of [n, 2].
std::unique_ptr<Program> doubling(const std::string& engine, int64_t rows) {
  Graph graph;
  graph.inputs = {{"x", {DataType::kFloat32, Shape{rows, 2}}}};
  graph.add_weight("two", Tensor::scalar(2));
  graph.nodes = {{"double", "Mul", {"x", "two"}, {"y"}, {}}};
  graph.outputs = {"y"};
  return find_engine(engine).compile(graph, {.batch = 0, .values = {"y"}, .seeds = {"y"}, .gradients = {"x"}});
}

using Numbers = std::vector<float>;
using Kind = Part::Kind;

}  // namespace

class Exchange : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Engines, Exchange, testing::ValuesIn(test::engines_here()));

TEST_P(Exchange, RowsArriveWhereTheyBelong) {
  for (const std::string& other : {GetParam(), std::string("reference")}) {
    const auto from = doubling(other, 2), to = doubling(GetParam(), 3);
    std::ranges::copy(Numbers{1, 2, 3, 4}, from->input("x").begin());
    from->forward();
    std::ranges::copy(Numbers{7, 7, 7, 7, 7, 7}, to->input("x").begin());
    to->take({Kind::kInput, "x", 1}, *from, {Kind::kValue, "y"}, 2);
    to->take({Kind::kInput, "x", 0}, *from, {Kind::kInput, "x", 1}, 1);
    to->forward();
    EXPECT_EQ(test::copied(to->value("y")), (Numbers{6, 8, 4, 8, 12, 16})) << other;
    EXPECT_EQ(test::copied(to->input("x")), (Numbers{3, 4, 2, 4, 6, 8})) << other;
    std::ranges::fill(to->input("x"), 1.0F);  // the host has the last word again
    to->forward();
    EXPECT_EQ(test::copied(to->value("y")), Numbers(6, 2)) << other;
  }
}

TEST_P(Exchange, AGradientTimesItsFactorsBecomesASeed) {
  const auto from = doubling(GetParam(), 2), to = doubling(GetParam(), 2);
  std::ranges::copy(Numbers{1, 2, 3, 4}, from->seed("y").begin());
  for (Program* each : {from.get(), to.get()}) each->forward();
  from->backward();
  to->take({Kind::kSeed, "y"}, *from, {Kind::kGradient, "x"}, 2, Numbers{1, -1});
  to->backward();
  EXPECT_EQ(test::copied(to->gradient("x")), (Numbers{4, 8, -12, -16}));
  EXPECT_EQ(test::copied(to->seed("y")), (Numbers{2, 4, -6, -8}));
}

TEST_P(Exchange, SquaredErrorsSeedTheirGradient) {
  const auto target = doubling(GetParam(), 2), program = doubling(GetParam(), 2);
  std::ranges::copy(Numbers{0, 1, 2, 0}, target->input("x").begin());
  std::ranges::copy(Numbers{1, 1, 0, 0}, program->input("x").begin());
  std::ranges::copy(Numbers{5, 5, 5, 5}, program->seed("y").begin());
  for (Program* each : {target.get(), program.get()}) each->forward();
  const Part wanted{Kind::kValue, "y"};  // y - wanted = (2, 0, -4, 0)
  EXPECT_NEAR(program->seed_squared_error("y", *target, wanted, {.weight = 3}), 3 * 20 / 4.0, 1e-5);
  EXPECT_EQ(test::copied(program->seed("y")), (Numbers{5 + 3, 5, 5 - 6, 5}));
  // The rows of wanted are (0, 2) and (4, 0).
  EXPECT_NEAR(program->seed_squared_error("y", *target, wanted, {.relative = true, .replace = true}), (4 / 4.0 + 16 / 16.0) / 2, 1e-5);
  program->backward();
  EXPECT_EQ(test::copied(program->seed("y")), (Numbers{2 / 4.0F, 0, -4 / 16.0F, 0}));
  EXPECT_EQ(test::copied(program->gradient("x")), (Numbers{4 / 4.0F, 0, -8 / 16.0F, 0}));
}

TEST(SquaredError, AddsItsGradient) {
  const std::vector<float> x{1, 2}, target{0, 4};
  std::vector<float> seed{10, 10};
  EXPECT_NEAR(squared_error(x, target, 1, {.weight = 3}, seed), 3 * (1 + 4) / 2.0, 1e-6);
  EXPECT_NEAR(seed[0], 10 + 3.0, 1e-5);
  EXPECT_NEAR(seed[1], 10 - 6.0, 1e-5);
  EXPECT_NEAR(squared_error(x, target, 1, {.relative = true}, seed), 5 / 16.0, 1e-6);
}

TEST(SquaredError, RelativeToEveryRowByItself) {
  const std::vector<float> x{1, 2, 20}, target{0, 4, 20};
  std::vector<float> seed(3);
  // The first row has no power of its own: it counts as a hundredth of the mean of 0, 16 and 400.
  const double least = 0.01 * 416 / 3;
  EXPECT_NEAR(squared_error(x, target, 3, {.relative = true}, seed), (1 / least + 4 / 16.0) / 3, 1e-6);
  EXPECT_NEAR(seed[0], 2 / least / 3, 1e-6);
  EXPECT_NEAR(seed[1], 2 * -2 / 16.0 / 3, 1e-6);
  EXPECT_EQ(seed[2], 0);
}

TEST(SquaredError, ReplacesTheSeedWhereAsked) {
  const std::vector<float> x{1, 2}, target{0, 4};
  std::vector<float> seed{10, NAN};
  EXPECT_NEAR(squared_error(x, target, 1, {.weight = 3, .replace = true}, seed), 3 * (1 + 4) / 2.0, 1e-6);
  EXPECT_NEAR(seed[0], 3.0, 1e-5);
  EXPECT_NEAR(seed[1], -6.0, 1e-5);
}

}  // namespace phosphene
