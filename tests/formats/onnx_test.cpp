#include "phosphene/formats/onnx.h"

#include <bit>
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/formats/half.h"
#include "phosphene/formats/onnx_convert.h"
#include "phosphene/graph/passes.h"

namespace phosphene {
namespace {

// x [N, 3, 8, 8] -> Conv -> Relu -> Flatten -> Gemm, with a weight that no node uses.
Graph small_graph() {
  Graph graph;
  graph.name = "small";
  graph.inputs = {{"x", {DataType::kFloat32, {kUnknown, 3, 8, 8}}}};
  std::vector<float> conv(4 * 3 * 3 * 3), dense(5 * 4 * 8 * 8);
  for (size_t i = 0; i < conv.size(); ++i) conv[i] = 0.25f * static_cast<float>(i % 7) - 0.5f;
  for (size_t i = 0; i < dense.size(); ++i) dense[i] = 0.125f * static_cast<float>(i % 9) - 0.5f;
  graph.add_weight("conv.w", Tensor(Shape{4, 3, 3, 3}, conv));
  graph.add_weight("conv.b", Tensor(Shape{4}, std::vector<float>{0.1f, 0.2f, 0.3f, 1e-9f}));
  graph.add_weight("fc.w", Tensor(Shape{5, 256}, dense));
  graph.add_weight("bounds", Tensor(Shape{2}, std::vector<float>{1, 2}));
  graph.nodes = {
      {"conv",
       "Conv",
       {"x", "conv.w", "conv.b"},
       {"conv"},
       {{"kernel_shape", std::vector<int64_t>{3, 3}}, {"pads", std::vector<int64_t>{1, 1, 1, 1}}}},
      {"relu", "Relu", {"conv"}, {"relu"}, {}},
      {"flat", "Flatten", {"relu"}, {"flat"}, {{"axis", int64_t{1}}}},
      {"fc", "Gemm", {"flat", "fc.w"}, {"fc"}, {{"transB", int64_t{1}}, {"alpha", 0.5f}}},
  };
  graph.outputs = {"fc"};
  return graph;
}

onnx::ModelProto proto_of(const std::filesystem::path& file) {
  onnx::ModelProto proto;
  EXPECT_TRUE(proto.ParseFromString(read_file(file)));
  return proto;
}

std::filesystem::path stored(const std::string& name, const onnx::ModelProto& proto) {
  write_file(scratch(name), proto.SerializeAsString());
  return scratch(name);
}

onnx::ModelProto small_proto() {
  const auto file = scratch("small.onnx");
  write_onnx(file, {small_graph(), {}, kOpset});
  return proto_of(file);
}

void expect_same(const Graph& a, const Graph& b) {
  EXPECT_EQ(to_string(infer_shapes(a)), to_string(infer_shapes(b)));
  ASSERT_EQ(a.weights.size(), b.weights.size());
  for (const auto& [name, tensor] : a.weights) {
    ASSERT_TRUE(b.weights.contains(name)) << name;
    EXPECT_TRUE(*tensor == *b.weights.at(name)) << name;
  }
}

TEST(Onnx, RoundTripKeepsEverything) {
  const auto file = scratch("round.onnx");
  write_onnx(file, {small_graph(), {{"phosphene.kind", "\"classifier\""}, {"other", "text"}}, kOpset});
  EXPECT_NO_THROW(onnx::checker::check_model(proto_of(file)));
  const OnnxFile read = read_onnx(file);
  EXPECT_EQ(read.opset, kOpset);
  EXPECT_EQ(read.metadata.at("phosphene.kind"), "\"classifier\"");
  EXPECT_EQ(read.metadata.at("other"), "text");
  expect_same(small_graph(), read.graph);
}

TEST(Onnx, HalfWeightsComeBackUnderTheirNames) {
  const auto file = scratch("half.onnx");
  write_onnx(file, {small_graph(), {}, kOpset}, {.half_weights = true});
  EXPECT_NO_THROW(onnx::checker::check_model(proto_of(file)));
  write_onnx(scratch("full.onnx"), {small_graph(), {}, kOpset});
  EXPECT_LT(std::filesystem::file_size(file), std::filesystem::file_size(scratch("full.onnx")) * 6 / 10);
  const Graph read = read_onnx(file).graph;
  expect_same(small_graph(), read);  // the values above are halves; the bias is stored as float32
}

TEST(Onnx, HalfTellsEveryKindOfNumber) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = half_to_float(static_cast<uint16_t>(bits));
    if (std::isnan(value)) continue;
    EXPECT_EQ(float_to_half(value), bits);
  }
  EXPECT_EQ(half_to_float(0x3c00), 1.0f);
  EXPECT_EQ(half_to_float(0x0001), std::ldexp(1.0f, -24));
  EXPECT_EQ(float_to_half(1.0f + std::ldexp(1.0f, -11)), 0x3c00);      // a tie goes to even
  EXPECT_EQ(float_to_half(1.0f + 3 * std::ldexp(1.0f, -11)), 0x3c02);  // upwards too
  EXPECT_EQ(float_to_half(65520.0f), 0x7c00);
  EXPECT_EQ(bfloat16_to_float(0x3f80), 1.0f);
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = bfloat16_to_float(static_cast<uint16_t>(bits));
    if (std::isnan(value)) continue;
    EXPECT_EQ(float_to_bfloat16(value), bits);
  }
  EXPECT_EQ(float_to_bfloat16(1.0f + std::ldexp(1.0f, -8)), 0x3f80);
  EXPECT_EQ(float_to_bfloat16(1.0f + 3 * std::ldexp(1.0f, -8)), 0x3f82);
  EXPECT_TRUE(std::isnan(bfloat16_to_float(float_to_bfloat16(std::bit_cast<float>(0x7fffffffu)))));
}

TEST(Onnx, ForeignTypesBecomeOurs) {
  onnx::TensorProto proto;
  proto.set_data_type(onnx::TensorProto::DOUBLE);
  proto.add_dims(2);
  proto.add_double_data(0.5);
  proto.add_double_data(-3);
  EXPECT_EQ(tensor_from_onnx(proto), Tensor(Shape{2}, std::vector<float>{0.5f, -3}));
  proto.Clear();
  proto.set_data_type(onnx::TensorProto::UINT8);
  proto.add_dims(2);
  proto.set_raw_data(std::string("\xff\x01", 2));
  EXPECT_EQ(tensor_from_onnx(proto), Tensor(Shape{2}, std::vector<int64_t>{255, 1}));
  proto.set_data_type(onnx::TensorProto::INT8);
  EXPECT_EQ(tensor_from_onnx(proto), Tensor(Shape{2}, std::vector<int64_t>{-1, 1}));
  proto.set_data_type(onnx::TensorProto::BOOL);
  EXPECT_EQ(tensor_from_onnx(proto), Tensor(Shape{2}, std::vector<int64_t>{1, 1}, DataType::kBool));
  proto.set_data_type(onnx::TensorProto::FLOAT16);
  proto.set_raw_data(std::string("\x00\x3c\x00\xc0", 4));
  EXPECT_EQ(tensor_from_onnx(proto), Tensor(Shape{2}, std::vector<float>{1, -2}));
}

TEST(Onnx, EveryTruncationIsAnError) {
  const auto file = scratch("whole.onnx");
  write_onnx(file, {small_graph(), {}, kOpset});
  const std::string bytes = read_file(file);
  for (size_t length = 0; length < bytes.size(); length += 1 + length / 20) {
    write_file(scratch("cut.onnx"), std::string_view(bytes).substr(0, length));
    EXPECT_THROW(read_onnx(scratch("cut.onnx")), Error) << length << " of " << bytes.size();
  }
}

TEST(Onnx, GarbageNamesTheFile) {
  write_file(scratch("garbage.onnx"), "this is no network at all");
  const std::string line = error_of([] { read_onnx(scratch("garbage.onnx")); });
  EXPECT_NE(line.find("garbage.onnx > not an ONNX file or cut short"), std::string::npos) << line;
}

TEST(Onnx, ChangedBytesNeverCrash) {
  const auto file = scratch("fuzz.onnx");
  write_onnx(file, {small_graph(), {}, kOpset});
  const std::string bytes = read_file(file);
  int refused = 0;
  for (size_t i = 0; i < 400; ++i) {
    std::string changed = bytes;
    changed[i * 7919 % changed.size()] = static_cast<char>(i * 31 + 1);
    changed[changed.size() - 1 - i * 13 % 600] = static_cast<char>(i * 17);
    write_file(file, changed);
    try {
      read_onnx(file);
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 20);
}

TEST(Onnx, MissingWeightIsNamed) {
  onnx::ModelProto proto = small_proto();
  auto* weights = proto.mutable_graph()->mutable_initializer();
  for (int i = 0; i < weights->size(); ++i)
    if (weights->Get(i).name() == "fc.w") weights->DeleteSubrange(i, 1);
  const std::string line = error_of([&] { read_onnx(stored("missing.onnx", proto)); });
  EXPECT_NE(line.find("node fc (Gemm) > input fc.w is missing"), std::string::npos) << line;
}

TEST(Onnx, UnknownOperatorIsNamedWithDomainAndOpset) {
  onnx::ModelProto proto = small_proto();
  proto.mutable_graph()->mutable_node(1)->set_op_type("Frobnicate");
  std::string line = error_of([&] { cut(read_onnx(stored("unknown.onnx", proto)).graph, {"relu"}); });
  EXPECT_NE(line.find("node relu (Frobnicate) > operator Frobnicate (domain ai.onnx, opset 17)"), std::string::npos) << line;
  proto.mutable_graph()->mutable_node(1)->set_op_type("Relu");
  proto.mutable_graph()->mutable_node(1)->set_domain("com.example");
  const Graph graph = read_onnx(stored("unknown.onnx", proto)).graph;
  line = error_of([&] { cut(graph, {"fc"}); });
  EXPECT_NE(line.find("fc cannot be computed: it needs node relu (Relu) > operator Relu (domain com.example"), std::string::npos) << line;
  EXPECT_TRUE(graph.outputs.empty());
  EXPECT_EQ(cut(graph, {"conv"}).nodes.size(), 1u);
  for (const char* last : {"fc", "flat", "relu"}) EXPECT_NE(graph.find_opaque(last), nullptr) << last;
}

TEST(Onnx, AFileOfUnknownNodesAloneIsAnError) {
  onnx::ModelProto proto = small_proto();
  proto.mutable_graph()->mutable_node(0)->set_op_type("Frobnicate");
  const std::string line = error_of([&] { read_onnx(stored("unknown.onnx", proto)); });
  EXPECT_NE(line.find("node conv (Frobnicate) > operator Frobnicate (domain ai.onnx, opset 17)"), std::string::npos) << line;
}

// What a classifier of a cloud service ends in: names gathered by index, and a map from names to probabilities.
TEST(Onnx, TextsAndMapsAtTheEndCostNothingBeforeThem) {
  onnx::ModelProto proto = small_proto();
  onnx::GraphProto& graph = *proto.mutable_graph();
  onnx::TensorProto& names = *graph.add_initializer();
  names.set_name("names");
  names.set_data_type(onnx::TensorProto::STRING);
  names.add_dims(5);
  for (const char* name : {"a", "b", "c", "d", "e"}) names.add_string_data(name);
  const auto add = [&](const char* op, std::vector<std::string> inputs, const char* output) {
    onnx::NodeProto& node = *graph.add_node();
    node.set_op_type(op);
    node.set_name(output);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return &node;
  };
  add("ArgMax", {"fc"}, "best");
  add("Gather", {"names", "best"}, "word");
  add("ZipMap", {"fc"}, "map")->set_domain("ai.onnx.ml");
  for (const char* output : {"word", "map"}) graph.add_output()->set_name(output);
  graph.mutable_output(2)->mutable_type()->mutable_sequence_type();
  const Graph read = read_onnx(stored("tail.onnx", proto)).graph;
  EXPECT_EQ(read.outputs, std::vector<std::string>{"fc"});
  EXPECT_NE(error_of([&] { cut(read, {"word"}); }).find("word cannot be computed: it needs weight names > values of type STRING"),
            std::string::npos);
  EXPECT_NE(error_of([&] { cut(read, {"map"}); }).find("node map (ZipMap) > operator ZipMap (domain ai.onnx.ml"), std::string::npos);
}

TEST(Onnx, AbsurdTensorSizeIsRefusedBeforeAllocating) {
  onnx::ModelProto proto = small_proto();
  proto.mutable_graph()->mutable_initializer(0)->set_dims(0, int64_t{1} << 50);
  EXPECT_NE(error_of([&] { read_onnx(stored("absurd.onnx", proto)); }).find("values but holds"), std::string::npos);
  proto.mutable_graph()->mutable_initializer(0)->add_dims(int64_t{1} << 62);
  EXPECT_NE(error_of([&] { read_onnx(stored("absurd.onnx", proto)); }).find("overflows"), std::string::npos);
  proto.mutable_graph()->mutable_initializer(0)->set_dims(0, -4);
  EXPECT_NE(error_of([&] { read_onnx(stored("absurd.onnx", proto)); }).find("extent -4"), std::string::npos);
}

TEST(Onnx, NodesAreSortedAndNamed) {
  onnx::ModelProto proto = small_proto();
  auto* nodes = proto.mutable_graph()->mutable_node();
  for (auto& node : *nodes) node.clear_name();
  nodes->SwapElements(0, 3);
  const Graph graph = read_onnx(stored("shuffled.onnx", proto)).graph;
  ASSERT_EQ(graph.nodes.size(), 4u);
  EXPECT_EQ(graph.nodes[0].op, "Conv");
  EXPECT_EQ(graph.nodes[3].op, "Gemm");
  EXPECT_EQ(graph.nodes[0].name, "Conv_3");
}

TEST(Onnx, CycleIsAnError) {
  onnx::ModelProto proto = small_proto();
  proto.mutable_graph()->mutable_node(0)->set_input(0, "relu");
  EXPECT_NE(error_of([&] { read_onnx(stored("cycle.onnx", proto)); }).find("cycle"), std::string::npos);
}

TEST(Onnx, InitializersAreNotInputs) {
  onnx::ModelProto proto = small_proto();
  auto* input = proto.mutable_graph()->add_input();
  input->set_name("conv.w");
  input->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  const Graph graph = read_onnx(stored("inputs.onnx", proto)).graph;
  ASSERT_EQ(graph.inputs.size(), 1u);
  EXPECT_EQ(graph.inputs[0].name, "x");
}

TEST(Onnx, ConstantNodesBecomeWeights) {
  onnx::ModelProto proto = small_proto();
  auto* node = proto.mutable_graph()->add_node();
  node->set_op_type("Constant");
  node->add_output("seven");
  *node->add_attribute() = attribute_to_onnx("value_float", 7.0f);
  auto* add = proto.mutable_graph()->add_node();
  add->set_op_type("Add");
  add->add_input("fc");
  add->add_input("seven");
  add->add_output("sum");
  const Graph graph = read_onnx(stored("constant.onnx", proto)).graph;
  ASSERT_TRUE(graph.constant("seven"));
  EXPECT_EQ(graph.constant("seven")->floats()[0], 7.0f);
}

// Attributes that became inputs and the flattening Softmax, from opsets that ONNX's converter knows.
TEST(Onnx, OldOpsetsAreConverted) {
  for (const int opset : {7, 9, 10, 11, 12, 13}) {
    onnx::ModelProto proto = small_proto();
    proto.mutable_opset_import(0)->set_version(opset);
    auto* graph = proto.mutable_graph();
    if (opset < 11) {
      auto* clip = graph->add_node();
      clip->set_op_type("Clip");
      clip->set_name("clip");
      clip->add_input("fc");
      clip->add_output("clipped");
      *clip->add_attribute() = attribute_to_onnx("min", -1.0f);
      *clip->add_attribute() = attribute_to_onnx("max", 6.0f);
      graph->mutable_output(0)->set_name("clipped");
    }
    auto* softmax = graph->add_node();
    softmax->set_op_type("Softmax");
    softmax->set_name("softmax");
    softmax->add_input(graph->output(0).name());
    softmax->add_output("prob");
    graph->mutable_output(0)->set_name("prob");
    const OnnxFile file = read_onnx(stored("old.onnx", proto));
    EXPECT_EQ(file.opset, opset);
    const Graph typed = infer_shapes(file.graph);
    EXPECT_EQ(typed.outputs, std::vector<std::string>{"prob"});
    EXPECT_EQ(typed.type_of("prob").shape[1], 5) << opset;
    EXPECT_TRUE(typed.constant("bounds")) << "a weight that no node uses stays";
    if (opset < 11) {
      const auto clip = std::find_if(typed.nodes.begin(), typed.nodes.end(), [](const Node& node) { return node.op == "Clip"; });
      ASSERT_NE(clip, typed.nodes.end());
      ASSERT_EQ(clip->inputs.size(), 3u);
      ASSERT_TRUE(typed.constant(clip->inputs[2]));
      EXPECT_EQ(typed.constant(clip->inputs[2])->floats()[0], 6.0f);
    }
  }
}

TEST(Onnx, AxesOfNewerOpsetsBecomeAttributes) {
  onnx::ModelProto proto = small_proto();
  proto.mutable_opset_import(0)->set_version(18);
  *proto.mutable_graph()->add_initializer() = tensor_to_onnx("axes", Tensor::ints({2, 3}));
  auto* mean = proto.mutable_graph()->add_node();
  mean->set_op_type("ReduceMean");
  mean->set_name("mean");
  mean->add_input("relu");
  mean->add_input("axes");
  mean->add_output("mean");
  *mean->add_attribute() = attribute_to_onnx("keepdims", int64_t{0});
  proto.mutable_graph()->mutable_output(0)->set_name("mean");
  const Graph graph = infer_shapes(read_onnx(stored("new.onnx", proto)).graph);
  EXPECT_EQ(graph.type_of("mean").shape, (Shape{kUnknown, 4}));
}

TEST(Onnx, FailedWriteLeavesTheOldFile) {
  const auto folder = scratch("not-a-folder");
  write_file(folder, "a file");
  EXPECT_THROW(write_onnx(folder / "model.onnx", {small_graph(), {}, kOpset}), Error);
  EXPECT_EQ(read_file(folder), "a file");
}

}  // namespace
}  // namespace phosphene
