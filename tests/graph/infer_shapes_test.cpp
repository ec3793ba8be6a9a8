// Shapes that the graph computes itself.
#include "graph/build.h"

namespace phosphene {
namespace {

using namespace test;

// What exporters write for x.view(x.size(0), -1): Shape, Gather, Unsqueeze, Concat, Reshape.
Graph exported_view(Shape shape) {
  Graph g;
  g.inputs = {input("x", std::move(shape))};
  g.add_weight("zero", Tensor(Shape{}, std::vector<int64_t>{0}));
  g.add_weight("axes", Tensor::ints({0}));
  g.add_weight("rest", Tensor::ints({-1}));
  g.nodes = {node("Shape", {"x"}, "shape"), node("Gather", {"shape", "zero"}, "batch"), node("Unsqueeze", {"batch", "axes"}, "batch1"),
             node("Concat", {"batch1", "rest"}, "target", {{"axis", int64_t{0}}}), node("Reshape", {"x", "target"}, "y")};
  g.outputs = {"y"};
  return g;
}

TEST(InferShapes, FollowsShapeArithmetic) {
  EXPECT_EQ(infer_shapes(exported_view({2, 3, 4, 4})).type_of("y").shape, (Shape{2, 48}));
  EXPECT_EQ(infer_shapes(exported_view({kUnknown, 3, 4, 4})).type_of("y").shape, (Shape{kUnknown, 48}));
}

TEST(InferShapes, KeepsUnknownExtentsUnknownThroughArithmetic) {
  Graph g;
  g.inputs = {input("x", {kUnknown, 6})};
  g.add_weight("two", Tensor::ints({2, 2}));
  g.nodes = {node("Shape", {"x"}, "shape"), node("Mul", {"shape", "two"}, "twice"), node("ConstantOfShape", {"twice"}, "y")};
  g.outputs = {"y"};
  EXPECT_EQ(infer_shapes(g).type_of("y").shape, (Shape{kUnknown, 12}));
}

// The class token of a ViT: token.expand(x.size(0), -1, -1). The target is compared with -1, and ones are taken where it is.
TEST(InferShapes, AnOpenExtentIsNoNegativeNumber) {
  Graph g;
  g.inputs = {input("x", {kUnknown, 3, 4, 4})};
  g.add_weight("token", counted({1, 1, 8}));
  g.add_weight("zero", Tensor::ints({0}));
  g.add_weight("rest", Tensor::ints({-1, -1}));
  g.add_weight("minus", Tensor::ints({-1}));
  g.nodes = {node("Shape", {"x"}, "shape"),
             node("Gather", {"shape", "zero"}, "batch"),
             node("Concat", {"batch", "rest"}, "wanted", {{"axis", int64_t{0}}}),
             node("Shape", {"wanted"}, "rank"),
             node("ConstantOfShape", {"rank"}, "ones", {{"value", std::make_shared<const Tensor>(Tensor::ints({1}))}}),
             node("Mul", {"ones", "minus"}, "minuses"),
             node("Equal", {"wanted", "minuses"}, "keep"),
             node("Where", {"keep", "ones", "wanted"}, "size"),
             node("Expand", {"token", "size"}, "y")};
  g.outputs = {"y"};
  EXPECT_EQ(infer_shapes(g).type_of("y").shape, (Shape{kUnknown, 1, 8}));
  EXPECT_EQ(bind_batch(g, 3).type_of("y").shape, (Shape{3, 1, 8}));
}

// The windows of a Swin transformer: [b, 4, 4, 6] -> [4 b, 2, 2, 6] -> [4 b / 4, 2, 2, 2, 2, -1], b being open.
TEST(InferShapes, AnOpenExtentIsDividedAgain) {
  Graph g;
  g.inputs = {input("x", {kUnknown, 4, 4, 6})};
  g.add_weight("windows", Tensor::ints({-1, 2, 2, 6}));
  g.add_weight("zero", Tensor::ints({0}));
  g.add_weight("four", Tensor::ints({4}));
  g.add_weight("rest", Tensor::ints({2, 2, 2, 2, -1}));
  g.nodes = {node("Reshape", {"x", "windows"}, "w"),
             node("Shape", {"w"}, "shape"),
             node("Gather", {"shape", "zero"}, "count"),
             node("Div", {"count", "four"}, "batch"),
             node("Concat", {"batch", "rest"}, "target", {{"axis", int64_t{0}}}),
             node("Reshape", {"w", "target"}, "y")};
  g.outputs = {"y"};
  EXPECT_EQ(infer_shapes(g).type_of("y").shape, (Shape{kUnknown, 2, 2, 2, 2, 6}));
}

// x -> NonZero, whose count depends on data -> Squeeze of whichever axes are 1 -> more; and x -> y.
Graph with_a_tail(bool with_y) {
  Graph g;
  g.inputs = {input("x", {kUnknown, 6})};
  g.nodes = {node("NonZero", {"x"}, "places"), node("Squeeze", {"places"}, "few"), node("Neg", {"few"}, "more")};
  if (with_y) g.nodes.push_back(node("Relu", {"x"}, "y"));
  g.outputs = {"more"};
  if (with_y) g.outputs.push_back("y");
  return g;
}

TEST(SetAside, WhatDependsOnDataCostsWhatNeedsIt) {
  EXPECT_ERROR(infer_shapes(with_a_tail(true)), "node few (Squeeze) > which axes are squeezed depends on");
  const Graph g = set_aside(with_a_tail(true));
  EXPECT_EQ(ops_of(g), (std::vector<std::string>{"NonZero", "Relu"}));
  EXPECT_EQ(g.outputs, std::vector<std::string>{"y"});
  EXPECT_EQ(g.type_of("y").shape, (Shape{kUnknown, 6}));
  ASSERT_EQ(g.opaque.size(), 2u);
  EXPECT_FALSE(g.opaque[0].needs);
  EXPECT_TRUE(g.opaque[1].needs);
  EXPECT_ERROR(cut(g, {"more"}), "more cannot be computed: it needs node few (Squeeze) > which axes are squeezed depends on");
  EXPECT_TRUE(set_aside(with_a_tail(false)).outputs.empty());
}

TEST(SetAside, AMisfitIsAnErrorWhenNoOutputIsLeft) {
  Graph g;
  g.inputs = {input("x", {kUnknown, 6})};
  g.add_weight("w", counted({5, 2}));
  g.nodes = {node("Relu", {"x"}, "a"), node("Gemm", {"a", "w"}, "y")};
  g.outputs = {"y"};
  EXPECT_ERROR(set_aside(g), "node y (Gemm) > the shapes [?, 6] and [5, 2] do not multiply");
  g.outputs = {"a", "y"};
  EXPECT_EQ(set_aside(g).outputs, std::vector<std::string>{"a"});
}

TEST(InferShapes, ValuesOfConstantNodesCount) {
  Graph g;
  g.inputs = {input("x", {2, 6})};
  g.nodes = {node("Constant", {}, "target", {{"value_ints", std::vector<int64_t>{3, 4}}}), node("Reshape", {"x", "target"}, "y")};
  g.outputs = {"y"};
  EXPECT_EQ(infer_shapes(g).type_of("y").shape, (Shape{3, 4}));
  g.nodes[0].attributes = {};
  EXPECT_ERROR(infer_shapes(g), "node target (Constant) > the constant has no value");
}

TEST(Print, IsStable) {
  Graph g;
  g.name = "net";
  g.inputs = {input("x", {kUnknown, 3, 8, 8})};
  g.add_weight("w", counted({4, 3, 3, 3}));
  g.nodes = {node("Conv", {"x", "w", ""}, "c", {{"pads", std::vector<int64_t>{1, 1, 1, 1}}}),
             node("LeakyRelu", {"c"}, "y", {{"alpha", 0.25f}}), node("Resize", {"y", "", "s"}, "z", {{"mode", std::string("linear")}})};
  g.add_weight("s", Tensor(Shape{4}, std::vector<float>{1, 1, 2, 2}));
  g.outputs = {"z"};
  EXPECT_EQ(to_string(infer_shapes(g)),
            "graph net\n"
            "  input x: float32 [?, 3, 8, 8]\n"
            "  c: c = Conv(x, w, _) pads=[1, 1, 1, 1] -> float32 [?, 4, 8, 8]\n"
            "  y: y = LeakyRelu(c) alpha=0.25 -> float32 [?, 4, 8, 8]\n"
            "  z: z = Resize(y, _, s) mode=\"linear\" -> float32 [?, 4, 16, 16]\n"
            "  output z\n");
}

}  // namespace
}  // namespace phosphene
