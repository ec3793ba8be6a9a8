// A network of three classes, red, green and blue, that wants one preprocessing: its scores are 4 (x - m) for the mean colour x.
#include "phosphene/judge/try_conventions.h"

#include <cmath>

#include "base/temporary_folder.h"
#include "graph/build.h"
#include "phosphene/judge/silent_units.h"
#include "phosphene/model/preprocess_text.h"

namespace phosphene {
namespace {

using test::node;

// x [N, 3, 4, 4] -> mean over positions -> fc [N, 3] -> [relu]; `red` is the channel that it takes for red.
Model colours(float gain, size_t red, bool known = false) {
  Model model;
  model.name = "colours";
  model.kind = ModelKind::kClassifier;
  model.preprocess.height = model.preprocess.width = 4;
  model.preprocess_known = known;
  Graph& graph = model.graph;
  graph.inputs = {test::input("x", {kUnknown, 3, 4, 4})};
  Tensor w = Tensor::zeros({3, 3});
  for (size_t c = 0; c < 3; ++c) w.floats()[c * 3 + (red == 0 ? c : 2 - c)] = gain;
  graph.add_weight("w", w);
  graph.nodes = {node("GlobalAveragePool", {"x"}, "pool"), node("Flatten", {"pool"}, "flat"),
                 node("Gemm", {"flat", "w"}, "fc", {{"transB", int64_t{1}}})};
  graph.outputs = {"fc"};
  graph = infer_shapes(graph);
  return model;
}

Image picture(std::array<uint8_t, 3> colour) {
  Image image = Image::blank(4, 4);
  for (int64_t i = 0; i < 16; ++i) std::copy(colour.begin(), colour.end(), image.pixels.begin() + i * 3);
  return image;
}

std::vector<Image> pictures() {
  return {picture({255, 0, 0}), picture({0, 255, 0}), picture({0, 0, 255}),
          picture({250, 9, 0}), picture({0, 250, 9}), picture({9, 0, 250})};
}

const ConventionTry& find(const ConventionTrial& trial, std::string_view words) {
  for (const ConventionTry& one : trial.tries)
    if (one.words == words) return one;
  ADD_FAILURE() << words;
  return trial.tries[0];
}

TEST(TryConventions, MeasuresAreWhatTheirEquationsSay) {
  const ConventionTrial trial = try_conventions(colours(4, 0), {picture({255, 0, 0}), picture({0, 255, 0})}, "reference");
  EXPECT_EQ(trial.pictures, 2);
  const ConventionTry& one = find(trial, "range=0..1");
  const double sum = std::exp(4.0) + 2, p = std::exp(4.0) / sum, q = 1 / sum;  // of the picture's own colour, of each other
  EXPECT_NEAR(one.top_probability, p, 1e-6);
  EXPECT_NEAR(one.entropy, -p * std::log(p) - 2 * q * std::log(q), 1e-5);
  EXPECT_EQ(one.classes, 2);
  EXPECT_EQ(one.same_mirrored, 1);
  const double m = (p + q) / 2, own = 0.9 * p + 0.1 * m, other = 0.9 * q + 0.1 * m;
  EXPECT_NEAR(one.recognition, std::log((own * own + other * other) / m + q), 1e-5);
}

// Networks whose scores grow with the pixels' values are certain of one class for every picture when these are too large.
TEST(TryConventions, OneClassForAllIsNoRecognition) {
  Model model = colours(1, 0);
  model.graph.add_weight("b", Tensor(Shape{3}, std::vector<float>{0, 0, 0}));
  Tensor w = *model.graph.constant("w");
  for (size_t i = 0; i < 3; ++i) w.floats()[i] = 3;  // class 0 wins by brightness
  model.graph.add_weight("w", w);
  const ConventionTrial trial = try_conventions(model, pictures(), "reference");
  const ConventionTry& raw = find(trial, "none");
  EXPECT_GT(raw.top_probability, 0.99);
  EXPECT_EQ(raw.classes, 1);
  EXPECT_NEAR(raw.recognition, 0, 0.01);
}

TEST(TryConventions, SaysWhenThePicturesDoNotTell) {
  // Colours swapped or not, every picture is one of three classes: the order cannot be told.
  const ConventionTrial trial = try_conventions(colours(4, 0), pictures(), "reference");
  EXPECT_GT(trial.undecided(), 1);
  EXPECT_TRUE(test::contains(to_text(trial), "the difference is too small to tell on 6 pictures; not ruled out: ")) << to_text(trial);
  const ConventionTrial blind = try_conventions(colours(0, 0), pictures(), "reference");
  EXPECT_TRUE(test::contains(to_text(blind), "Under none of these does the network tell the 6 pictures apart")) << to_text(blind);
}

TEST(TryConventions, ConventionsThatAreAlikeShareARow) {
  const ConventionTrial trial = try_conventions(colours(4, 0), pictures(), "reference");
  EXPECT_EQ(find(trial, "caffe").alike, std::vector<std::string>{"keras"});
  Model known = colours(4, 0, true);
  known.preprocess = parse_preprocess("tf size=4");
  const ConventionTrial own = try_conventions(known, pictures(), "reference");
  EXPECT_EQ(own.tries.size(), trial.tries.size());
  EXPECT_TRUE(find(own, "tf").own);
}

TEST(TryConventions, GreyNetworksHaveNoColourOrder) {
  Model model = colours(4, 0);
  model.graph.inputs[0].type.shape[1] = 1;
  model.graph.add_weight("w", test::counted({3, 1}));
  model.graph = infer_shapes(model.graph);
  model.preprocess = parse_preprocess("grey size=4");
  const ConventionTrial trial = try_conventions(model, {Image::blank(4, 4, 1, 10), Image::blank(4, 4, 1, 200)}, "reference");
  for (const ConventionTry& one : trial.tries) EXPECT_EQ(one.preprocess.order, ColourOrder::kGrey) << one.words;
}

TEST(TryConventions, WrongRequestsAreErrors) {
  Model model = colours(4, 0);
  const auto folder = scratch("pictures");
  EXPECT_ERROR(pictures_for(model, folder), "is no folder");
  std::filesystem::create_directories(folder / "below");
  EXPECT_ERROR(pictures_for(model, folder), "holds no pictures");
  for (int i = 0; i < 5; ++i) write_png(folder / "below" / (std::to_string(i) + ".png"), picture({10, 20, 30}));
  EXPECT_EQ(pictures_for(model, folder).size(), 5u);
  EXPECT_EQ(pictures_for(model, folder, 2).size(), 2u);
  model.kind = ModelKind::kOther;
  EXPECT_ERROR(try_conventions(model, pictures(), "reference"), "colours > is no classifier of pictures");
  model.graph.inputs[0].type.shape[2] = kUnknown;
  EXPECT_ERROR(pictures_for(model, folder), "give --input-size HxW");
}

TEST(SilentUnits, AreThoseThatNoPictureExcites) {
  Model model = colours(1, 0);
  model.graph.nodes.push_back(node("Relu", {"fc"}, "act"));
  model.graph.outputs = {"act"};
  model.graph = infer_shapes(model.graph);
  const auto silent = silent_units(model, parse_preprocess("range=0..1"), {picture({255, 0, 0}), picture({9, 0, 9})}, "reference");
  ASSERT_EQ(silent.size(), 1u);
  EXPECT_EQ(silent[0].layer, "act");
  EXPECT_EQ(silent[0].count, 3);
  EXPECT_EQ(silent[0].units, std::vector<int64_t>{1});
}

}  // namespace
}  // namespace phosphene
