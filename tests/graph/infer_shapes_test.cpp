// Shapes that the graph computes itself.
#include "graph/build.h"

namespace phosphene {
namespace {

using namespace testing;

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
