#include "phosphene/model/outputs.h"

#include "graph/build.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/model/model.h"
#include "phosphene/model/warnings.h"

namespace phosphene::outputs_test {
namespace {

using namespace test;

// x [N, 3, 4, 4] -> Conv -> Relu -> mean "features" [N, 6] -> Gemm "scores" [N, units] -> the given nodes.
Graph network(std::vector<Node> tail, std::vector<std::string> outputs, int64_t units = 5) {
  Graph g;
  g.inputs = {input("x", {kUnknown, 3, 4, 4})};
  g.add_weight("w", counted({6, 3, 3, 3}));
  g.add_weight("f", counted({6, units}));
  g.add_weight("g", counted({6, 4}));
  g.nodes = {node("Conv", {"x", "w"}, "conv"), node("Relu", {"conv"}, "relu"), node("GlobalAveragePool", {"relu"}, "mean"),
             node("Flatten", {"mean"}, "features"), node("Gemm", {"features", "f"}, "scores")};
  g.nodes.insert(g.nodes.end(), tail.begin(), tail.end());
  g.outputs = std::move(outputs);
  return infer_shapes(g);
}

const Node kSoftmax = node("Softmax", {"scores"}, "prob"), kSigmoid = node("Sigmoid", {"scores"}, "prob");

TEST(Outputs, AreWhatMakesThem) {
  const auto kind = [](const Graph& graph, const std::string& output) { return meaning_of(graph, output).kind; };
  EXPECT_EQ(kind(network({}, {"scores"}), "scores"), OutputKind::kClasses);
  EXPECT_EQ(kind(network({kSoftmax}, {"prob"}), "prob"), OutputKind::kClasses);
  EXPECT_EQ(kind(network({kSigmoid}, {"prob"}), "prob"), OutputKind::kLabels);
  EXPECT_EQ(kind(network({kSigmoid}, {"prob"}, 1), "prob"), OutputKind::kOneProbability);
  EXPECT_EQ(kind(network({}, {"features"}), "features"), OutputKind::kEmbedding);
  EXPECT_EQ(kind(network({}, {"relu"}), "relu"), OutputKind::kOther);
  EXPECT_EQ(kind(network({node("ArgMax", {"scores"}, "best", {{"axis", int64_t{1}}})}, {"best"}), "best"), OutputKind::kLabel);
  const OutputMeaning soft = meaning_of(network({kSoftmax, node("Identity", {"prob"}, "out")}, {"out"}), "out");
  EXPECT_EQ(soft.scores, "scores");
  EXPECT_EQ(soft.units, 5);
  EXPECT_EQ(soft.to_string(), "probabilities of 5 classes, the softmax of scores");
  EXPECT_EQ(meaning_of(network({kSigmoid}, {"prob"}, 1), "prob").to_string(), "the probability of one class, the sigmoid of scores");
}

TEST(Outputs, AMapOfScoresAveragedIsClasses) {
  Graph g;  // SqueezeNet's end, and a backbone's
  g.inputs = {input("x", {kUnknown, 3, 4, 4})};
  g.add_weight("one", counted({5, 3, 1, 1}));
  g.add_weight("three", counted({5, 3, 3, 3}));
  for (const char* weight : {"one", "three"}) {
    g.nodes = {node("Conv", {"x", weight}, "conv"), node("Relu", {"conv"}, "relu"), node("GlobalAveragePool", {"relu"}, "y")};
    g.outputs = {"y"};
    EXPECT_EQ(meaning_of(infer_shapes(g), "y").kind, weight[0] == 'o' ? OutputKind::kClasses : OutputKind::kEmbedding) << weight;
  }
}

TEST(Outputs, TheOneWithClassesIsFound) {
  const Node embedding = node("Gemm", {"features", "g"}, "projected"),
             norm = node("LpNormalization", {"projected"}, "embedding", {{"axis", int64_t{1}}});
  const Node best = node("ArgMax", {"scores"}, "best", {{"axis", int64_t{1}}});
  for (const auto& outputs : std::vector<std::vector<std::string>>{
           {"prob", "embedding"}, {"embedding", "prob"}, {"prob", "best"}, {"best", "prob"}, {"prob", "features"}})
    EXPECT_EQ(class_output(network({kSoftmax, embedding, norm, best}, outputs), 0).output, "prob") << outputs[0];
  EXPECT_EQ(class_output(network({best}, {"best"}), 0).has_classes(), false);
  EXPECT_EQ(class_output(Graph{}, 0).output, "");
  // Two heads: the one that the labels fit, else the last.
  const Graph heads = network({embedding}, {"scores", "projected"});
  EXPECT_EQ(class_output(heads, 5).output, "scores");
  EXPECT_EQ(class_output(heads, 4).output, "projected");
  EXPECT_EQ(class_output(heads, 0).output, "projected");
}

TEST(Outputs, AModelsChoiceIsTheUsers) {
  Model model;
  model.graph = network({kSoftmax}, {"features", "prob"});
  EXPECT_EQ(model.logits(), "scores");
  model.output = "features";
  EXPECT_EQ(model.meaning().kind, OutputKind::kEmbedding);
  model.labels = {"a", "b", "c", "d", "e", "f"};  // as many as there are features
  EXPECT_EQ(model.meaning().kind, OutputKind::kClasses);
}

TEST(Outputs, Probabilities) {
  const std::vector<float> scores = {0, 1, -2};
  const double sum = 1 + std::exp(1.0) + std::exp(-2.0);
  const auto soft = probabilities(OutputKind::kClasses, scores), each = probabilities(OutputKind::kLabels, scores);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(soft[i], std::exp(static_cast<double>(scores[i])) / sum, 1e-12);
    EXPECT_NEAR(each[i], 1 / (1 + std::exp(-static_cast<double>(scores[i]))), 1e-12);
  }
}

TEST(Warnings, OfASigmoidAtTheEnd) {
  Model model;
  model.preprocess_known = true;
  model.graph = network({kSigmoid}, {"prob"}, 1);
  ASSERT_EQ(warnings(model).size(), 1u);
  EXPECT_TRUE(
      contains(warnings(model)[0], "a sigmoid at the end, where a unit that is sure has no gradient; search the layer before it, scores"));
}

TEST(Warnings, OfNodesThatCannotBeComputed) {
  Model model;
  model.preprocess_known = true;
  model.graph = network({}, {"scores"});
  model.graph.opaque = {{"zip", "ZipMap", {"map"}, "node zip (ZipMap) > operator ZipMap is not supported"},
                        {"more", "Neg", {"more"}, "node zip (ZipMap) > operator ZipMap is not supported", true}};
  ASSERT_EQ(warnings(model).size(), 1u);
  EXPECT_EQ(warnings(model)[0], "node zip (ZipMap) > operator ZipMap is not supported; not reached: map, more");
  EXPECT_ERROR(find_layer(model, "map"), "map cannot be computed: node zip (ZipMap) > operator ZipMap is not supported");
}

}  // namespace
}  // namespace phosphene::outputs_test
