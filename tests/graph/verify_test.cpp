#include "graph/build.h"

namespace phosphene {
namespace {

using namespace test;

Graph two_relus() {
  Graph g;
  g.inputs = {input("x", {1, 3})};
  g.nodes = {node("Relu", {"x"}, "a"), node("Relu", {"a"}, "b")};
  g.outputs = {"b"};
  return g;
}

TEST(Verify, AcceptsAWellFormedGraph) { EXPECT_NO_THROW(verify(two_relus())); }

TEST(Verify, NamesTheOperatorTheNodeAndTheOpset) {
  Graph g = two_relus();
  g.nodes[1].op = "NonMaxSuppression";
  EXPECT_ERROR(verify(g), "node b (NonMaxSuppression) > operator NonMaxSuppression is not known (opset 17)");
}

TEST(Verify, RejectsBrokenWiring) {
  Graph g = two_relus();
  std::swap(g.nodes[0], g.nodes[1]);
  EXPECT_ERROR(verify(g), "value a is read before it is made");
  g = two_relus();
  g.nodes[0].inputs = {"weight"};
  EXPECT_ERROR(verify(g), "node a (Relu) > value weight is neither an input, a weight nor made by a node");
  g = two_relus();
  g.nodes[1].outputs = {"a"};
  EXPECT_ERROR(verify(g), "value a is made twice");
  g = two_relus();
  g.add_weight("x", Tensor::scalar(1));
  EXPECT_ERROR(verify(g), "value x is made twice");
  g = two_relus();
  g.outputs = {"c"};
  EXPECT_ERROR(verify(g), "output c is not made by any node");
  g = two_relus();
  g.nodes[1].name = "a";
  EXPECT_ERROR(verify(g), "two nodes are named a");
  g = two_relus();
  g.nodes[1].name = "";
  EXPECT_ERROR(verify(g), "a node (Relu) has no name");
  g = two_relus();
  g.weights["w"] = nullptr;
  EXPECT_ERROR(verify(g), "weight w has no value");
  g = two_relus();
  g.inputs.push_back(input("", {1}));
  EXPECT_ERROR(verify(g), "a graph input has no name");
}

TEST(Verify, RejectsWrongArity) {
  Graph g = two_relus();
  g.nodes[1].inputs = {"a", "x"};
  EXPECT_ERROR(verify(g), "2 inputs where 1 are allowed");
  g.nodes[1].inputs = {"a", ""};
  EXPECT_NO_THROW(verify(g));
  g.nodes[1].inputs = {""};
  EXPECT_ERROR(verify(g), "input 0 is missing");
  g = two_relus();
  g.nodes[1].outputs = {"b", "indices"};
  EXPECT_ERROR(verify(g), "output 1 (indices) is not supported");
  g.nodes[1].outputs = {};
  EXPECT_ERROR(verify(g), "output 0 is missing");
}

}  // namespace
}  // namespace phosphene
