#include "phosphene/model/inputs.h"

#include "base/temporary_folder.h"
#include "graph/build.h"
#include "phosphene/model/model.h"

namespace phosphene {
namespace {

using test::node;

// (image [N, 3, ?, ?] + shift [N, 3, 1, 1]) * gain [] -> mean over positions
Graph three_inputs() {
  Graph graph;
  graph.inputs = {test::input("image", {kUnknown, 3, kUnknown, kUnknown}), test::input("shift", {kUnknown, 3, 1, 1}),
                  test::input("gain", {})};
  graph.nodes = {node("Add", {"image", "shift"}, "sum"), node("Mul", {"sum", "gain"}, "product"),
                 node("GlobalAveragePool", {"product"}, "pool")};
  graph.outputs = {"pool"};
  return graph;
}

TEST(Inputs, AFixedInputBecomesAWeight) {
  write_npy(scratch("shift.npy"), {1, 3, 1, 1}, std::vector<float>{1, 2, 3});
  const Graph graph = with_inputs(three_inputs(), {.fixed = {"gain=0.5", "shift=" + scratch("shift.npy").string()}});
  ASSERT_EQ(graph.inputs.size(), 1u);
  EXPECT_EQ(graph.inputs[0].name, "image");
  EXPECT_EQ(test::floats_of(graph.constant("gain")), std::vector<float>{0.5f});
  EXPECT_EQ(test::floats_of(graph.constant("shift")), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(with_inputs(three_inputs(), {.fixed = {"shift=-2"}}).constant("shift")->shape(), (Shape{1, 3, 1, 1}));
}

TEST(Inputs, FixedIntegersStayIntegers) {
  Graph graph = three_inputs();
  graph.inputs[2].type.type = DataType::kInt64;
  EXPECT_EQ(test::ints_of(with_inputs(graph, {.fixed = {"gain=3"}}).constant("gain")), std::vector<int64_t>{3});
}

TEST(Inputs, MisfitsAreErrors) {
  write_npy(scratch("wrong.npy"), {1, 4, 1, 1}, std::vector<float>(4));
  const auto fix = [](const std::string& text) { return with_inputs(three_inputs(), {.fixed = {text}}); };
  EXPECT_ERROR(fix("gian=1"), "--fix > gian > no such input; the inputs are image, shift, gain");
  EXPECT_ERROR(fix("gain"), "'gain' names no input; write NAME=VALUE");
  EXPECT_ERROR(fix("gain=high"), "gain > 'high' is neither a number nor a FILE.npy");
  EXPECT_ERROR(fix("image=0"), "has the open shape [?, 3, ?, ?], which a number cannot fill");
  EXPECT_ERROR(fix("shift=" + scratch("wrong.npy").string()), "wants the shape [?, 3, 1, 1]");
  EXPECT_ERROR(with_inputs(three_inputs(), {.fixed = {"image=" + scratch("missing.npy").string()}}), "missing.npy");
}

TEST(Inputs, SizesAreGivenWhereTheyAreOpen) {
  const Graph graph = with_inputs(three_inputs(), {.size = parse_size("24x32")});
  EXPECT_EQ(graph.inputs[0].type.shape, (Shape{kUnknown, 3, 24, 32}));
  EXPECT_ERROR(with_inputs(graph, {.size = {8, 8}}), "--input-size > the network leaves no size open");
  EXPECT_EQ(parse_size("7").width, 7);
  for (const char* bad : {"", "x", "3x", "0x3", "-1", "3x4x5", "3.5"}) EXPECT_THROW(parse_size(bad), Error) << bad;
}

TEST(Inputs, ANetworkWithOthersFixedIsAClassifier) {
  write_onnx(scratch("three.onnx"), {three_inputs(), {}, kOpset});
  const std::string file = scratch("three.onnx").string();
  EXPECT_ERROR(load_model(file).input(), "has several inputs (image, shift ...); give all but one with --fix NAME=VALUE");
  const Model model = load_model(file, {.inputs = {.fixed = {"gain=2", "shift=0"}, .size = {6, 8}}});
  EXPECT_EQ(model.input().name, "image");
  EXPECT_EQ(model.kind, ModelKind::kClassifier);
  EXPECT_EQ(model.preprocess.width, 8);
}

// As tf2onnx writes Keras networks: x [N, h, w, 3] -> Transpose -> Conv.
TEST(Inputs, ChannelsLastIsTurned) {
  Graph graph;
  graph.inputs = {test::input("x", {kUnknown, 6, 5, 3})};
  graph.add_weight("w", test::counted({4, 3, 3, 3}));
  graph.nodes = {node("Transpose", {"x"}, "t", {{"perm", std::vector<int64_t>{0, 3, 1, 2}}}), node("Conv", {"t", "w"}, "conv"),
                 node("GlobalAveragePool", {"conv"}, "pool")};
  graph.outputs = {"pool"};
  write_onnx(scratch("last.onnx"), {graph, {}, kOpset});
  const Model model = load_model(scratch("last.onnx").string());
  EXPECT_EQ(model.input().type.shape, (Shape{kUnknown, 3, 6, 5}));
  EXPECT_EQ(model.graph.type_of("t").shape, (Shape{kUnknown, 3, 6, 5}));
  EXPECT_EQ(model.preprocess.height, 6);
}

}  // namespace
}  // namespace phosphene
