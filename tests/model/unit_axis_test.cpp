#include "phosphene/model/unit_axis.h"

#include "graph/build.h"

namespace phosphene {
namespace {

using namespace test;
using Ints = std::vector<int64_t>;

// A patch embedding, a token block and a map with channels last.
Graph transformer() {
  Graph g;
  g.inputs = {input("x", {kUnknown, 3, 8, 8})};
  g.add_weight("patch", counted({6, 3, 4, 4}));
  g.add_weight("flat", Tensor::ints({0, 6, 4}));
  g.add_weight("scale", counted({6}));
  g.add_weight("wide", counted({6, 24}));
  g.add_weight("row", counted({24}));
  g.add_weight("map", Tensor::ints({0, 2, 2, 24}));
  g.nodes = {node("Conv", {"x", "patch"}, "embedded", {{"strides", Ints{4, 4}}, {"kernel_shape", Ints{4, 4}}}),
             node("Relu", {"embedded"}, "map4"),
             node("Reshape", {"map4", "flat"}, "columns"),
             node("Transpose", {"columns"}, "tokens", {{"perm", Ints{0, 2, 1}}}),
             node("LayerNormalization", {"tokens", "scale"}, "norm"),
             node("MatMul", {"norm", "wide"}, "product"),
             node("Add", {"row", "product"}, "sum"),
             node("Relu", {"sum"}, "hidden"),
             node("Reshape", {"hidden", "map"}, "maps")};
  g.outputs = {"maps"};
  return infer_shapes(g);
}

TEST(UnitAxis, FollowsTheOperatorThatMadeTheFeatures) {
  const Graph g = transformer();
  for (const auto& [value, axis] : {std::pair{"x", 1}, std::pair{"embedded", 1}, std::pair{"map4", 1}, std::pair{"columns", 1},
                                    std::pair{"tokens", 2}, std::pair{"norm", 2}, std::pair{"hidden", 2}, std::pair{"maps", 3}})
    EXPECT_EQ(unit_axis(g, value), axis) << value;
}

TEST(UnitAxis, AProductFromTheLeftMixesPositions) {
  Graph g;  // a linear resize of rows, then of columns
  g.inputs = {input("x", {kUnknown, 3, 2, 4})};
  g.add_weight("rows", counted({5, 2}));
  g.add_weight("columns", counted({7, 4}));
  g.nodes = {node("MatMul", {"rows", "x"}, "tall"), node("Transpose", {"tall"}, "turned", {{"perm", Ints{0, 1, 3, 2}}}),
             node("MatMul", {"columns", "turned"}, "wide"), node("Transpose", {"wide"}, "y", {{"perm", Ints{0, 1, 3, 2}}})};
  g.outputs = {"y"};
  g = infer_shapes(g);
  for (const char* value : {"tall", "turned", "wide", "y"}) EXPECT_EQ(unit_axis(g, value), 1) << value;
}

TEST(UnitAxis, StaysWhereAxesOfOneComeAndGo) {
  Graph g;
  g.inputs = {input("x", {kUnknown, 3, 8, 1})};
  g.add_weight("w", counted({6, 3, 1, 1}));
  g.add_weight("last", Tensor::ints({3}));
  g.nodes = {node("Conv", {"x", "w"}, "map"), node("Squeeze", {"map", "last"}, "line"), node("Unsqueeze", {"line", "last"}, "y")};
  g.outputs = {"y"};
  g = infer_shapes(g);
  for (const char* value : {"map", "line", "y"}) EXPECT_EQ(unit_axis(g, value), 1) << value;
}

// Nobody knows what it does with the units: they are where they usually are for so many axes.
TEST(UnitAxis, OfAnOperatorThatTheTableLacksIsTheUsualOne) {
  Graph g = transformer();
  for (Node& n : g.nodes)
    if (n.outputs[0] == "hidden" || n.outputs[0] == "map4") n.op = "Mystery";
  EXPECT_EQ(unit_axis(g, "hidden"), 2);
  EXPECT_EQ(unit_axis(g, "maps"), 3);
  EXPECT_EQ(unit_axis(g, "map4"), 1);
}

TEST(UnitAxis, UnitsFirst) {
  std::vector<std::string> layers = {"hidden", "maps", "map4"};
  const Graph g = units_first(transformer(), layers);
  EXPECT_EQ(layers, (std::vector<std::string>{"hidden/units", "maps/units", "map4"}));
  EXPECT_EQ(g.type_of(layers[0]).shape, (Shape{kUnknown, 24, 4}));
  EXPECT_EQ(g.type_of(layers[1]).shape, (Shape{kUnknown, 24, 2, 2}));
  EXPECT_EQ(g.outputs, layers);
}

}  // namespace
}  // namespace phosphene
