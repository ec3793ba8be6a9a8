// A search that starts from a real image: the code is what the prior's encoder gives for it.
#include "phosphene/synth/encoder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/synth/search.h"
#include "synth/searching.h"
#include "synth/small_decoder.h"

namespace phosphene {
namespace {

using namespace test;

// data [n, 3, 2, 2] -> mean over positions -> fc [n, 10] = row k: (k + 1) * red; red in 0..1.
Model red_encoder() {
  Model model;
  model.name = "red";
  model.hash = "0123456789abcdef";
  model.kind = ModelKind::kClassifier;
  model.preprocess_known = true;
  model.preprocess.height = model.preprocess.width = 2;
  Graph& g = model.graph;
  g.inputs = {{"data", {DataType::kFloat32, Shape{kUnknown, 3, 2, 2}}}};
  g.outputs = {"fc"};
  std::vector<float> w(30);
  for (size_t k = 0; k < 10; ++k) w[k] = static_cast<float>(k + 1);
  g.add_weight("w", Tensor(Shape{3, 10}, w));
  g.nodes = {{"pool", "GlobalAveragePool", {"data"}, {"pool"}, {}},
             {"flat", "Flatten", {"pool"}, {"flat"}, {}},
             {"fc", "Gemm", {"flat", "w"}, {"fc"}, {}}};
  g = infer_shapes(std::move(g));
  return model;
}

Prior prior_of(const std::string& network, const std::string& hash) {
  Model generator = small_generator();
  generator.provenance = {{"network", network}, {"code_layer", "fc"}, {"recipe", {{"network", hash}}}};
  return generator_prior(generator);
}

TEST(Encoder, AnImageStartsEveryJobAtItsCode) {
  const TemporaryFolder folder;
  Image image = Image::blank(2, 2, 3, 0);
  for (size_t pixel = 0; pixel < 4; ++pixel) image.pixels[3 * pixel] = 51;  // red 0.2
  write_png(folder / "red.png", image);

  const Model network = red_encoder();
  Recipe recipe;
  recipe.layer = "fc";
  recipe.seeds = {1, 2};
  recipe.init = "image:" + (folder / "red.png").string();
  for (const char* engine : {"reference", "onednn"}) {
    recipe.engine = engine;
    const auto jobs = make_jobs(parse_objectives("0,3", {"fc", {}, 10}), prior_of("red", network.hash), recipe, network);
    ASSERT_EQ(jobs.size(), 4u);
    for (const Job& job : jobs)
      for (size_t k = 0; k < 10; ++k)
        EXPECT_NEAR(job.start[k], std::min(1.5, 0.2 * static_cast<double>(k + 1)), 1e-5);  // 1.5: the upper bound
  }
}

// A picture as high as the generator's, 8 pixels, and wider: red 0.2 and 0.4 in the middle, with margins that are cut off.
TEST(Encoder, AGraphBesideTheGeneratorCodesThePictureAtTheSizeDrawn) {
  const TemporaryFolder folder;
  Model generator = small_decoder();
  generator.bounds.reset();
  generator.encoder = "coder";
  save_model(folder / "generator.onnx", generator, false);
  Image image = Image::blank(8, 24, 3, 0);
  for (int64_t y = 0; y < 8; ++y)
    for (int64_t x = 0; x < 24; ++x) image.pixels[static_cast<size_t>(3 * (24 * y + x))] = x < 8 || x >= 16 ? 255 : x < 12 ? 51 : 102;
  write_png(folder / "red.png", image);
  Recipe recipe;
  recipe.layer = "relu";
  recipe.init = "image:" + (folder / "red.png").string();
  recipe.engine = "reference";
  const Model network = small_network();
  const auto objectives = parse_objectives("0", {"relu", {}, 4});
  const auto start = [&] {
    return make_jobs(objectives, load_prior((folder / "generator.onnx").string(), network), recipe, network)[0].start;
  };
  EXPECT_NE(error_of(start).find("coder"), std::string::npos);
  save_model(folder / "coder.onnx", small_encoder(), false);
  const std::vector<float> code = start();
  ASSERT_EQ(code.size(), 5u * 2 * 2);
  for (size_t k = 0; k < 5; ++k)
    for (size_t place = 0; place < 4; ++place)
      EXPECT_NEAR(code[4 * k + place], (place % 2 == 0 ? 0.2 : 0.4) * static_cast<double>(k + 1), 1e-5) << k << " " << place;
  generator.encoder = "../coder";
  EXPECT_NE(error_of([&] { generator_prior(generator, input_space(network)); }).find("is a path"), std::string::npos);
}

TEST(Encoder, WhatIsMissingIsNamed) {
  const TemporaryFolder folder;
  write_png(folder / "grey.png", Image::blank(2, 2, 3, 9));
  const std::string file = (folder / "grey.png").string();
  const auto error = [&](const Prior& prior) { return error_of([&] { code_of_image(prior, red_encoder(), file, "reference"); }); };
  EXPECT_NE(error(generator_prior(small_generator())).find("does not say which network"), std::string::npos);
  EXPECT_NE(error(prior_of("other", "ff")).find("neither the network under study nor embedded"), std::string::npos);
  EXPECT_NE(error_of([&] { code_of_image(prior_of("red", red_encoder().hash), red_encoder(), "none.png", "reference"); }).find("none.png"),
            std::string::npos);
}

}  // namespace
}  // namespace phosphene
