#include "graph/build.h"

namespace phosphene {
namespace {

using namespace test;
using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;
using Names = std::vector<std::string>;

Graph relu_chain() {  // x -> a -> b -> c, and x -> side
  Graph g;
  g.inputs = {input("x", {1, 3}), input("unused", {1})};
  g.nodes = {node("Relu", {"x"}, "a"), node("Relu", {"x"}, "side"), node("Relu", {"a"}, "b"), node("Relu", {"b"}, "c")};
  g.add_weight("dangling", Tensor::scalar(1));
  g.outputs = {"c", "side"};
  return g;
}

TEST(Cut, KeepsWhatTheWantedValuesNeed) {
  const Graph g = cut(relu_chain(), {"b", "b", "x"});
  EXPECT_EQ(g.outputs, (Names{"b", "x"}));
  ASSERT_EQ(g.nodes.size(), 2u);
  EXPECT_EQ(g.nodes[0].name, "a");
  EXPECT_EQ(g.nodes[1].name, "b");
  EXPECT_EQ(g.inputs.size(), 1u);
  EXPECT_TRUE(g.weights.empty());
  EXPECT_NO_THROW(verify(g));
  EXPECT_ERROR(cut(relu_chain(), {"fc8"}), "the graph has no value fc8");
  EXPECT_ERROR(cut(relu_chain(), {""}), "the graph has no value");
}

TEST(BindBatch, FixesTheBatchAndTheSize) {
  Graph g = OneNode{"Relu", {{kUnknown, 3, kUnknown, kUnknown}}}.graph();
  EXPECT_EQ(bind_batch(g, 4, {.height = 6, .width = 7}).type_of("y").shape, (Shape{4, 3, 6, 7}));
  EXPECT_ERROR(bind_batch(g, 4), "input a has the open shape [4, 3, ?, ?]; give the image size");
  EXPECT_ERROR(bind_batch(g, 4, {.height = 6}), "open shape [4, 3, 6, ?]");
  EXPECT_ERROR(bind_batch(g, -1), "a batch of -1");
  EXPECT_EQ(bind_batch(OneNode{"Relu", {{2, 3}}}.graph(), 5, {.height = 9, .width = 9}).type_of("y").shape, (Shape{5, 3}));
}

TEST(BindBatch, RewritesReshapesThatSpellTheOldBatch) {
  Graph g;
  g.inputs = {input("x", {1, 6})};
  g.add_weight("target", Tensor::ints({1, 2, 3}));
  g.add_weight("bias", counted({3}));
  g.nodes = {node("Reshape", {"x", "target"}, "y"), node("Constant", {}, "flat", {{"value_ints", Ints{1, -1}}}),
             node("Reshape", {"bias", "target2"}, "b"), node("Add", {"y", "b"}, "z"), node("Reshape", {"z", "flat"}, "w")};
  g.add_weight("target2", Tensor::ints({1, 1, 3}));
  g.outputs = {"w"};
  const Graph bound = bind_batch(g, 4);
  EXPECT_EQ(bound.type_of("y").shape, (Shape{4, 2, 3}));
  EXPECT_EQ(bound.type_of("b").shape, (Shape{1, 1, 3}));  // a constant's own axis of 1 is no batch
  EXPECT_EQ(bound.type_of("w").shape, (Shape{4, 6}));
  EXPECT_EQ(ints_of(g.constant("target")), (Ints{1, 2, 3}));
}

TEST(BindBatch, RejectsShapesThatDependOnData) {
  Graph g;
  g.inputs = {input("n", {2}, DataType::kInt64)};
  g.nodes = {node("Range", {"n", "n", "n"}, "y")};
  g.outputs = {"y"};
  EXPECT_ERROR(bind_batch(g, 1), "depends on data");
}

TEST(FoldConstants, ShapeArithmeticDisappears) {
  Graph g;
  g.inputs = {input("x", {2, 3, 4})};
  g.add_weight("zero", Tensor::ints({0}));
  g.add_weight("rest", Tensor::ints({-1}));
  g.nodes = {node("Shape", {"x"}, "shape"), node("Gather", {"shape", "zero"}, "batch"),
             node("Concat", {"batch", "rest"}, "target", {{"axis", int64_t{0}}}), node("Reshape", {"x", "target"}, "y")};
  g.outputs = {"y"};
  const Graph folded = fold_constants(g);
  EXPECT_EQ(ops_of(folded), Names{"Reshape"});
  EXPECT_EQ(ints_of(folded.constant("target")), (Ints{2, -1}));
  EXPECT_NO_THROW(verify(folded));
}

TEST(FoldConstants, LeavesKeptWeightsAlone) {
  Graph g;
  g.add_weight("w", counted({2}));
  g.add_weight("v", counted({2}));
  g.nodes = {node("Neg", {"w"}, "a"), node("Neg", {"v"}, "b"), node("Add", {"a", "b"}, "y")};
  g.outputs = {"y"};
  EXPECT_EQ(ops_of(fold_constants(g, {"w"})), (Names{"Neg", "Add"}));
  EXPECT_TRUE(fold_constants(g).nodes.empty());
}

TEST(DropIdentities, NodesThatDoNothingGo) {
  Graph g;
  g.inputs = {input("x", {2, 3})};
  g.add_weight("same", Tensor::ints({2, -1}));
  g.add_weight("pads", Tensor::ints({0, 0, 0, 0}));
  g.add_weight("from", Tensor::ints({0}));
  g.add_weight("to", Tensor::ints({100}));
  g.nodes = {node("Identity", {"x"}, "a"),
             node("Dropout", {"a"}, "b"),
             node("Cast", {"b"}, "c", {{"to", int64_t{1}}}),
             node("Reshape", {"c", "same"}, "d"),
             node("Pad", {"d", "pads"}, "e"),
             node("Transpose", {"e"}, "f", {{"perm", Ints{0, 1}}}),
             node("Slice", {"f", "from", "to"}, "g"),
             node("Concat", {"g"}, "h", {{"axis", int64_t{0}}}),
             node("Transpose", {"h"}, "i"),
             node("Relu", {"i"}, "y")};
  g.outputs = {"y"};
  const Graph dropped = drop_identities(g, {});
  EXPECT_EQ(ops_of(dropped), (Names{"Transpose", "Relu"}));
  EXPECT_EQ(dropped.nodes[0].inputs[0], "x");
  EXPECT_EQ(ops_of(drop_identities(g, {"b"})), (Names{"Dropout", "Transpose", "Relu"}));
}

TEST(DropIdentities, ReversalsOfOneShapeAndTrainingDropoutStay) {
  Graph g = OneNode{"Slice", {{3}}, {}, {{-1}, {-100}, {0}, {-1}}}.graph();
  g.nodes.push_back(node("Relu", {"y"}, "z"));
  g.outputs = {"z"};
  EXPECT_EQ(ops_of(drop_identities(g, {})), (Names{"Slice", "Relu"}));
  Graph dropout = OneNode{"Dropout", {{3}}}.graph();
  dropout.add_weight("ratio", Tensor::scalar(0.5f));
  dropout.add_weight("training", Tensor(Shape{}, Ints{1}, DataType::kBool));
  dropout.nodes[0].inputs = {"a", "ratio", "training"};
  dropout.nodes.push_back(node("Relu", {"y"}, "z"));
  dropout.outputs = {"z"};
  EXPECT_EQ(drop_identities(dropout, {}).nodes.size(), 2u);
  dropout.add_weight("training", Tensor(Shape{}, Ints{0}, DataType::kBool));
  EXPECT_EQ(drop_identities(dropout, {}).nodes.size(), 1u);
}

// A linear node "l" with weight w, then BatchNormalization "y" over two channels: s = (1.5, -2), t = (-0.5, 9).
Graph with_normalization(const std::string& op, Shape x, Shape weight, Attributes attributes) {
  Graph g;
  g.inputs = {input("x", std::move(x))};
  Tensor ones = Tensor::zeros(weight);
  for (float& v : ones.floats()) v = 1;
  g.add_weight("w", std::move(ones));
  g.add_weight("b", Tensor(Shape{2}, Floats{1, 10}));
  g.add_weight("scale", Tensor(Shape{2}, Floats{3, -2}));
  g.add_weight("bias", Tensor(Shape{2}, Floats{7, 5}));
  g.add_weight("mean", Tensor(Shape{2}, Floats{5, 2}));
  g.add_weight("variance", Tensor(Shape{2}, Floats{4, 1}));
  g.nodes = {node(op, {"x", "w", "b"}, "l", std::move(attributes)),
             node("BatchNormalization", {"l", "scale", "bias", "mean", "variance"}, "y", {{"epsilon", 0.0f}})};
  g.outputs = {"y"};
  return g;
}

void expect_folded(const Graph& g, const Floats& weight, const Floats& bias) {
  const Graph folded = fold_batch_normalization(g, {"y"});
  ASSERT_EQ(folded.nodes.size(), 1u);
  EXPECT_EQ(folded.nodes[0].outputs[0], "y");
  EXPECT_EQ(folded.nodes[0].name, "l");
  EXPECT_EQ(floats_of(folded.constant(folded.nodes[0].inputs[1])), weight);
  EXPECT_EQ(floats_of(folded.constant(folded.nodes[0].inputs[2])), bias);
  EXPECT_NO_THROW(verify(folded));
}

TEST(FoldBatchNormalization, IntoLinearNodes) {
  expect_folded(with_normalization("Conv", {1, 1, 3, 3}, {2, 1, 1, 2}, {}), {1.5f, 1.5f, -2, -2}, {1, -11});
  expect_folded(with_normalization("ConvTranspose", {1, 2, 3, 3}, {2, 2, 1, 1}, {}), {1.5f, -2, 1.5f, -2}, {1, -11});
  expect_folded(with_normalization("ConvTranspose", {1, 4, 3, 3}, {4, 1, 1, 1}, {{"group", int64_t{2}}}), {1.5f, 1.5f, -2, -2}, {1, -11});
  expect_folded(with_normalization("Gemm", {1, 3}, {3, 2}, {}), {1.5f, -2, 1.5f, -2, 1.5f, -2}, {1, -11});
  expect_folded(with_normalization("Gemm", {1, 3}, {2, 3}, {{"transB", int64_t{1}}, {"beta", 2.0f}}), {1.5f, 1.5f, 1.5f, -2, -2, -2},
                {2.5f, -31});
}

TEST(FoldBatchNormalization, WithoutABias) {
  Graph g = with_normalization("Conv", {1, 1, 3, 3}, {2, 1, 1, 1}, {});
  g.nodes[0].inputs = {"x", "w"};
  expect_folded(g, {1.5f, -2}, {-0.5f, 9});
}

TEST(FoldBatchNormalization, StaysWhenItMust) {
  Graph g = with_normalization("Conv", {1, 1, 3, 3}, {2, 1, 1, 1}, {});
  EXPECT_EQ(fold_batch_normalization(g, {"l"}).nodes.size(), 2u);
  Graph training = g;
  training.nodes[1].attributes.set("training_mode", int64_t{1});
  EXPECT_EQ(fold_batch_normalization(training, {}).nodes.size(), 2u);
  Graph shared = g;
  shared.nodes.push_back(node("Relu", {"l"}, "z"));
  shared.outputs.push_back("z");
  EXPECT_EQ(fold_batch_normalization(shared, {}).nodes.size(), 3u);
}

Graph picture_source(Shape shape) {
  Graph g = OneNode{"Relu", {std::move(shape)}}.graph();
  g.name = "generator";
  return g;
}

TEST(Chain, CropsPadsResizesAndMapsColours) {
  const Graph second = bind_batch(OneNode{"GlobalAveragePool", {{1, 3, 4, 6}}}.graph(), 2);
  const ChainNames names{"g.", "n."};
  const auto build = [&](Shape from, Bridge bridge) {
    return chain(bind_batch(picture_source(std::move(from)), 2), "y", bridge, second, "a", names);
  };
  using Fit = Bridge::Fit;

  Graph g = build({1, 3, 7, 6}, {Fit::kCentreCrop, 4, 6, {}, {}});
  EXPECT_EQ(ops_of(g), (Names{"Relu", "Slice", "GlobalAveragePool"}));
  EXPECT_EQ(ints_of(g.constant("n.a/crop_starts")), (Ints{1, 0}));
  EXPECT_EQ(g.type_of("n.a").shape, (Shape{2, 3, 4, 6}));
  EXPECT_EQ(g.outputs, Names{"n.y"});
  EXPECT_EQ(g.inputs.at(0).name, "g.a");

  g = build({1, 3, 1, 9}, {Fit::kCentreCrop, 4, 6, {}, {}});
  EXPECT_EQ(ops_of(g), (Names{"Relu", "Slice", "Pad", "GlobalAveragePool"}));
  EXPECT_EQ(ints_of(g.constant("n.a/pads")), (Ints{0, 0, 1, 0, 0, 0, 2, 0}));

  g = build({1, 1, 8, 8}, {Fit::kResize, 4, 6, {1, 1, 1}, {0.5f, 0, 0}});
  EXPECT_EQ(ops_of(g), (Names{"Relu", "Resize", "Conv", "GlobalAveragePool"}));
  EXPECT_EQ(g.constant("n.a/matrix")->shape(), (Shape{3, 1, 1, 1}));
  EXPECT_EQ(g.nodes[1].attributes.get_string("coordinate_transformation_mode", ""), "half_pixel");

  g = build({1, 1, 2, 3}, {Fit::kResize, 4, 6, {1, 1, 1}, {0.5f, 0, 0}});  // to more pixels
  EXPECT_EQ(ops_of(g), (Names{"Relu", "Conv", "Resize", "GlobalAveragePool"}));

  g = build({1, 3, 4, 6}, {Fit::kResize, 4, 6, {1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0}});
  EXPECT_EQ(ops_of(g), (Names{"Relu", "Identity", "GlobalAveragePool"}));
  EXPECT_EQ(ops_of(prepare(g, 2, {"n.y"}, false)), (Names{"Relu", "GlobalAveragePool"}));

  EXPECT_ERROR(build({1, 3, 5, 6}, {}), "the bridge gives [2, 3, 5, 6], input a wants [2, 3, 4, 6]");
  EXPECT_ERROR(build({1, 3, 4, 6}, {Fit::kNone, 0, 0, {1, 2}, {}}), "the bridge's matrix has 2 numbers for 3 channels");
  EXPECT_ERROR(build({1, 3, 4, 6}, {Fit::kNone, 0, 0, {}, {1}}), "the bridge's offset has 1 numbers");
  EXPECT_ERROR(build({1, 3, 4, 7}, {Fit::kResize, -4, 6, {}, {}}), "the bridge wants pictures of -4 x 6");
}

TEST(Chain, RejectsClashesAndUnknownNames) {
  const Graph first = picture_source({1, 3, 4, 6}), second = OneNode{"GlobalAveragePool", {{1, 3, 4, 6}}}.graph();
  EXPECT_ERROR(chain(first, "y", {}, second, "a", {"", ""}), "made twice");
  EXPECT_ERROR(chain(first, "q", {}, second, "a", {"g.", ""}), "the first graph has no value q");
  EXPECT_ERROR(chain(first, "y", {}, second, "q", {"g.", ""}), "the second graph has no input q");
  EXPECT_ERROR(chain(picture_source({kUnknown, 3, 4, 6}), "y", {}, second, "a", {"g.", ""}), "not a batch of pictures");
}

TEST(Prepare, LeavesTheLeastThatGivesTheWantedValues) {
  Graph g = with_normalization("Conv", {kUnknown, 1, 3, 3}, {2, 1, 1, 1}, {});
  g.nodes.push_back(node("Identity", {"y"}, "same"));
  g.nodes.push_back(node("Constant", {}, "target", {{"value_ints", Ints{0, -1}}}));
  g.nodes.push_back(node("Reshape", {"same", "target"}, "flat"));
  g.nodes.push_back(node("Relu", {"flat"}, "beyond"));
  g.outputs = {"beyond"};
  const Graph prepared = prepare(g, 3, {"flat"}, false);
  EXPECT_EQ(ops_of(prepared), (Names{"Conv", "Reshape"}));
  EXPECT_EQ(prepared.weights.size(), 3u);
  EXPECT_EQ(prepared.outputs, Names{"flat"});
  EXPECT_EQ(prepared.type_of("flat").shape, (Shape{3, 18}));

  const Graph trainable = prepare(g, 3, {"flat"}, true);
  EXPECT_EQ(ops_of(trainable), (Names{"Conv", "BatchNormalization", "Reshape"}));
  EXPECT_TRUE(trainable.weights.contains("w"));
  EXPECT_EQ(prepare(g, 3, {"same"}, false).outputs, Names{"same"});
  EXPECT_ERROR(prepare(g, 3, {"fc8"}, false), "the graph has no value fc8");
}

TEST(Prepare, MutableWeightsAreKnownByTheNameBehindTheirCast) {
  Graph g = OneNode{"MatMul", {{1, 2}}}.graph();
  g.add_weight("half", counted({2, 2}));
  g.nodes = {node("Cast", {"half"}, "w", {{"to", int64_t{1}}}), node("Neg", {"w"}, "n"), node("MatMul", {"a", "w"}, "m"),
             node("MatMul", {"m", "n"}, "y")};
  const Graph prepared = prepare(g, 1, {"y"}, true);
  EXPECT_EQ(ops_of(prepared), (Names{"Neg", "MatMul", "MatMul"}));  // what is computed from the weight is not folded
  EXPECT_TRUE(prepared.weights.contains("w"));
  EXPECT_FALSE(prepared.weights.contains("half"));
}

}  // namespace
}  // namespace phosphene
