// Passes that find operators in simpler ones: the graph computes the same, with fewer nodes.
#include <algorithm>
#include <cmath>

#include "graph/build.h"

namespace phosphene {
namespace {

using namespace test;
using Ints = std::vector<int64_t>;
using Names = std::vector<std::string>;

// The value of the output when the input x is these numbers.
std::vector<float> value_at(Graph graph, const Tensor& x) {
  graph.inputs.clear();
  graph.add_weight("x", x);
  const std::string output = graph.outputs[0];
  graph = fold_constants(std::move(graph));
  EXPECT_TRUE(graph.constant(output));
  return floats_of(graph.constant(output));
}

Tensor wave(const Shape& shape) {
  Tensor tensor = Tensor::zeros(shape);
  for (size_t i = 0; i < static_cast<size_t>(tensor.size()); ++i) tensor.floats()[i] = 2 * std::sin(static_cast<float>(i * i));
  return tensor;
}

void expect_same_value(const Graph& a, const Graph& b, const Tensor& x) {
  const auto first = value_at(a, x), second = value_at(b, x);
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) EXPECT_NEAR(first[i], second[i], 1e-5) << i;
}

Graph layer_normalization(bool affine, const Ints& axes) {
  Graph g;
  g.inputs = {input("x", {2, 3, 4})};
  g.add_weight("two", Tensor::scalar(2));
  g.add_weight("epsilon", Tensor::scalar(1e-3f));
  const Attributes reduce = {{"axes", axes}, {"keepdims", int64_t{1}}};
  g.nodes = {node("ReduceMean", {"x"}, "mean", reduce),
             node("Sub", {"x", "mean"}, "d"),
             node("Pow", {"d", "two"}, "square"),
             node("ReduceMean", {"square"}, "variance", reduce),
             node("Add", {"variance", "epsilon"}, "v"),
             node("Sqrt", {"v"}, "s"),
             node("Div", {"d", "s"}, "z")};
  g.outputs = {"z"};
  if (!affine) return g;
  g.add_weight("scale", counted(axes.size() == 1 ? Shape{4} : Shape{3, 4}));
  g.add_weight("shift", wave(axes.size() == 1 ? Shape{4} : Shape{3, 4}));
  g.nodes.push_back(node("Mul", {"scale", "z"}, "scaled"));
  g.nodes.push_back(node("Add", {"scaled", "shift"}, "y"));
  g.outputs = {"y"};
  return g;
}

TEST(MergeLayerNormalization, WithAndWithoutScale) {
  for (const bool affine : {false, true})
    for (const Ints& axes : {Ints{-1}, Ints{1, 2}}) {
      const Graph g = layer_normalization(affine, axes), merged = merge_layer_normalization(g, {});
      EXPECT_EQ(ops_of(merged), Names{"LayerNormalization"});
      EXPECT_EQ(merged.outputs, g.outputs);
      expect_same_value(g, merged, wave({2, 3, 4}));
    }
}

TEST(MergeLayerNormalization, WantedValuesStay) {
  const Graph merged = merge_layer_normalization(layer_normalization(true, {-1}), {"z", "y"});
  EXPECT_TRUE(merged.has_value("z"));
  EXPECT_EQ(ops_of(merged), (Names{"LayerNormalization", "Mul", "Add"}));
}

TEST(MergeLayerNormalization, OtherAxesAreLeftAlone) {
  EXPECT_EQ(ops_of(merge_layer_normalization(layer_normalization(false, {1}), {})).size(), 7u);
  Graph different = layer_normalization(false, {-1});
  different.nodes[3].attributes.set("axes", Ints{1, 2});
  EXPECT_EQ(ops_of(merge_layer_normalization(different, {})).size(), 7u);
}

Graph gelu(bool half_first) {
  Graph g;
  g.inputs = {input("x", {5, 7})};
  g.add_weight("root", Tensor::scalar(std::sqrt(2.0f)));
  g.add_weight("one", Tensor::scalar(1));
  g.add_weight("half", Tensor::scalar(0.5f));
  g.nodes = {node("Div", {"x", "root"}, "scaled"), node("Erf", {"scaled"}, "erf"), node("Add", {"erf", "one"}, "sum"),
             node("Mul", {"x", half_first ? "half" : "sum"}, "product"), node("Mul", {"product", half_first ? "sum" : "half"}, "y")};
  g.outputs = {"y"};
  return g;
}

TEST(MergeGelu, FactorsInAnyOrder) {
  for (const bool half_first : {false, true}) {
    const Graph merged = merge_gelu(gelu(half_first), {});
    EXPECT_EQ(ops_of(merged), Names{"Gelu"});
    expect_same_value(gelu(half_first), merged, wave({5, 7}));
  }
}

TEST(MergeGelu, OtherConstantsAreLeftAlone) {
  Graph g = gelu(true);
  g.add_weight("half", Tensor::scalar(0.6f));
  EXPECT_EQ(ops_of(merge_gelu(g, {})).size(), 5u);
}

// As torch.nn.functional.local_response_norm is exported, or with the zeros put around by the pool itself.
Graph lrn(bool padded, const Ints& around = {2, 2}) {
  Graph g;
  g.inputs = {input("x", {2, 7, 3, 4})};
  g.add_weight("view", Tensor::ints({2, 1, 7, 3, -1}));
  g.add_weight("back", Tensor::ints({2, 7, 3, 4}));
  g.add_weight("borders", Tensor::ints({0, 0, around[0], 0, 0, 0, 0, around[1], 0, 0}));
  g.add_weight("axis", Tensor::ints({1}));
  for (const auto& [name, value] : {std::pair{"alpha", 0.3f}, std::pair{"beta", 0.75f}, std::pair{"bias", 2.0f}})
    g.add_weight(name, Tensor::scalar(value));
  Attributes pool = {{"kernel_shape", Ints{5, 1, 1}}, {"count_include_pad", int64_t{1}}};
  if (!padded) pool.set("pads", Ints{around[0], 0, 0, around[1], 0, 0});
  g.nodes = {node("Mul", {"x", "x"}, "square"),
             node("Reshape", {"square", "view"}, "viewed"),
             node("Pad", {"viewed", "borders"}, "wide"),
             node("AveragePool", {padded ? "wide" : "viewed"}, "mean", pool),
             node("Squeeze", {"mean", "axis"}, "squeezed"),
             node("Reshape", {"squeezed", "back"}, "means"),
             node("Mul", {"means", "alpha"}, "scaled"),
             node("Add", {"scaled", "bias"}, "sum"),
             node("Pow", {"sum", "beta"}, "power"),
             node("Div", {"x", "power"}, "y")};
  g.outputs = {"y"};
  return g;
}

TEST(MergeLrn, PaddedBeforeOrByThePool) {
  for (const bool padded : {false, true}) {
    const Graph merged = merge_lrn(lrn(padded), {});
    EXPECT_EQ(ops_of(merged), Names{"LRN"});
    expect_same_value(lrn(padded), merged, wave({2, 7, 3, 4}));
  }
}

TEST(MergeLrn, WantedValuesStay) {
  const Graph merged = merge_lrn(lrn(true), {"means"});
  EXPECT_TRUE(merged.has_value("means"));
  EXPECT_EQ(ops_of(merged).back(), "LRN");
}

TEST(MergeLrn, OtherMeansAreLeftAlone) {
  const auto expect_alone = [](const Graph& g) {
    const Names ops = ops_of(merge_lrn(g, {}));
    EXPECT_EQ(std::count(ops.begin(), ops.end(), "LRN"), 0);
  };
  expect_alone(lrn(true, {3, 1}));
  Graph rows = lrn(true), counts = lrn(false), other = lrn(true), ones = lrn(true);
  rows.nodes[3].attributes.set("kernel_shape", Ints{5, 1, 2});
  rows.add_weight("borders", Tensor::ints({0, 0, 2, 0, 0, 0, 0, 2, 0, 1}));
  expect_alone(rows);
  counts.nodes[3].attributes.set("count_include_pad", int64_t{0});
  expect_alone(counts);
  other.nodes[9].inputs[0] = "sum";
  expect_alone(other);
  ones.add_weight("one", Tensor::scalar(1));
  ones.nodes[2].inputs.push_back("one");
  expect_alone(ones);
}

TEST(EinsumToMatmul, BatchedProducts) {
  for (const auto& [equation, a, b] :
       {std::tuple{"bhid,bhjd->bhij", Shape{2, 3, 4, 5}, Shape{2, 3, 6, 5}}, std::tuple{"bij,bjk->bik", Shape{2, 3, 4}, Shape{2, 4, 5}},
        std::tuple{"ij,kj->ki", Shape{3, 4}, Shape{5, 4}}, std::tuple{"abc,cad->bda", Shape{2, 3, 4}, Shape{4, 2, 5}},
        std::tuple{"...ij,...jk->...ik", Shape{2, 3, 4}, Shape{2, 4, 5}}}) {
    Graph g;
    g.inputs = {input("x", a)};
    g.add_weight("w", wave(b));
    g.nodes = {node("Einsum", {"x", "w"}, "y", {{"equation", std::string(equation)}})};
    g.outputs = {"y"};
    const Graph product = einsum_to_matmul(g);
    const Names ops = ops_of(product);
    EXPECT_EQ(std::count(ops.begin(), ops.end(), "MatMul"), 1) << equation;
    expect_same_value(g, product, wave(a));
  }
}

TEST(EinsumToMatmul, SumsAndDiagonalsAreLeftAlone) {
  for (const auto& [equation, a, b] : {std::tuple{"bi,bj->ij", Shape{2, 3}, Shape{2, 4}}, std::tuple{"ij,k->ik", Shape{3, 4}, Shape{5}},
                                       std::tuple{"ii,ij->j", Shape{3, 3}, Shape{3, 4}}}) {
    Graph g;
    g.inputs = {input("x", a)};
    g.add_weight("w", wave(b));
    g.nodes = {node("Einsum", {"x", "w"}, "y", {{"equation", std::string(equation)}})};
    g.outputs = {"y"};
    expect_same_value(g, einsum_to_matmul(g), wave(a));
  }
}

TEST(DropIdentities, ExpandBeforeABroadcastAndDropoutOfNothing) {
  Graph g;
  g.inputs = {input("x", {2, 3})};
  g.add_weight("shape", Tensor::ints({2, 3}));
  g.add_weight("column", counted({2, 1}));
  g.add_weight("zero", Tensor::scalar(0));
  g.add_weight("yes", Tensor(Shape{}, Ints{1}, DataType::kBool));
  g.nodes = {node("Expand", {"column", "shape"}, "whole"),
             node("Div", {"x", "whole"}, "quotient"),
             {"drop", "Dropout", {"quotient", "zero", "yes"}, {"y", "mask"}, {}},
             node("Relu", {"y"}, "z")};
  g.outputs = {"z"};
  EXPECT_EQ(ops_of(drop_identities(g, {})), (Names{"Div", "Relu"}));
  // Two Expands cannot both rely on the other.
  g.nodes[1] = node("Add", {"whole", "whole2"}, "quotient");
  g.nodes.insert(g.nodes.begin() + 1, node("Expand", {"row", "shape"}, "whole2"));
  g.add_weight("row", counted({1, 3}));
  EXPECT_EQ(infer_shapes(drop_identities(g, {})).type_of("z").shape, (Shape{2, 3}));
}

// A class token and attention as exported for one picture: tokens first, batch * heads in one axis.
TEST(BindBatch, AttentionExportedForOnePicture) {
  Graph g;
  g.inputs = {input("x", {1, 4, 6})};
  g.add_weight("token", counted({1, 1, 6}));
  g.add_weight("heads", Tensor::ints({5, 2, 3}));
  g.add_weight("back", Tensor::ints({5, 1, 6}));
  g.add_weight("rows", Tensor::ints({5, 6}));
  g.add_weight("w", counted({6, 6}));
  g.nodes = {node("Concat", {"token", "x"}, "tokens", {{"axis", int64_t{1}}}),
             node("Transpose", {"tokens"}, "turn", {{"perm", Ints{1, 0, 2}}}),
             node("Reshape", {"turn", "rows"}, "matrix"),
             node("MatMul", {"matrix", "w"}, "product"),
             node("Reshape", {"product", "back"}, "first"),
             node("Reshape", {"first", "heads"}, "split"),
             node("Transpose", {"split"}, "q", {{"perm", Ints{1, 0, 2}}}),
             node("Transpose", {"split"}, "k", {{"perm", Ints{1, 2, 0}}}),
             node("MatMul", {"q", "k"}, "scores"),
             node("MatMul", {"scores", "q"}, "mixed"),
             node("Transpose", {"mixed"}, "turned", {{"perm", Ints{1, 0, 2}}}),
             node("Reshape", {"turned", "rows"}, "flat"),
             node("MatMul", {"flat", "w"}, "out"),
             node("Reshape", {"out", "back"}, "joined"),
             node("Transpose", {"joined"}, "y", {{"perm", Ints{1, 0, 2}}})};
  g.outputs = {"y"};
  const Graph bound = bind_batch(g, 3);
  EXPECT_EQ(bound.type_of("split").shape, (Shape{5, 6, 3}));
  EXPECT_EQ(bound.type_of("y").shape, (Shape{3, 5, 6}));
  // Every picture of the batch gets what it gets alone.
  Tensor batch = wave({3, 4, 6});
  const auto all = value_at(bound, batch);
  for (int64_t n = 0; n < 3; ++n) {
    const auto part = batch.floats().subspan(static_cast<size_t>(n) * 24, 24);
    const auto alone = value_at(g, Tensor(Shape{1, 4, 6}, std::vector<float>(part.begin(), part.end())));
    for (size_t i = 0; i < alone.size(); ++i) EXPECT_FLOAT_EQ(all[static_cast<size_t>(n) * 30 + i], alone[i]);
  }
}

TEST(BindBatch, SaysWhatToDoWhereTheBatchIsBakedIn) {
  Graph g;
  g.inputs = {input("x", {1, 4})};
  g.add_weight("target", Tensor::ints({2, 2}));
  g.add_weight("w", counted({2, 2}));
  g.nodes = {node("Reshape", {"x", "target"}, "r"), node("Concat", {"r", "w"}, "y", {{"axis", int64_t{1}}})};
  g.outputs = {"y"};
  EXPECT_ERROR(bind_batch(g, 3), "the model is made for a batch of 1: use that, or export it with an open batch");
}

}  // namespace
}  // namespace phosphene
