// The picture coder and the density of its latents: what the networks are, and small real trainings.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/temporary_folder.h"
#include "graph/build.h"
#include "phosphene/base/rng.h"
#include "phosphene/engine/program.h"
#include "phosphene/graph/passes.h"
#include "phosphene/train/builder.h"
#include "phosphene/train/coder.h"
#include "phosphene/train/decoder.h"
#include "phosphene/train/density.h"
#include "phosphene/train/losses.h"
#include "phosphene/train/parameters.h"
#include "train/run_in.h"

namespace phosphene {
namespace {

CoderShape small_shape() {
  CoderShape shape;
  shape.latents = 6;
  shape.encoder_widths = {8, 8, 12, 12};
  shape.decoder_widths = {12, 8, 8, 6, 6};
  return shape;
}

// Colour pictures of 48 pixels: one bright disc on a dark ground, both of a random colour, at a random place.
Dataset discs(int64_t count, uint64_t seed) {
  constexpr int64_t kSide = 48;
  Dataset data{.count = count, .height = kSide, .width = kSide, .channels = 3, .labels = {"disc"}};
  std::shared_ptr<uint8_t> pixels(new uint8_t[static_cast<size_t>(count * data.image_size())], std::default_delete<uint8_t[]>());
  for (int64_t i = 0; i < count; ++i) {
    Rng rng(seed, "discs", static_cast<uint64_t>(i));
    data.classes.push_back(0);
    const int64_t y0 = 8 + rng.below(32), x0 = 8 + rng.below(32), r = 6 + rng.below(8);
    int64_t bright[3], dark[3];
    for (int c = 0; c < 3; ++c) bright[c] = 128 + rng.below(128), dark[c] = rng.below(100);
    for (int64_t y = 0; y < kSide; ++y)
      for (int64_t x = 0; x < kSide; ++x)
        for (int64_t c = 0; c < 3; ++c)
          pixels.get()[((i * kSide + y) * kSide + x) * 3 + c] =
              static_cast<uint8_t>((y - y0) * (y - y0) + (x - x0) * (x - x0) < r * r ? bright[c] : dark[c]);
  }
  data.pixels = pixels;
  return data;
}

Model edges() {
  GraphBuilder net("edges", 7);
  std::string x = net.input("x", {kUnknown, 3, 64, 64});
  x = net.unary("c1", "Relu", net.conv("c1/linear", x, {.out = 8, .stride = 2}));
  x = net.flatten("flat", net.unary("c2", "Relu", net.conv("c2/linear", x, {.out = 8, .stride = 2})));
  Model model;
  model.name = model.hash = "edges";
  model.graph = infer_shapes(net.finish({net.gemm("logits", x, 4)}).graph);
  model.preprocess.height = model.preprocess.width = 64;
  return model;
}

CoderRecipe small_recipe(int64_t steps) {
  CoderRecipe recipe;
  recipe.shape = small_shape();
  recipe.loss.discriminator.widths = {8, 8};
  recipe.loss.feature_layers = {"c1", "c2"};
  recipe.crop = 48, recipe.batch = 8, recipe.steps = steps, recipe.warm_up = 5, recipe.rate = 3e-3f;
  recipe.average_decay = 0.97f;
  return recipe;
}

std::vector<float> value_of(const Graph& graph, const std::string& input, std::span<const float> x, const std::string& value,
                            ImageSize size) {
  const auto program = find_engine("reference").compile(graph, {.batch = 1, .values = {value}, .size = size});
  std::ranges::copy(x, program->input(input).begin());
  program->forward();
  const auto y = program->value(value);
  return {y.begin(), y.end()};
}

TEST(CoderNetwork, TheHalvesTogetherAreTheExaminedWholeAtAnySize) {
  const Graph coder = coder_network(small_shape(), {48, 32}, 3).graph;
  std::vector<float> x(3 * 48 * 32);
  Rng(1, "x").fill_normal(x, 0.5f);
  const Graph encoder = deployed_encoder(coder), decoder = deployed_decoder(coder, small_shape());
  EXPECT_EQ(encoder.type_of("latents").shape[1], 6);
  const std::vector<float> latents = value_of(encoder, "image", x, "latents", {48, 32});
  ASSERT_EQ(latents.size(), 6U * 3 * 2);
  const std::vector<float> drawn = value_of(decoder, "code", latents, "image", {3, 2});
  const std::vector<float> whole = value_of(examined_coder(coder), "image", x, "drawn", {});
  ASSERT_EQ(drawn.size(), whole.size());
  for (size_t i = 0; i < whole.size(); ++i) ASSERT_NEAR(drawn[i], whole[i], 1e-4) << i;
  EXPECT_ERROR(coder_network(small_shape(), {40, 32}, 3), "multiple of 16");
}

TEST(CoderNetwork, TrainsEveryWeightButTheOnesThatStandForNothing) {
  const TrainableGraph coder = coder_network(small_shape(), {32, 32}, 3);
  for (const std::string& name : Parameters(coder, false).trained_names())
    EXPECT_TRUE(name.ends_with(".weight") || name.ends_with(".bias")) << name;
}

TEST(CoderLosses, AreTheEquationsWithTheirGradients) {
  const std::vector<float> x{1, -2, 3, 0.5f}, target{0, -2, 5, 1};
  std::vector<float> seed(4);
  EXPECT_NEAR(absolute_error(x, target, 2, seed), 2 * (1 + 0 + 2 + 0.5) / 4, 1e-6);
  EXPECT_EQ(seed, (std::vector<float>{0.5f, 0, -0.5f, -0.5f}));
  const std::vector<float> scores{2, 0, -3, 0.5f};
  EXPECT_NEAR(hinge_taken_for_real(scores, seed), (0 + 1 + 4 + 0.5) / 4, 1e-6);
  EXPECT_EQ(seed, (std::vector<float>{0, -0.25f, -0.25f, -0.25f}));
  EXPECT_NEAR(hinge_taken_for_fake(scores, seed), (3 + 1 + 0 + 1.5) / 4, 1e-6);
  EXPECT_EQ(seed, (std::vector<float>{0.25f, 0.25f, 0, 0.25f}));
}

TEST(TrainCoder, LearnsResumesAndGoesOnFromAFinishedOne) {
  const TemporaryFolder folder;
  const Dataset train = discs(200, 1), validation = discs(20, 2);
  const Model comparator = edges();
  const CoderResult little = train_coder(train, validation, comparator, small_recipe(10), run_in(folder / "little.onnx"));
  const CoderRecipe recipe = small_recipe(240);
  const CoderResult whole = train_coder(train, validation, comparator, recipe, run_in(folder / "whole.onnx"));
  EXPECT_TRUE(whole.end.finished());
  EXPECT_LT(whole.pixel_error, 0.6 * little.pixel_error);

  RunOptions halved = run_in(folder / "halved.onnx");
  halved.stop_after = 100;
  EXPECT_FALSE(train_coder(train, validation, comparator, recipe, halved).end.finished());
  halved.stop_after = 0;
  const CoderResult resumed = train_coder(train, validation, comparator, recipe, halved);
  EXPECT_EQ(resumed.pixel_error, whole.pixel_error);

  Model decoder = whole.decoder, encoder = whole.encoder;
  decoder.name = decoder.hash = "decoder", encoder.hash = "encoder";
  CoderRecipe more = small_recipe(10);
  more.rate = 1e-5f, more.average_decay = 0;
  const CoderResult further =
      train_coder(train, validation, comparator, more, run_in(folder / "further.onnx"), {.decoder = &decoder, .encoder = &encoder});
  EXPECT_NEAR(further.pixel_error, whole.pixel_error, 0.25 * whole.pixel_error);
}

TEST(TrainCoder, SaysWhatDoesNotFit) {
  const TemporaryFolder folder;
  const Dataset data = discs(10, 1);
  CoderRecipe large = small_recipe(5), vague = small_recipe(5);
  large.crop = 64;
  vague.loss.feature_layers = {"logits"};
  EXPECT_ERROR(train_coder(data, data, edges(), large, run_in(folder / "a.onnx")), "crops of 64 pixels");
  EXPECT_ERROR(train_coder(data, data, edges(), vague, run_in(folder / "b.onnx")), "not [n, c, h, w]");
}

TEST(TrainDensity, SeesMoreThanOneValueAndItsGeneratorDrawsAnySize) {
  const TemporaryFolder folder;
  const Dataset train = discs(200, 1), validation = discs(20, 2);
  const CoderResult coder = train_coder(train, validation, edges(), small_recipe(150), run_in(folder / "coder.onnx"));
  DensityRecipe recipe;
  recipe.shape.widths = {24, 24}, recipe.shape.blocks = {1, 1};
  recipe.steps = 300, recipe.batch = 16, recipe.warm_up = 10, recipe.rate = 2e-3f, recipe.average_decay = 0.98f;
  const DensityResult result = train_density(train, validation, coder.decoder, coder.encoder, recipe, run_in(folder / "density.onnx"));
  // A denoiser that sees one value alone reaches s^2 / (1 + s^2): 0.2, 0.5 and 0.8.
  EXPECT_LT(result.errors[0], 0.2);
  EXPECT_LT(result.errors[1], 0.45);
  EXPECT_LT(result.errors[2], 0.75);

  const Graph& generator = result.generator.graph;
  std::vector<float> code(2 * 6 * 3 * 5);
  Rng(1, "code").fill_normal(code);
  const std::vector<float> drawn = value_of(generator, "code", code, "image", {3, 5});
  ASSERT_EQ(drawn.size(), 3U * 48 * 80);
  // The detail adds to the latents that the decoder draws.
  const std::vector<float> clean = value_of(generator, "code", code, kDensity + "clean", {3, 5});
  std::vector<float> latents(clean.size());
  for (size_t i = 0; i < clean.size(); ++i) latents[i] = clean[i] + code[clean.size() + i];
  const std::vector<float> decoded = value_of(coder.decoder.graph, "code", latents, "image", {3, 5});
  for (size_t i = 0; i < drawn.size(); ++i) ASSERT_NEAR(drawn[i], decoded[i], 1e-4) << i;
  EXPECT_EQ(value_of(decoder_of_density(generator), "code", latents, "image", {3, 5}), decoded);
  EXPECT_ERROR(decoder_of_density(coder.decoder.graph), "density of latents");
}

TEST(TrainDecoder, DrawsWhatTheDensityMakesBetterAndLeavesTheDensityAsItIs) {
  const TemporaryFolder folder;
  const Dataset train = discs(200, 1), validation = discs(20, 2);
  const CoderResult coder = train_coder(train, validation, edges(), small_recipe(50), run_in(folder / "coder.onnx"));
  DensityRecipe density;
  density.shape.widths = {24}, density.shape.blocks = {1};
  density.steps = 100, density.batch = 16, density.warm_up = 10, density.rate = 2e-3f, density.average_decay = 0.98f;
  Model prior = train_density(train, validation, coder.decoder, coder.encoder, density, run_in(folder / "density.onnx")).generator;
  prior.name = prior.hash = "prior";
  Model encoder = coder.encoder;
  encoder.hash = "encoder";

  DecoderRecipe recipe;
  recipe.loss = small_recipe(1).loss;
  recipe.batch = 8, recipe.steps = 200, recipe.warm_up = 5, recipe.rate = 2e-3f, recipe.average_decay = 0.97f;
  DecoderRecipe none = recipe;
  none.steps = 1, none.rate = 0;
  const DecoderResult before = train_decoder(train, validation, prior, encoder, edges(), none, run_in(folder / "none.onnx"));
  const DecoderResult whole = train_decoder(train, validation, prior, encoder, edges(), recipe, run_in(folder / "whole.onnx"));
  EXPECT_LT(whole.denoised_pixel_error, 0.9 * before.denoised_pixel_error);

  RunOptions halved = run_in(folder / "halved.onnx");
  halved.stop_after = 80;
  EXPECT_FALSE(train_decoder(train, validation, prior, encoder, edges(), recipe, halved).end.finished());
  halved.stop_after = 0;
  EXPECT_EQ(train_decoder(train, validation, prior, encoder, edges(), recipe, halved).denoised_pixel_error, whole.denoised_pixel_error);

  std::vector<float> code(2 * 6 * 3 * 3);
  Rng(1, "code").fill_normal(code);
  EXPECT_EQ(value_of(whole.generator.graph, "code", code, kDensity + "clean", {3, 3}),
            value_of(prior.graph, "code", code, kDensity + "clean", {3, 3}));
  EXPECT_NE(value_of(whole.generator.graph, "code", code, "image", {3, 3}), value_of(prior.graph, "code", code, "image", {3, 3}));
  EXPECT_TRUE(whole.generator.bank && whole.generator.bounds);
  EXPECT_ERROR(train_decoder(train, validation, coder.decoder, encoder, edges(), recipe, run_in(folder / "a.onnx")), "density of latents");
}

}  // namespace
}  // namespace phosphene
