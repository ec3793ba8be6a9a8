// What a picture file can hold of a prior's picture is what the network is shown.
#include "phosphene/synth/visible.h"

#include <gtest/gtest.h>

#include "engine/engines_here.h"
#include "phosphene/synth/search.h"
#include "synth/searching.h"
#include "synth/small_models.h"

namespace phosphene {
namespace {

using namespace test;

class Visible : public ::testing::TestWithParam<std::string> {};

// code [n, 12] -> operator -> picture [n, 3, 2, 2]
Graph drawer(const std::string& op) {
  Graph graph;
  graph.inputs = {{"code", {DataType::kFloat32, Shape{kUnknown, 12}}}};
  graph.outputs = {"picture"};
  graph.add_weight("shape", Tensor::ints({0, 3, 2, 2}));
  graph.nodes = {{"make", op, {"code"}, {"made"}, {}}, {"show", "Reshape", {"made", "shape"}, {"picture"}, {}}};
  return infer_shapes(std::move(graph));
}

Preprocess pixels(std::vector<float> mean, std::vector<float> deviation) {
  Preprocess preprocess;
  preprocess.mean = std::move(mean);
  preprocess.deviation = std::move(deviation);
  return preprocess;
}

void expect_clipped(const std::string& engine, const Preprocess& preprocess, const std::vector<float>& black,
                    const std::vector<float>& white) {
  Graph graph = drawer("Neg");
  const std::string visible = append_visible(graph, "picture", preprocess);
  ASSERT_NE(visible, "picture");
  const auto program = find_engine(engine).compile(graph, {.batch = 1, .values = {visible}, .seeds = {visible}, .gradients = {"code"}});
  const std::vector<float> wished = {-9, -0.3f, 0.3f, 9, 0.1f, 0.2f, 9, -9, -0.1f, 0.25f, -9, 9};  // of the picture
  std::ranges::transform(wished, program->input("code").begin(), std::negate<>());
  std::ranges::fill(program->seed(visible), 1.0f);
  program->forward();
  program->backward();
  for (size_t i = 0; i < wished.size(); ++i) {
    const size_t c = i / 4;
    const bool within = wished[i] > black[c] && wished[i] < white[c];
    EXPECT_FLOAT_EQ(program->value(visible)[i], std::clamp(wished[i], black[c], white[c])) << i;
    EXPECT_EQ(program->gradient("code")[i], within ? -1.0f : 0.0f) << i;
  }
}

TEST_P(Visible, ValuesAreClippedToBlackAndWhiteOfAllChannels) {
  expect_clipped(GetParam(), pixels({0.5f, 0.5f, 0.5f}, {0.5f, 0.5f, 0.5f}), {-1, -1, -1}, {1, 1, 1});
}

TEST_P(Visible, ValuesAreClippedToBlackAndWhiteOfEachChannel) {
  expect_clipped(GetParam(), pixels({0.5f, 0.25f, 0}, {1, 0.5f, 0.25f}), {-0.5f, -0.5f, 0}, {0.5f, 1.5f, 4});
}

TEST(VisibleGraph, WhatCannotLieBeyondIsLeftAsItIs) {
  const Preprocess unit = pixels({0, 0, 0}, {1, 1, 1}), both_signs = pixels({0.5f, 0.5f, 0.5f}, {0.5f, 0.5f, 0.5f});
  const auto appends = [](const char* op, const Preprocess& preprocess) {
    Graph graph = drawer(op);
    return append_visible(graph, "picture", preprocess) != "picture";
  };
  EXPECT_FALSE(appends("Sigmoid", unit));
  EXPECT_FALSE(appends("Identity", unit));  // bounds keep the code
  EXPECT_FALSE(appends("Tanh", both_signs));
  EXPECT_TRUE(appends("Tanh", unit));
  EXPECT_TRUE(appends("Sigmoid", pixels({0, 0, 0}, {2, 2, 2})));
  EXPECT_TRUE(appends("Relu", unit));
}

// data [n, 3, 8, 8] -> mean of each channel
Model brightness() {
  Model model = small_network();
  model.graph = Graph{};
  model.graph.inputs = {{"data", {DataType::kFloat32, Shape{kUnknown, 3, 8, 8}}}};
  model.graph.nodes = {{"pool", "GlobalAveragePool", {"data"}, {"pool"}, {}}};
  model.graph.outputs = {"pool"};
  model.graph = infer_shapes(model.graph);
  return model;
}

TEST_P(Visible, ASearchEndsWithTheActivationOfItsPictureFile) {
  const Model network = brightness();
  const Prior prior = generator_prior(small_generator());
  Recipe recipe;
  recipe.layer = "pool";
  recipe.steps = 40;
  recipe.batch = 1;
  recipe.engine = GetParam();
  recipe.lr0 = 1.0;
  recipe.bounds = "none";  // codes, and with them pixels, may grow
  for (const std::string view : {"none", "noise=0.1"}) {
    recipe.views = view;
    const auto objectives = parse_objectives("1", {"pool", {}, 3});
    const auto result = Search(network, prior, recipe, objectives).run(make_jobs(objectives, prior, recipe, network)).at(0);
    const PictureSpace& space = prior.picture;
    float highest = 0;
    for (const float value : result.image) highest = std::max(highest, value);
    EXPECT_GT(highest, 1.2f) << "the generator's values do not lie beyond white, so that the test shows nothing";
    std::vector<float> values(3 * 8 * 8);
    network.preprocess.to_values(space.preprocess.to_image(result.image, 8, 8), values);
    double mean = 0;  // of the channel 1, which is green in every order
    for (size_t i = 64; i < 128; ++i) mean += values[i] / 64;
    EXPECT_NEAR(result.activations.back(), mean, 0.5 / 255 / 0.25) << view;  // pixels are rounded
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, Visible, ::testing::ValuesIn(test::engines_here()),
                         [](const auto& test) { return test::test_name(test.param); });

}  // namespace
}  // namespace phosphene
