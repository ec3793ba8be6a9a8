// Every operator of the table fills every column, and one that the table lacks gets the careful answers.
#include "phosphene/graph/op_traits.h"

#include "graph/build.h"
#include "phosphene/graph/op.h"

namespace phosphene {
namespace {

using namespace test;
using Ints = std::vector<int64_t>;

TEST(OpTraits, EveryOperatorFillsEveryColumn) {
  for (const Op& op : all_ops()) {
    const OpTraits& traits = traits_of(op.name);
    EXPECT_NE(traits.kind, OpKind::kUnlisted) << op.name;
    EXPECT_NE(traits.reach, OpReach::kUnlisted) << op.name;
    EXPECT_NE(traits.values, OpValues::kUnlisted) << op.name;
    EXPECT_NE(traits.units, OpUnits::kUnlisted) << op.name;
    EXPECT_NE(traits.identity, OpIdentity::kUnlisted) << op.name;
    EXPECT_EQ(traits.symbol != 0, traits.kind == OpKind::kArithmetic) << op.name;
  }
}

TEST(OpTraits, OfAnOperatorThatTheTableLacksAreUnknown) {
  const OpTraits traits = traits_of("Mystery");
  EXPECT_EQ(traits.kind, OpKind::kUnlisted);
  EXPECT_EQ(traits.reach, OpReach::kUnlisted);
  EXPECT_EQ(traits.values, OpValues::kUnlisted);
  EXPECT_EQ(traits.units, OpUnits::kUnlisted);
  EXPECT_EQ(traits.identity, OpIdentity::kUnlisted);
  EXPECT_FALSE(traits.settings);
  EXPECT_FALSE(only_moves(traits));
}

// What the column says is what the pass does, with settings that leave the input as it is: each of these nodes goes, and only these.
TEST(OpTraits, IdentitiesAreDropped) {
  const auto stays = [](const std::string& op, Attributes attributes, std::vector<Tensor> more, size_t inputs = 1) {
    Graph g;
    g.inputs = {input("x", {1, 2, 3, 3})};
    Node tested = node(op, std::vector<std::string>(inputs, "x"), "t", std::move(attributes));
    for (Tensor& tensor : more) {
      tested.inputs.push_back(fmt::format("c{}", tested.inputs.size()));
      g.add_weight(tested.inputs.back(), std::move(tensor));
    }
    g.nodes = {tested, node("Relu", {"t"}, "y")};
    g.outputs = {"y"};
    return drop_identities(infer_shapes(g), {}).nodes.size() == 2;
  };
  EXPECT_FALSE(stays("Identity", {}, {}));
  EXPECT_FALSE(stays("Dropout", {}, {}));
  EXPECT_FALSE(stays("Cast", {{"to", int64_t{1}}}, {}));
  EXPECT_FALSE(stays("CastLike", {}, {Tensor::scalar(1)}));
  EXPECT_FALSE(stays("Reshape", {}, {Tensor::ints({0, 2, 3, 3})}));
  EXPECT_FALSE(stays("Tile", {}, {Tensor::ints({1, 1, 1, 1})}));
  EXPECT_FALSE(stays("Pad", {}, {Tensor::ints(Ints(8, 0))}));
  EXPECT_FALSE(stays("Sum", {}, {}));
  EXPECT_FALSE(stays("Concat", {{"axis", int64_t{1}}}, {}));
  EXPECT_FALSE(stays("Transpose", {{"perm", Ints{0, 1, 2, 3}}}, {}));
  EXPECT_FALSE(stays("Slice", {}, {Tensor::ints({0}), Tensor::ints({3}), Tensor::ints({2})}));
  EXPECT_TRUE(stays("Transpose", {{"perm", Ints{0, 1, 3, 2}}}, {}));
  EXPECT_TRUE(stays("Slice", {}, {Tensor::ints({-1}), Tensor::ints({-4}), Tensor::ints({2}), Tensor::ints({-1})}));
  EXPECT_TRUE(stays("Pad", {{"mode", std::string("edge")}}, {Tensor::ints({0, 0, 1, 0, 0, 0, -1, 0})}));
  EXPECT_TRUE(stays("Concat", {{"axis", int64_t{0}}}, {}, 2));
  EXPECT_TRUE(stays("Add", {}, {}, 2));
}

}  // namespace
}  // namespace phosphene
