// Shapes of the operators that index, arrange, sample and sum: what they give for open extents, and what they refuse. The values that they
// give for well-formed nodes are judged by ONNX's node tests (tests/engine/onnx_node_test.cpp).
#include "graph/build.h"

#include "phosphene/graph/op.h"

namespace phosphene {
namespace {

using namespace test;
using Ints = std::vector<int64_t>;
constexpr int64_t kOpen = kUnknown;

// One node on a float input [2, 3, 4] and the weights that follow it.
struct OnWeights {
  std::string op;
  std::vector<Tensor> weights;
  Attributes attributes = {};
  Shape input_shape = Shape{2, 3, 4};

  Shape shape() const {
    Graph g;
    g.inputs = {input("x", input_shape)};
    std::vector<std::string> inputs{"x"};
    for (const Tensor& weight : weights) {
      inputs.push_back(fmt::format("w{}", inputs.size()));
      g.add_weight(inputs.back(), weight);
    }
    g.nodes = {node(op, inputs, "y", attributes)};
    g.outputs = {"y"};
    return infer_shapes(g).type_of("y").shape;
  }
};

Tensor indices(Shape shape, Ints values) { return Tensor(std::move(shape), std::move(values)); }
Tensor floats(Shape shape) { return Tensor::zeros(shape); }

TEST(ShapeRulesOfIndexing, GatherFamily) {
  EXPECT_EQ((OnWeights{"GatherElements", {indices({2, 3, 1}, {0, 1, 2, 3, 0, 1})}, {{"axis", int64_t{2}}}}.shape()), (Shape{2, 3, 1}));
  EXPECT_EQ((OnWeights{"GatherND", {indices({5, 2}, Ints(10, 0))}}.shape()), (Shape{5, 4}));
  EXPECT_EQ((OnWeights{"GatherND", {indices({2, 5, 1}, Ints(10, 0))}, {{"batch_dims", int64_t{1}}}}.shape()), (Shape{2, 5, 4}));
  EXPECT_ERROR((OnWeights{"GatherElements", {indices({2}, {0, 1})}}.shape()), "indices [2] do not fit [2, 3, 4]");
  EXPECT_ERROR((OnWeights{"GatherElements", {indices({3, 3, 4}, Ints(36, 0))}, {{"axis", int64_t{1}}}}.shape()), "do not fit");
  EXPECT_ERROR((OnWeights{"GatherElements", {floats({2, 3, 4})}}.shape()), "the indices are not integers");
  EXPECT_ERROR((OnWeights{"GatherND", {indices({5, 4}, Ints(20, 0))}}.shape()), "do not fit [2, 3, 4]");
  EXPECT_ERROR((OnWeights{"GatherND", {indices({5, 1}, Ints(5, 0))}, {{"batch_dims", int64_t{1}}}}.shape()), "do not fit [2, 3, 4]");
}

TEST(ShapeRulesOfIndexing, ScatterFamily) {
  EXPECT_EQ((OnWeights{"ScatterND", {indices({1, 2}, {0, 1}), floats({1, 4})}}.shape()), (Shape{2, 3, 4}));
  EXPECT_ERROR((OnWeights{"ScatterND", {indices({1, 2}, {0, 1}), floats({1, 3})}}.shape()), "the updates are [1, 3], not [1, 4]");
  EXPECT_ERROR((OnWeights{"ScatterElements", {indices({1, 1, 1}, {0}), floats({1, 1, 2})}}.shape()), "do not fit");
  EXPECT_ERROR((OnWeights{"ScatterElements", {indices({1, 1, 1}, {0}), floats({1, 1, 1})}, {{"reduction", std::string("max")}}}.shape()),
               "attribute reduction is \"max\"");
}

TEST(ShapeRulesOfIndexing, ConstantsDecideShapes) {
  EXPECT_EQ((OnWeights{"Compress", {Tensor(Shape{3}, Ints{1, 0, 1}, DataType::kBool)}, {{"axis", int64_t{1}}}}.shape()), (Shape{2, 2, 4}));
  EXPECT_EQ((OnWeights{"Compress", {Tensor(Shape{3}, Ints{1, 0, 1}, DataType::kBool)}}.shape()), Shape{2});
  EXPECT_ERROR((OnWeights{"Compress", {Tensor(Shape{4}, Ints(4, 1), DataType::kBool)}, {{"axis", int64_t{1}}}}.shape()),
               "a condition of 4");
  EXPECT_EQ((OnWeights{"TopK", {Tensor::ints({2})}}.shape()), (Shape{2, 3, 2}));
  EXPECT_ERROR((OnWeights{"TopK", {Tensor::ints({5})}}.shape()), "5 largest of 4");
  EXPECT_ERROR((OneNode{"TopK", {{2, 5}, {1}}}.shape()), "input 1 of the node is not a constant");
  EXPECT_EQ((OnWeights{"NonZero", {}}.shape()), (Shape{3, kOpen}));
  EXPECT_ERROR((OneNode{"OneHot", {{2}, {1}, {2}}}.shape()), "the depth is no constant");
  EXPECT_EQ((OnWeights{"CumSum", {Tensor::ints({-1})}}.shape()), (Shape{2, 3, 4}));
  EXPECT_ERROR((OnWeights{"CumSum", {Tensor::ints({3})}}.shape()), "axis 3 is outside");
}

TEST(ShapeRulesOfArranging, OpenExtentsStayOpen) {
  EXPECT_EQ((OnWeights{"Tile", {Tensor::ints({1, 2, 3})}, {}, Shape{kOpen, 3, 4}}.shape()), (Shape{kOpen, 6, 12}));
  EXPECT_EQ((OneNode{"DepthToSpace", {{kOpen, 8, kOpen, 3}}, {{"blocksize", int64_t{2}}}}.shape()), (Shape{kOpen, 2, kOpen, 6}));
  EXPECT_EQ((OneNode{"SpaceToDepth", {{kOpen, 2, kOpen, 6}}, {{"blocksize", int64_t{2}}}}.shape()), (Shape{kOpen, 8, kOpen, 3}));
  EXPECT_EQ((OneNode{"GridSample", {{kOpen, 3, kOpen, kOpen}, {kOpen, 5, 6, 2}}}.shape()), (Shape{kOpen, 3, 5, 6}));
}

TEST(ShapeRulesOfArranging, Reject) {
  EXPECT_ERROR((OnWeights{"Tile", {Tensor::ints({2})}}.shape()), "1 repeats for [2, 3, 4]");
  EXPECT_ERROR((OnWeights{"Tile", {Tensor::ints({-1, 1, 1})}}.shape()), "an axis is repeated -1 times");
  EXPECT_ERROR((OnWeights{"Tile", {Tensor::ints({1 << 30, 1 << 30, 1})}}.shape()), "is too large");
  EXPECT_ERROR((OneNode{"DepthToSpace", {{1, 6, 2, 2}}, {{"blocksize", int64_t{2}}}}.shape()), "an extent of 6 does not divide by 4");
  EXPECT_ERROR((OneNode{"DepthToSpace", {{1, 8, 2, 2}}, {{"blocksize", int64_t{0}}}}.shape()), "attribute blocksize is 0");
  EXPECT_ERROR((OneNode{"SpaceToDepth", {{1, 8, 2, 2}}, {{"blocksize", int64_t{2}}, {"mode", std::string("RCD")}}}.shape()),
               "attribute mode is \"RCD\"");
  EXPECT_ERROR((OneNode{"ReverseSequence", {{4, 2, 3}}, {}, {{1, 2, 3}}}.shape()), "lengths [3] do not fit [4, 2, 3]");
  EXPECT_ERROR((OneNode{"EyeLike", {{4}}}.shape()), "is no matrix");
  EXPECT_ERROR((OneNode{"GridSample", {{1, 3, 4, 4}, {1, 5, 6, 3}}}.shape()), "a grid [1, 5, 6, 3] does not fit");
  EXPECT_ERROR((OneNode{"GridSample", {{1, 3, 4, 4}, {1, 5, 6, 2}}, {{"mode", std::string("best")}}}.shape()),
               "attribute mode is \"best\"");
  EXPECT_ERROR((OneNode{"RoiAlign", {{1, 3, 4, 4}, {2, 4}}, {}, {{0}}}.shape()), "do not fit");
}

TEST(ShapeRulesOfNormalising, Reject) {
  EXPECT_ERROR((OneNode{"InstanceNormalization", {{1, 3, 4, 4}, {4}, {4}}}.shape()), "input 1 has the shape [4], not [3]");
  EXPECT_ERROR((OneNode{"GroupNormalization", {{1, 6, 4, 4}, {6}, {6}}, {{"num_groups", int64_t{4}}}}.shape()),
               "do not divide into 4 groups");
  EXPECT_ERROR((OneNode{"LayerNormalization", {{1, 5, 8}, {5}}}.shape()), "do not broadcast");
  EXPECT_ERROR((OneNode{"MeanVarianceNormalization", {{1, 5, 8}}}.shape()), "axis 3 is outside");
  EXPECT_ERROR((OneNode{"QuantizeLinear", {{1, 3, 8}, {2}}}.shape()), "which does not fit axis 1");
}

TEST(ShapeRulesOfEinsum, Equations) {
  const auto einsum = [](const std::string& equation, std::vector<Shape> shapes) {
    return OneNode{"Einsum", std::move(shapes), {{"equation", equation}}}.shape();
  };
  EXPECT_EQ(einsum("bij, bjk -> bik", {{2, 3, 4}, {2, 4, 5}}), (Shape{2, 3, 5}));
  EXPECT_EQ(einsum("ba,cb", {{3, 4}, {5, 3}}), (Shape{4, 5}));  // a, then c
  EXPECT_EQ(einsum("...a,...b->...ab", {{1, 6, 2}, {5, 1, 3}}), (Shape{5, 6, 2, 3}));
  EXPECT_EQ(einsum("ij->", {{3, 4}}), Shape{});
  EXPECT_EQ(einsum("bi,ij->bj", {{kOpen, 3}, {3, 4}}), (Shape{kOpen, 4}));
  EXPECT_ERROR(einsum("ij,jk->ik", {{3, 4}}), "2 operands for 1 inputs");
  EXPECT_ERROR(einsum("ijk->i", {{3, 4}}), "operand 0 \"ijk\" of the equation does not fit an input [3, 4]");
  EXPECT_ERROR(einsum("ij,jk->ik", {{3, 4}, {5, 6}}), "stands for the extents 4 and 5");
  EXPECT_ERROR(einsum("ij->ix", {{3, 4}}), "a label that no operand has");
  EXPECT_ERROR(einsum("i?->i", {{3, 4}}), "the equation holds \"?\"");
  EXPECT_ERROR(einsum("i,j,k->", {{1 << 20}, {1 << 20}, {1 << 20}}), "write it as matrix products");
}

}  // namespace
}  // namespace phosphene
