// The contract of Program and the table of engines, on every engine: names, spans, errors, seeds inside the graph.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/engines_here.h"
#include "phosphene/base/error.h"
#include "phosphene/engine/program.h"

namespace phosphene {

namespace {

// y = relu(w x), z = y + y; x = (1, -2), w = 3.
Graph small_graph() {
  Graph graph;
  graph.inputs = {{"x", {DataType::kFloat32, Shape{1, 2}}}};
  graph.add_weight("w", Tensor::scalar(3));
  graph.nodes = {{"scale", "Mul", {"x", "w"}, {"s"}, {}}, {"relu", "Relu", {"s"}, {"y"}, {}}, {"twice", "Add", {"y", "y"}, {"z"}, {}}};
  graph.outputs = {"z"};
  return graph;
}

using Numbers = std::vector<float>;

}  // namespace

class EveryEngine : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Engines, EveryEngine, testing::ValuesIn(test::engines_here()));

TEST_P(EveryEngine, GradientsOfSeedsInsideAndAtTheEndAddUp) {
  const auto program =
      find_engine(GetParam())
          .compile(small_graph(), {.values = {"y", "z"}, .seeds = {"y", "z"}, .gradients = {"x", "w"}, .mutable_weights = true});
  std::ranges::copy(Numbers{1, -2}, program->input("x").begin());
  std::ranges::copy(Numbers{10, 10}, program->seed("y").begin());
  std::ranges::copy(Numbers{1, 1}, program->seed("z").begin());
  for (int run = 0; run < 2; ++run) {  // gradients are overwritten, not accumulated
    program->forward();
    program->backward();
    EXPECT_EQ(test::copied(program->value("y")), (Numbers{3, 0}));
    EXPECT_EQ(test::copied(program->value("z")), (Numbers{6, 0}));
    EXPECT_EQ(test::copied(program->gradient("x")), (Numbers{36, 0}));
    EXPECT_EQ(test::copied(program->gradient("w")), (Numbers{12}));
  }
}

TEST_P(EveryEngine, SetWeightChangesTheNextForward) {
  const auto program =
      find_engine(GetParam()).compile(small_graph(), {.values = {"z"}, .seeds = {"z"}, .gradients = {"x"}, .mutable_weights = true});
  std::ranges::copy(Numbers{1, -2}, program->input("x").begin());
  std::ranges::copy(Numbers{1, 1}, program->seed("z").begin());
  const float* span = program->value("z").data();
  program->set_weight("w", Numbers{-5});
  program->forward();
  program->backward();
  EXPECT_EQ(test::copied(program->value("z")), (Numbers{0, 20}));
  EXPECT_EQ(test::copied(program->gradient("x")), (Numbers{0, -10}));
  EXPECT_EQ(program->value("z").data(), span);
}

TEST_P(EveryEngine, BuffersStartAtZeroAndBatchIsBound) {
  const auto program = find_engine(GetParam()).compile(small_graph(), {.batch = 3, .values = {"z"}});
  EXPECT_EQ(test::copied(program->input("x")), Numbers(6, 0.0F));
  program->forward();
  EXPECT_EQ(program->value("z").size(), 6U);
  EXPECT_GT(program->bytes(), 0);
  EXPECT_FALSE(program->to_string().empty());
}

TEST_P(EveryEngine, UnknownNamesAreErrors) {
  const Engine& engine = find_engine(GetParam());
  const auto program = engine.compile(small_graph(), {.values = {"z"}});
  EXPECT_THROW(program->input("nothing"), Error);
  EXPECT_THROW(program->value("nothing"), Error);
  EXPECT_THROW(program->seed("z"), Error);
  EXPECT_THROW(program->gradient("x"), Error);
  EXPECT_THROW(program->set_weight("w", Numbers{1}), Error);
  EXPECT_THROW(engine.compile(small_graph(), {.values = {"nothing"}}), Error);
  EXPECT_THROW(engine.compile(small_graph(), {.values = {"z"}, .seeds = {"z"}, .gradients = {"nothing"}}), Error);
}

TEST(Engines, UnknownEngineNamesTheKnownOnes) {
  try {
    find_engine("abacus");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("reference"), std::string::npos) << error.what();
  }
}

TEST(Engines, PrecisionsHaveNames) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) EXPECT_EQ(parse_precision(to_string(precision)), precision);
  EXPECT_THROW(parse_precision("f64"), Error);
}

TEST(Engines, ThreadsAreSet) {
  const int before = threads();
  set_threads(1);
  EXPECT_EQ(threads(), 1);
  set_threads(before);
  EXPECT_EQ(threads(), before);
}

}  // namespace phosphene
