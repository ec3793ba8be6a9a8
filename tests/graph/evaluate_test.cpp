// The evaluator through fold_constants: numpy's results.
#include "graph/build.h"

namespace phosphene {
namespace {

using namespace test;
using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;

// Folds one node on weights a, b, c ... and gives its value.
TensorPtr folded(const std::string& op, std::vector<Tensor> weights, Attributes attributes = {}) {
  Graph g;
  std::vector<std::string> names;
  for (Tensor& weight : weights) {
    names.push_back(std::string(1, static_cast<char>('a' + names.size())));
    g.add_weight(names.back(), std::move(weight));
  }
  g.nodes = {node(op, names, "y", std::move(attributes))};
  g.outputs = {"y"};
  g = fold_constants(g);
  EXPECT_TRUE(g.nodes.empty()) << op << " was not folded";
  return g.constant("y");
}

const Tensor kMatrix(Shape{2, 3}, Ints{0, 1, 2, 3, 4, 5});

TEST(Evaluate, Movement) {
  EXPECT_EQ(ints_of(folded("Transpose", {kMatrix})), (Ints{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(ints_of(folded("Gather", {kMatrix, Tensor::ints({-1, 0})}, {{"axis", int64_t{1}}})), (Ints{2, 0, 5, 3}));
  EXPECT_EQ(ints_of(folded("Slice", {kMatrix, Tensor::ints({-1}), Tensor::ints({-100}), Tensor::ints({1}), Tensor::ints({-2})})),
            (Ints{2, 0, 5, 3}));
  EXPECT_EQ(ints_of(folded("Concat", {kMatrix, kMatrix}, {{"axis", int64_t{1}}})), (Ints{0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5}));
  EXPECT_EQ(ints_of(folded("Expand", {Tensor(Shape{2, 1}, Ints{7, 8}), Tensor::ints({2, 2})})), (Ints{7, 7, 8, 8}));
  EXPECT_EQ(folded("Reshape", {kMatrix, Tensor::ints({3, -1})})->shape(), (Shape{3, 2}));
  EXPECT_EQ(folded("Unsqueeze", {kMatrix, Tensor::ints({1})})->shape(), (Shape{2, 1, 3}));
  EXPECT_EQ(floats_of(folded("ConstantOfShape", {Tensor::ints({2})})), (Floats{0, 0}));
  EXPECT_EQ(ints_of(folded("Range", {Tensor::ints({5}).reshaped({}), Tensor::ints({0}).reshaped({}), Tensor::ints({-2}).reshaped({})})),
            (Ints{5, 3, 1}));
}

TEST(Evaluate, Arithmetic) {
  const Tensor row = Tensor::ints({10, 20, 30});
  EXPECT_EQ(ints_of(folded("Add", {kMatrix, row})), (Ints{10, 21, 32, 13, 24, 35}));
  EXPECT_EQ(ints_of(folded("Div", {Tensor::ints({7, -7}), Tensor::ints({2})})), (Ints{3, -3}));
  EXPECT_EQ(floats_of(folded("Div", {Tensor(Shape{2}, Floats{1, 3}), Tensor::scalar(2)})), (Floats{0.5f, 1.5f}));
  EXPECT_EQ(floats_of(folded("Sqrt", {Tensor::scalar(9)})), (Floats{3}));
  EXPECT_EQ(floats_of(folded("Floor", {Tensor::scalar(-1.5f)})), (Floats{-2}));
  EXPECT_EQ(ints_of(folded("Neg", {row})), (Ints{-10, -20, -30}));
  EXPECT_EQ(ints_of(folded("Max", {row, Tensor::ints({20}), Tensor::ints({15})})), (Ints{20, 20, 30}));
  EXPECT_EQ(ints_of(folded("Equal", {row, Tensor::ints({20})})), (Ints{0, 1, 0}));
  EXPECT_EQ(ints_of(folded("Where", {Tensor(Shape{3}, Ints{1, 0, 1}, DataType::kBool), row, Tensor::ints({0})})), (Ints{10, 0, 30}));
  EXPECT_EQ(ints_of(folded("ReduceProd", {kMatrix}, {{"axes", Ints{1}}, {"keepdims", int64_t{0}}})), (Ints{0, 60}));
  EXPECT_EQ(ints_of(folded("ReduceProd", {row})), (Ints{6000}));
}

TEST(Evaluate, CastTruncatesAndSaturates) {
  EXPECT_EQ(ints_of(folded("Cast", {Tensor(Shape{3}, Floats{-1.9f, 2.9f, NAN})}, {{"to", int64_t{7}}})), (Ints{-1, 2, 0}));
  EXPECT_EQ(ints_of(folded("Cast", {Tensor::scalar(1e30f)}, {{"to", int64_t{7}}})), Ints{INT64_MAX});
  EXPECT_EQ(floats_of(folded("Cast", {Tensor::ints({3})}, {{"to", int64_t{1}}})), Floats{3});
  EXPECT_EQ(ints_of(folded("Cast", {Tensor(Shape{2}, Floats{0, -3})}, {{"to", int64_t{9}}})), (Ints{0, 1}));
}

TEST(Evaluate, RejectsWhatHasNoValue) {
  EXPECT_ERROR(folded("Div", {Tensor::ints({1}), Tensor::ints({0})}), "node y (Div) > an integer is divided by 0");
  EXPECT_ERROR(folded("Gather", {kMatrix, Tensor::ints({2})}), "index 2 is outside an axis of 2");
  EXPECT_EQ(ints_of(folded("Div", {Tensor::ints({INT64_MIN}), Tensor::ints({-1})})), Ints{INT64_MIN});  // wraps, does not trap
}

}  // namespace
}  // namespace phosphene
