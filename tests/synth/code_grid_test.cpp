// A generator of any size is bound to the network's input; then it is a generator of that size.
#include "phosphene/synth/code_grid.h"

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "synth/searching.h"
#include "synth/small_decoder.h"

namespace phosphene {
namespace {

using namespace test;

PictureSpace picture(int64_t height, int64_t width) { return {Preprocess{}, height, width}; }

// The small network with its last layer made free of the size.
Model network_of(int64_t height, int64_t width) {
  Model network = small_network();
  Graph& g = network.graph;
  g.inputs[0].type.shape = Shape{kUnknown, 3, height, width};
  g.nodes.resize(2);
  g.outputs = {"relu"};
  g = infer_shapes(std::move(g));
  return network;
}

TEST(CodeGrid, IsTheSmallestThatCoversTheNetworksInput) {
  const auto bound = [](int64_t height, int64_t width) { return generator_prior(small_decoder(), picture(height, width)); };
  struct Case {
    int64_t height, width, grid_height, grid_width;
  };
  for (const Case& c : {Case{8, 8, 2, 2}, {9, 16, 3, 4}, {1, 3, 1, 1}, {256, 255, 64, 64}, {257, 257, 64, 64}, {512, 384, 64, 48}}) {
    const Prior prior = bound(c.height, c.width);
    ASSERT_TRUE(prior.grid);
    EXPECT_EQ(prior.grid->height, c.grid_height);
    EXPECT_EQ(prior.grid->width, c.grid_width);
    EXPECT_EQ(prior.grid->stride, kDecoderStride);
    EXPECT_EQ(prior.picture.height, 4 * c.grid_height);
    EXPECT_EQ(prior.picture.width, 4 * c.grid_width);
    EXPECT_EQ(prior.code_size, 5 * c.grid_height * c.grid_width);
    EXPECT_EQ(code_shape(prior), (Shape{5, c.grid_height, c.grid_width}));
  }
}

TEST(CodeGrid, BoundsOfAChannelHoldAtAllItsPlaces) {
  const Prior open = generator_prior(small_decoder(), picture(8, 12)), fixed = generator_prior(small_decoder(2, 3));
  EXPECT_FALSE(fixed.grid);
  for (const Prior* prior : {&open, &fixed}) {
    ASSERT_EQ(prior->bounds->upper.size(), 5u * 2 * 3);
    for (size_t i = 0; i < prior->bounds->upper.size(); ++i) {
      EXPECT_EQ(prior->bounds->lower[i], -3);
      EXPECT_EQ(prior->bounds->upper[i], static_cast<float>(i / 6 + 1));
    }
  }
  Model one_each = small_decoder(2, 3);
  one_each.bounds = CodeBounds{std::vector<float>(30, -1.0f), std::vector<float>(30, 1.0f)};
  EXPECT_EQ(generator_prior(one_each).bounds->upper, std::vector<float>(30, 1.0f));
  one_each.bounds = CodeBounds{std::vector<float>(6, -1.0f), std::vector<float>(6, 1.0f)};
  EXPECT_NE(error_of([&] { generator_prior(one_each); }).find("its bounds have 6 values, its code 30"), std::string::npos);
}

TEST(CodeGrid, AnOpenGeneratorSearchesAsOneOfThatSize) {
  const Model network = network_of(8, 12);
  Recipe recipe;
  recipe.layer = "conv";
  recipe.steps = 6;
  recipe.lr0 = 0.5;
  recipe.batch = 2;
  recipe.engine = "reference";
  const auto objectives = parse_objectives("0-2", {"conv", {}, 4});
  const auto run = [&](const Prior& prior) {
    return Search(network, prior, recipe, objectives).run(make_jobs(objectives, prior, recipe, network));
  };
  const auto open = run(generator_prior(small_decoder(), input_space(network))), fixed = run(generator_prior(small_decoder(2, 3)));
  for (size_t i = 0; i < open.size(); ++i) {
    EXPECT_EQ(open[i].image.size(), 3u * 8 * 12);
    EXPECT_EQ(open[i].image, fixed[i].image);
    EXPECT_EQ(open[i].code, fixed[i].code);
    EXPECT_GT(open[i].activations.back(), open[i].activations.front());
  }
}

TEST(CodeGrid, TheFileTakesTheSizeOfTheNetwork) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "decoder.onnx";
  save_model(file, small_decoder(), false);
  const Prior prior = load_prior(file.string(), network_of(8, 12));
  ASSERT_TRUE(prior.grid);
  EXPECT_EQ(prior.grid->height, 2);
  EXPECT_EQ(prior.grid->width, 3);
  EXPECT_FALSE(generator_prior(small_decoder(2, 3)).grid);

  const Model open = network_of(kUnknown, kUnknown);
  EXPECT_NE(error_of([&] { load_prior(file.string(), open); }).find("its image size is open; give it with --input-size HxW"),
            std::string::npos);
  save_model(folder / "network.onnx", open, false);
  const Model sized = load_model((folder / "network.onnx").string(), {.inputs = {.size = {10, 6}}});
  EXPECT_EQ(load_prior(file.string(), sized).picture.height, 12);
  EXPECT_EQ(load_prior(file.string(), sized).picture.width, 8);
}

TEST(CodeGrid, APictureThatDoesNotGrowWithTheGridIsAnError) {
  Model wrong = small_decoder();
  wrong.graph.nodes.back().attributes = {};  // without a margin two pixels less than a multiple
  wrong.graph = infer_shapes(wrong.graph);
  EXPECT_EQ(error_of([&] { generator_prior(wrong, picture(8, 8)); }),
            "prior small-decoder > its pictures of the codes 4x7 and 9x12 have 14x26 and 34x46 pixels; give a generator whose picture is "
            "STRIDE times as high and as wide as its code");
  EXPECT_NE(error_of([&] { generator_prior(small_decoder()); }).find("prior small-decoder > its code code has the open shape"),
            std::string::npos);
}

// Numbers count the places, row by row.
TEST(CodeGrid, ChannelsThatABankLeavesOutAreZero) {
  const std::vector<float> codes{1, 2, 3, 4};  // two codes [1, 1, 2]
  EXPECT_EQ(with_zero_channels(codes, 1, {3, 1, 2}), (std::vector<float>{1, 2, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0}));
  EXPECT_EQ(with_zero_channels(codes, 2, {2, 1, 1}), codes);
}

TEST(Builtin, IsTheSmallPriorWhereTheNetworksPicturesAreSmall) {
  Model network;
  const auto of_size = [&](int64_t height, int64_t width) {
    network.graph.inputs = {{"data", {DataType::kFloat32, Shape{kUnknown, 3, height, width}}}};
    return builtin_for(network);
  };
  EXPECT_EQ(of_size(64, 64), "tin200-fc6");
  EXPECT_EQ(of_size(96, 64), "photos");
  EXPECT_EQ(of_size(224, 224), "photos");
  EXPECT_EQ(of_size(kUnknown, kUnknown), "photos");
}

TEST(CodeGrid, CodesOfAnotherGridAreCutFromTheCentreOrRepeated) {
  std::vector<float> values(12);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const Tensor codes(Shape{1, 1, 3, 4}, values);
  EXPECT_EQ(fit_grid(codes, {3, 4, 1}), values);
  EXPECT_EQ(fit_grid(codes, {1, 2, 1}), (std::vector<float>{5, 6}));
  EXPECT_EQ(fit_grid(codes, {3, 6, 1}), (std::vector<float>{3, 0, 1, 2, 3, 0, 7, 4, 5, 6, 7, 4, 11, 8, 9, 10, 11, 8}));
  const auto large = fit_grid(codes, {7, 8, 1});
  for (int64_t y = 0; y < 7; ++y)
    for (int64_t x = 0; x < 8; ++x)
      EXPECT_EQ(large[static_cast<size_t>(y * 8 + x)], static_cast<float>((y + 1) % 3 * 4 + (x + 2) % 4)) << y << " " << x;
}

}  // namespace
}  // namespace phosphene
