// The subcommand eval: accuracy, and the reconstructions of any generator.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/environment.h"
#include "base/temporary_folder.h"
#include "phosphene/base/file.h"
#include "phosphene/base/image.h"
#include "phosphene/command_line.h"
#include "phosphene/model/model.h"

namespace phosphene {
namespace {

struct Evaluation {
  int code = 0;
  std::string err;
  Json json;
};

// eval's figures as it writes them; its cache of pictures is this test's.
Evaluation eval(std::vector<std::string> arguments) {
  const Environment cache("PHOSPHENE_CACHE", scratch("cache").string());
  const std::string out = scratch("figures.json").string();
  std::filesystem::remove(out);
  arguments.insert(arguments.begin(), {"phosphene", "eval"});
  arguments.insert(arguments.end(), {"-o", out});
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Evaluation outcome;
  outcome.code = run_cli(static_cast<int>(argv.size()), argv.data());
  testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  if (std::filesystem::exists(out)) outcome.json = read_json(out);
  return outcome;
}

// Class folders red and blue of plain pictures, 4 x 4 pixels; one of the red ones is blue.
std::string pictures() {
  const auto folder = scratch("data");
  for (const auto& [name, r, b] : {std::tuple{"red/0", 200, 10}, {"red/1", 90, 30}, {"red/2", 40, 220}, {"blue/0", 20, 250}}) {
    Image image = Image::blank(4, 4);
    for (size_t i = 0; i < 16; ++i) {
      image.pixels[3 * i] = static_cast<uint8_t>(r);
      image.pixels[3 * i + 1] = static_cast<uint8_t>(5 * i);
      image.pixels[3 * i + 2] = static_cast<uint8_t>(b);
    }
    for (const char* split : {"train", "val"}) {
      const auto file = folder / split / (std::string(name) + ".png");
      std::filesystem::create_directories(file.parent_path());
      write_png(file, image);
    }
  }
  return folder.string();
}

// x [n, 3, 4, 4] in 0..1 -> code [n, 48], the pixels themselves; class scores are the mean red and the mean blue.
std::string network() {
  Model model;
  model.kind = ModelKind::kClassifier;
  model.preprocess.height = model.preprocess.width = 4;
  model.labels = {"red", "blue"};
  Graph& g = model.graph;
  g.inputs = {{"x", {DataType::kFloat32, Shape{kUnknown, 3, 4, 4}}}};
  g.add_weight("one", Tensor(Shape{3, 3, 1, 1}, std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0, 1}));
  Tensor mean = Tensor::zeros(Shape{48, 2});
  for (size_t i = 0; i < 16; ++i) mean.floats()[2 * i] = mean.floats()[2 * (32 + i) + 1] = 1.0f / 16;
  g.add_weight("mean", std::move(mean));
  g.nodes = {{"copy", "Conv", {"x", "one"}, {"copy"}, {}},
             {"pixels", "Flatten", {"copy"}, {"pixels"}, {}},
             {"scores", "Gemm", {"pixels", "mean"}, {"scores"}, {}}};
  g.outputs = {"scores"};
  save_model(scratch("network.onnx"), model, false);
  return scratch("network.onnx").string();
}

// A generator "latent" -> "drawn" whose pictures are 255 times its code's values plus `offset`, in blue, green, red: not the network's
// pixels. Its code is red, green, blue in 0..1, as `pixels` of the network.
std::string generator(float offset) {
  Model model;
  model.kind = ModelKind::kGenerator;
  model.preprocess.order = ColourOrder::kBgr;
  model.preprocess.scale = 1;
  model.preprocess.mean = {1, 2, 3};
  model.preprocess.deviation = {2, 2, 2};
  model.preprocess_known = true;
  Graph& g = model.graph;
  g.inputs = {{"latent", {DataType::kFloat32, Shape{kUnknown, 48}}}};
  g.add_weight("grid", Tensor::ints({0, 3, 4, 4}));
  g.add_weight("turn", Tensor(Shape{3, 3, 1, 1}, std::vector<float>{0, 0, 127.5f, 0, 127.5f, 0, 127.5f, 0, 0}));
  g.add_weight("mean", Tensor(Shape{3}, std::vector<float>{offset - 0.5f, offset - 1, offset - 1.5f}));
  g.nodes = {{"grid", "Reshape", {"latent", "grid"}, {"planes"}, {}}, {"turn", "Conv", {"planes", "turn", "mean"}, {"drawn"}, {}}};
  g.outputs = {"drawn"};
  const auto file = scratch("generator.onnx");
  save_model(file, model, false);
  return file.string();
}

TEST(Eval, CountsWhatTheClassifierGetsRight) {
  const Evaluation outcome = eval({network(), "--data", pictures()});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.json.at("images"), 4);
  EXPECT_DOUBLE_EQ(outcome.json.at("top1").get<double>(), 0.75);
}

// Names of its own for code and picture, and another pixel space: the redrawn picture is the first one, and so is its code.
TEST(Eval, MeasuresAGeneratorWithNamesAndPixelsOfItsOwn) {
  const auto reconstruction = [](const std::string& prior) {
    const Evaluation outcome =
        eval({network(), "--data", pictures(), "--prior", prior, "--code-layer", "pixels", "--grid", scratch("grid.png").string()});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.json.at("reconstruction");
  };
  const Json exact = reconstruction(generator(0));
  EXPECT_EQ(exact.at("code_units"), 48);
  EXPECT_EQ(exact.at("code_layer"), "pixels");
  EXPECT_EQ(exact.at("dead_units"), 1);  // the first pixel has no green
  EXPECT_LT(exact.at("code_error").get<double>(), 1e-6);
  const Image grid = read_image(scratch("grid.png").string());  // four pictures, each above its redrawing
  ASSERT_EQ(grid.height, 10);
  ASSERT_EQ(grid.width, 22);
  for (int64_t y = 0; y < 4; ++y)
    for (int64_t i = 0; i < 3 * grid.width; ++i) EXPECT_NEAR(grid.at(y, 0)[i], grid.at(y + 6, 0)[i], 1) << y;
  // Its file's values are (pixel - mean) / 2: an offset of 10 there makes every pixel 20 brighter, and the code by 20/255.
  const double error = reconstruction(generator(10)).at("code_error").get<double>();
  std::vector<double> expected;
  for (const auto& [r, b] : {std::pair{200, 10}, {90, 30}, {40, 220}, {20, 250}}) {
    double norm = 0;
    for (int i = 0; i < 16; ++i) norm += r * r + 25 * i * i + b * b;
    expected.push_back(20 * std::sqrt(48.0) / std::sqrt(norm));
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_NEAR(error, expected[2], 1e-5);  // of four the third stands for the median
}

TEST(Eval, APriorWithoutThatCodeIsOneLine) {
  const Evaluation small = eval({network(), "--data", pictures(), "--prior", generator(0), "--code-layer", "scores"});
  EXPECT_EQ(small.code, 1);
  EXPECT_NE(small.err.find("error: prior generator > its code has 48 values, layer scores of network has 2; name the layer"),
            std::string::npos)
      << small.err;
}

// A Caffe generator, whose input is "feat" and whose output has another size than the network's.
TEST(Eval, TakesACaffeGenerator) {
  Model model = load_model(network());
  model.graph.add_weight("twenty", Tensor::zeros(Shape{48, 20}));
  model.graph.nodes.push_back({"code", "Gemm", {"pixels", "twenty"}, {"code20"}, {}});
  model.graph.nodes.push_back({"lifted", "Exp", {"code20"}, {"lifted"}, {}});
  model.graph.outputs = {"scores", "lifted"};
  model.output = "scores";
  save_model(scratch("twenty.onnx"), model, false);
  const std::string prior = std::string(PHOSPHENE_SOURCE_DIR) + "/tests/fixtures/caffe/generator.prototxt";
  const Evaluation outcome =
      eval({scratch("twenty.onnx").string(), "--data", pictures(), "--prior", prior, "--random-weights", "3", "--code-layer", "lifted"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json figures = outcome.json.at("reconstruction");
  EXPECT_EQ(figures.at("code_units"), 20);
  EXPECT_LT(figures.at("code_error").get<double>(), 1e-6);  // this layer is 1 whatever it sees
}

// "builtin" is tin200-fc6, as for synth.
TEST(EvalSlow, TakesTheBuiltinPrior) {
  const auto reconstruction = [](const std::string& prior) {
    const Evaluation outcome = eval({"tin200", "--data", pictures(), "--prior", prior});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.json.at("reconstruction");
  };
  const Json builtin = reconstruction("builtin");
  EXPECT_EQ(builtin.at("prior"), "tin200-fc6");
  EXPECT_EQ(builtin, reconstruction("tin200-fc6"));
  EXPECT_GT(builtin.at("code_error").get<double>(), 0.05);
  EXPECT_LT(builtin.at("code_error").get<double>(), 1.0);
}

// A prior whose codes come from an encoder of its own, with noise channels that the encoder does not make.
TEST(EvalSlow, MeasuresAPriorInTheCodesOfItsOwnEncoder) {
  const Evaluation outcome = eval({"tin200", "--data", pictures(), "--prior", "photos"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json figures = outcome.json.at("reconstruction");
  EXPECT_EQ(figures.at("encoder"), "photos-encoder");
  EXPECT_GT(figures.at("code_error").get<double>(), 0.01);
  EXPECT_LT(figures.at("code_error").get<double>(), 1.0);
}

}  // namespace
}  // namespace phosphene
