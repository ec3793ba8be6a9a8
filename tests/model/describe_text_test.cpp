#include "phosphene/model/warnings.h"

#include <cmath>
#include <sstream>

#include "graph/build.h"
#include "phosphene/model/describe.h"

namespace phosphene {
namespace {

using test::contains;
using test::node;

// x [N, 3, 40, 40] -> conv with a long name [N, 4, ...] -> Reshape to [N, n] -> Gemm "scores" -> Softmax "prob"
Model small_classifier() {
  Model model;
  model.name = "net";
  model.kind = ModelKind::kClassifier;
  Graph& graph = model.graph;
  graph.inputs = {test::input("x", {kUnknown, 3, 40, 40})};
  graph.add_weight("w", test::counted({4, 3, 1, 1}));
  graph.add_weight("target", Tensor::ints({0, -1}));
  graph.add_weight("v", test::counted({10, 6400}));
  graph.nodes = {node("Conv", {"x", "w"}, "/features/features.0/features.0.block/conv/Conv_output_0"),
                 node("Reshape", {"/features/features.0/features.0.block/conv/Conv_output_0", "target"}, "flat"),
                 node("Gemm", {"flat", "v"}, "scores", {{"transB", int64_t{1}}}), node("Softmax", {"scores"}, "prob")};
  graph.outputs = {"prob"};
  graph = infer_shapes(graph);
  return model;
}

template <typename Change>
void change(Model& model, const std::string& weight, Change&& change_values) {
  Tensor tensor = *model.graph.constant(weight);
  change_values(tensor.floats());
  model.graph.add_weight(weight, std::move(tensor));
}

TEST(DescriptionText, FitsTheTerminal) {
  std::istringstream lines(description_text(small_classifier(), {.width = 72}));
  bool listed = false;
  for (std::string line; std::getline(lines, line) && !line.starts_with("not listed");) {
    EXPECT_LE(line.size(), 72u) << line;
    listed |= line.starts_with("features.0.block.conv ") && contains(line, "40x40") && contains(line, "19.2k");
  }
  EXPECT_TRUE(listed);
  EXPECT_TRUE(contains(description_text(small_classifier(), {.width = 66}), "\nfeatu..0.block.conv  Conv"));
  EXPECT_TRUE(contains(description_text(small_classifier()), "/features/features.0/features.0.block/conv/Conv_output_0"));
}

TEST(DescriptionText, ListsWhatComputes) {
  EXPECT_FALSE(contains(description_text(small_classifier()), "Reshape"));
  EXPECT_TRUE(contains(description_text(small_classifier()), "reshaped or counted: 1 (--all lists them)"));
  EXPECT_TRUE(contains(description_text(small_classifier(), {.all_layers = true}), "Reshape"));
  const Json json = description_json(small_classifier());
  EXPECT_EQ(json["layers"].size(), 4u);
  EXPECT_EQ(json["layers"][1]["computes"], false);
  EXPECT_EQ(json["preprocess_words"], "rgb range=0..1");
}

TEST(DescriptionText, NamesTheClassesThatFit) {
  Model model = small_classifier();
  model.labels = {"tench", "goldfish", "great white shark", "tiger shark", "hammerhead", "electric ray", "stingray", "cock",
                  "hen",   "ostrich"};
  EXPECT_TRUE(contains(description_text(model, {.width = 60}), " 10 classes: tench, goldfish, ...\n"));
  EXPECT_TRUE(contains(description_text(model, {.width = 200}), "hen, ostrich\n"));
}

TEST(DescriptionText, UnitListsAreRanges) {
  EXPECT_EQ(unit_list({1, 3, 4, 5, 9}), "1, 3-5, 9");
  EXPECT_EQ(unit_list({0, 2, 4, 6}, 2), "0, 2, ...");
  EXPECT_EQ(unit_list({}), "");
}

TEST(Warnings, OfSoftmaxAndAssumedPreprocessing) {
  Model model = small_classifier();
  const auto found = warnings(model);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(contains(found[0], "how pixels become the input is not known"));
  EXPECT_TRUE(contains(found[1], "a softmax at the end") && contains(found[1], "scores"));
  model.preprocess_known = true;
  EXPECT_EQ(warnings(model).size(), 1u);
}

TEST(Warnings, OfDeadUnitsAndOddWeights) {
  Model model = small_classifier();
  model.preprocess_known = true;
  change(model, "w", [](std::span<float> w) { std::fill_n(w.begin() + 3, 6, 0.0f); });  // units 1 and 2
  EXPECT_TRUE(contains(warnings(model).at(1), "2 of 4 units have weights that are all zero and cannot be excited: 1-2"));
  change(model, "v", [](std::span<float> v) { v[7] = NAN; });
  EXPECT_TRUE(contains(warnings(model).at(2), "weight v holds values that are no finite numbers"));
  change(model, "v", [](std::span<float> v) { v[7] = 1e6f; });
  EXPECT_TRUE(contains(warnings(model).at(2), "weight v holds values above 10000"));
}

TEST(Warnings, OfInputs) {
  Model model = small_classifier();
  model.graph.inputs[0].type.shape = {kUnknown, 5, kUnknown, 40};
  EXPECT_TRUE(contains(warnings(model).at(0), "the size of the picture x is open; give it with --input-size"));
  EXPECT_TRUE(contains(warnings(model).at(1), "5 channels are no picture"));
  model.graph.inputs.push_back(test::input("temperature", {}));
  EXPECT_TRUE(contains(warnings(model).at(0), "2 inputs; give all but the picture with --fix"));
}

}  // namespace
}  // namespace phosphene
