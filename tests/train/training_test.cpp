// Small real trainings: that they learn, and that a paused run goes on exactly as one that was never paused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "graph/build.h"
#include "phosphene/base/error.h"
#include "phosphene/base/median.h"
#include "phosphene/graph/passes.h"
#include "phosphene/train/generator.h"
#include "phosphene/train/losses.h"
#include "phosphene/train/read.h"
#include "phosphene/train/trunk.h"
#include "train/bars.h"
#include "train/run_in.h"

namespace phosphene {
namespace {

TEST(TrainClassifier, LearnsAndTheSavedModelIsTheTrainedOne) {
  const TemporaryFolder folder;
  const Dataset train = bars(256, 1), validation = bars(64, 2);
  const ClassifierResult result = train_classifier(train, validation, small_classifier(), run_in(folder / "net.onnx"));
  EXPECT_TRUE(result.end.finished());
  EXPECT_GE(result.top1, 0.9);
  save_model(folder / "net.onnx", result.model, false);
  const Accuracy again = measure_accuracy(load_model((folder / "net.onnx").string()), validation, "onednn", Precision::kFloat32);
  EXPECT_EQ(again.top1, result.top1);
}

TEST(TrainClassifier, AResidualNetworkLearnsAndTheSavedModelIsTheTrainedOne) {
  const TemporaryFolder folder;
  const Dataset train = bars(256, 1), validation = bars(64, 2);
  ClassifierRecipe recipe = small_classifier();
  recipe.shape.widths = {8, 16}, recipe.shape.blocks = 1;
  const ClassifierResult result = train_classifier(train, validation, recipe, run_in(folder / "net.onnx"));
  EXPECT_GE(result.top1, 0.9);
  EXPECT_EQ(result.model.logits(), "logits");
  save_model(folder / "net.onnx", result.model, false);
  const Model saved = load_model((folder / "net.onnx").string());
  EXPECT_EQ(measure_accuracy(saved, validation, "onednn", Precision::kFloat32).top1, result.top1);
  recipe.twins = 1;
  EXPECT_ERROR(train_classifier(train, validation, recipe, run_in(folder / "twins.onnx")), "a residual network has no fc6");
  recipe.twins = 0, recipe.seed = 1;  // from a finished one
  const ClassifierResult further = train_classifier(train, validation, recipe, run_in(folder / "further.onnx"), {.start = &saved});
  EXPECT_GE(further.top1, result.top1 - 0.05);
}

TEST(TrainClassifier, APausedRunGoesOnAsIfItHadNotBeenPaused) {
  const TemporaryFolder folder;
  const Dataset train = bars(128, 1), validation = bars(32, 2);
  ClassifierRecipe recipe = small_classifier();
  recipe.epochs = 2;
  train_classifier(train, validation, recipe, run_in(folder / "whole.onnx"));
  RunOptions run = run_in(folder / "paused.onnx");
  run.stop_after = 7;
  EXPECT_FALSE(train_classifier(train, validation, recipe, run).end.finished());
  run.stop_after = 0;
  EXPECT_TRUE(train_classifier(train, validation, recipe, run).end.finished());
  EXPECT_EQ(read_file(folder / "whole.checkpoint"), read_file(folder / "paused.checkpoint"));
}

TEST(TrainClassifier, AnotherRecipeDoesNotTakeOverACheckpoint) {
  const TemporaryFolder folder;
  const Dataset train = bars(64, 1), validation = bars(32, 2);
  ClassifierRecipe recipe = small_classifier();
  RunOptions run = run_in(folder / "net.onnx");
  run.stop_after = 1;
  train_classifier(train, validation, recipe, run);
  recipe.rate = 1e-4f;
  try {
    train_classifier(train, validation, recipe, run);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("rate"), std::string::npos) << error.what();
  }
}

TEST(TrainClassifier, ALossThatIsNoNumberStopsAndKeepsTheCheckpoint) {
  const TemporaryFolder folder;
  const Dataset train = bars(64, 1), validation = bars(32, 2);
  ClassifierRecipe recipe = small_classifier();
  recipe.rate = 1e30f, recipe.warm_up = 1;
  RunOptions run = run_in(folder / "net.onnx");
  EXPECT_THROW(train_classifier(train, validation, recipe, run), Error);
}

// Of kernels 4x4 of stride 2: how far in a row or a column the sum of the even taps is from that of the odd ones, at most.
float unevenness(const Tensor& kernels) {
  float worst = 0;
  for (int64_t k = 0; k < kernels.size() / 16; ++k)
    for (int64_t line = 0; line < 4; ++line) {
      float row = 0, column = 0;
      for (int64_t i = 0; i < 4; ++i) {
        const auto sign = static_cast<float>(1 - i % 2 * 2);
        row += sign * kernels.floats()[static_cast<size_t>(16 * k + 4 * line + i)];
        column += sign * kernels.floats()[static_cast<size_t>(16 * k + 4 * i + line)];
      }
      worst = std::max({worst, std::abs(row), std::abs(column)});
    }
  return worst;
}

TEST(TrainGenerator, InvertsTheCodeAndResumes) {
  const TemporaryFolder folder;
  const Dataset train = bars(256, 1), validation = bars(50, 2);
  ClassifierResult classifier = train_classifier(train, validation, small_classifier(), run_in(folder / "net.onnx"));
  GeneratorRecipe recipe;
  recipe.shape.widths = {16, 16, 8};
  recipe.shape.fully_connected = 32;
  recipe.discriminator.widths = {8, 16};
  recipe.discriminator.embedding = 16;
  recipe.steps = 60, recipe.batch = 16, recipe.warm_up = 5, recipe.flip = false, recipe.rate = 2e-3f, recipe.average_decay = 0.9f;
  recipe.jitter = 2;
  recipe.seen_layers = {"pool1"};
  const GeneratorResult whole = train_generator(train, validation, classifier.model, recipe, run_in(folder / "whole.onnx"));
  EXPECT_LT(whole.code_error, 0.8);
  ASSERT_TRUE(whole.model.bounds.has_value());
  EXPECT_EQ(whole.model.bounds->upper.size(), 16u);
  for (const float lower : whole.model.bounds->lower) EXPECT_EQ(lower, 0);

  for (const Node& node : whole.model.graph.nodes) {
    if (node.op != "ConvTranspose") continue;
    EXPECT_LT(unevenness(*whole.model.graph.weights.at(node.inputs[1])), 1e-5) << node.outputs[0];
  }

  RunOptions run = run_in(folder / "paused.onnx");
  run.stop_after = 23;
  train_generator(train, validation, classifier.model, recipe, run);
  run.stop_after = 0;
  train_generator(train, validation, classifier.model, recipe, run);
  EXPECT_EQ(read_file(folder / "whole.checkpoint"), read_file(folder / "paused.checkpoint"));

  // Goes on from the finished generator: one step of a tiny rate leaves it as good as it was.
  recipe.steps = 1, recipe.rate = 1e-9f;
  const GeneratorResult more = train_generator(train, validation, classifier.model, recipe, run_in(folder / "more.onnx"), &whole.model);
  EXPECT_NEAR(more.code_error, whole.code_error, 1e-3);
  EXPECT_EQ(more.model.provenance.at("start").at("steps"), 60);
  recipe.shape.widths = {16, 8, 8};
  EXPECT_THROW(train_generator(train, validation, classifier.model, recipe, run_in(folder / "other.onnx"), &whole.model), Error);

  const auto refused = [&](const std::string& seen) {
    recipe.seen_layers = {seen};
    return error_of([&] { train_generator(train, validation, classifier.model, recipe, run_in(folder / "other.onnx")); });
  };
  EXPECT_NE(refused("conv1").find("no maps of the size of conv1"), std::string::npos) << refused("conv1");
  EXPECT_NE(refused("fc6").find("not [n, c, h, w]"), std::string::npos) << refused("fc6");
  recipe.seen_layers = {"pool1", "pool1"};
  EXPECT_NE(error_of([&] { train_generator(train, validation, classifier.model, recipe, run_in(folder / "other.onnx")); }).find("twice"),
            std::string::npos);
}

// Folded batch normalizations come back: a step of a tiny rate on them leaves the network as good as it was.
TEST(TrainClassifier, GoesOnFromAFinishedNetwork) {
  const TemporaryFolder folder;
  const Dataset train = bars(256, 1), validation = bars(200, 2);
  ClassifierRecipe recipe = small_classifier();
  const ClassifierResult first = train_classifier(train, validation, recipe, run_in(folder / "first.onnx"));
  recipe.rate = 1e-9f, recipe.epochs = static_cast<double>(recipe.batch) / 256;
  const ClassifierResult more = train_classifier(train, validation, recipe, run_in(folder / "more.onnx"), {.start = &first.model});
  EXPECT_EQ(more.end.steps, 1);
  EXPECT_GT(first.top1, 0.5);
  EXPECT_NEAR(more.top1, first.top1, 0.1);
  recipe.shape.fully_connected /= 2;
  EXPECT_THROW(train_classifier(train, validation, recipe, run_in(folder / "other.onnx"), {.start = &first.model}), Error);
}

// The layers of another network stay as they are, whatever it takes as pixels, and the whole is one network.
TEST(TrainClassifier, OnTheTrunkOfAnotherNetwork) {
  const TemporaryFolder folder;
  const Dataset train = bars(256, 1), validation = bars(64, 2);
  Model below = train_classifier(train, validation, small_classifier(), run_in(folder / "below.onnx")).model;
  below.preprocess.mean = {0.3f};
  ClassifierRecipe recipe = small_classifier();
  recipe.seed = 1;
  const ClassifierResult result =
      train_classifier(train, validation, recipe, run_in(folder / "net.onnx"), {.trunk = &below, .trunk_layer = "conv3"});
  EXPECT_GE(result.top1, 0.9);
  EXPECT_EQ(result.model.provenance.at("recipe").at("trunk").at("layer"), "trunk.conv3");
  int64_t convolutions = 0;
  for (const Node& node : below.graph.nodes) {
    if (node.op != "Conv" || ++convolutions > 3) continue;
    const auto stood = below.graph.weights.at(node.inputs[1])->floats(),
               stands = result.model.graph.weights.at("trunk." + node.inputs[1])->floats();
    EXPECT_TRUE(std::ranges::equal(stood, stands)) << node.outputs[0];
  }
  save_model(folder / "net.onnx", result.model, false);
  const Accuracy again = measure_accuracy(load_model((folder / "net.onnx").string()), validation, "onednn", Precision::kFloat32);
  EXPECT_EQ(again.top1, result.top1);

  ClassifierRecipe little = recipe;
  little.rate = 1e-9f, little.epochs = static_cast<double>(recipe.batch) / 256;
  const ClassifierResult more = train_classifier(train, validation, little, run_in(folder / "more.onnx"), {.start = &result.model});
  EXPECT_NEAR(more.top1, result.top1, 0.1);
  EXPECT_EQ(more.model.graph.nodes.size(), result.model.graph.nodes.size());
  // The trunk is known by the provenance, also that of the one before the one before.
  const std::optional<Graph> below_more = trunk_of(more.model);
  ASSERT_TRUE(below_more.has_value());
  EXPECT_EQ(below_more->outputs, std::vector<std::string>{"trunk.conv3"});
  EXPECT_FALSE(trunk_of(below).has_value());
  Dataset larger = train;
  larger.height *= 2, larger.count /= 2;
  const std::string other =
      error_of([&] { train_classifier(larger, validation, little, run_in(folder / "larger.onnx"), {.start = &result.model}); });
  EXPECT_NE(other.find("give --size"), std::string::npos) << other;

  const auto refused = [&](const ClassifierOrigin& origin) {
    return error_of([&] { train_classifier(train, validation, recipe, run_in(folder / "other.onnx"), origin); });
  };
  EXPECT_NE(refused({.trunk = &below, .trunk_layer = "fc6"}).find("not [n, c, h, w]"), std::string::npos);
  EXPECT_NE(refused({.start = &below, .trunk = &below, .trunk_layer = "conv3"}).find("--trunk"), std::string::npos);
}

// From labels that are all wrong, the teacher's opinion alone makes a classifier; the teacher sees the pictures in its own size.
TEST(TrainClassifier, LearnsFromATeacher) {
  const TemporaryFolder folder;
  Dataset train = bars(256, 1);
  const Dataset validation = bars(64, 2);
  Model teacher = train_classifier(train, validation, small_classifier(), run_in(folder / "teacher.onnx")).model;
  for (int32_t& label : train.classes) label = 1 - label;
  ClassifierRecipe recipe = small_classifier();
  recipe.seed = 1, recipe.teacher_weight = 1;
  const ClassifierResult result = train_classifier(train, validation, recipe, run_in(folder / "net.onnx"), {.teacher = &teacher});
  EXPECT_GE(result.top1, 0.9);
  teacher.labels = {"one", "two"};
  const std::string refused =
      error_of([&] { train_classifier(train, validation, recipe, run_in(folder / "other.onnx"), {.teacher = &teacher}); });
  EXPECT_NE(refused.find("same classes"), std::string::npos);
}

// Median of |E(R(z)) - E(z)| / |E(z)|, z the pictures and R(z) their redrawings.
double distance_of_redrawings(const Model& encoder, const Graph& redraw, const Dataset& data) {
  const int64_t n = data.count;
  const size_t width = 16;
  std::vector<float> pictures(static_cast<size_t>(n * data.image_size()));
  std::vector<int64_t> all(static_cast<size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  read_images(data, encoder.preprocess, all, pictures);
  Onlooker drawing(redraw, n, run_in("")), seeing(behind_pictures(encoder, {"fc6"}, encoder.preprocess, false), n, run_in(""));
  const auto codes_of = [&](std::span<const float> shown) {
    const auto codes = seeing.see(shown);
    return std::vector<float>(codes.begin(), codes.end());
  };
  const auto real = codes_of(pictures), drawn = codes_of(drawing.see(pictures));
  std::vector<float> errors(real.size() / width);
  relative_errors(drawn, real, errors);
  return median(std::vector<double>(errors.begin(), errors.end()));
}

TEST(TrainClassifier, TwinsBringTheCodesOfPicturesAndOfTheirRedrawingsTogether) {
  const TemporaryFolder folder;
  const Dataset train = bars(256, 1), validation = bars(64, 2);
  ClassifierRecipe recipe = small_classifier();
  const Model start = train_classifier(train, validation, recipe, run_in(folder / "start.onnx")).model;
  GeneratorRecipe drawn;
  drawn.shape.widths = {16, 16, 8};
  drawn.shape.fully_connected = 32;
  drawn.discriminator.widths = {8, 16};
  drawn.discriminator.embedding = 16;
  drawn.steps = 20, drawn.batch = 16, drawn.warm_up = 5, drawn.flip = false, drawn.rate = 2e-3f;
  const Model generator = train_generator(train, validation, start, drawn, run_in(folder / "generator.onnx")).model;
  recipe.twins = 4, recipe.blur = 0.5;
  const ClassifierOrigin origin{.start = &start, .redraw = &generator};
  const ClassifierResult result = train_classifier(train, validation, recipe, run_in(folder / "net.onnx"), origin);
  EXPECT_GE(result.top1, 0.9);
  const Graph redraw = redrawing(start, "fc6", generator, start.preprocess);
  EXPECT_LT(distance_of_redrawings(result.model, redraw, validation), 0.8 * distance_of_redrawings(start, redraw, validation));

  recipe.batch = 18;
  EXPECT_THROW(train_classifier(train, validation, recipe, run_in(folder / "other.onnx"), origin), Error);
  recipe.batch = 16, recipe.twins = 0;
  EXPECT_THROW(train_classifier(train, validation, recipe, run_in(folder / "other.onnx"), origin), Error);
}

}  // namespace
}  // namespace phosphene
