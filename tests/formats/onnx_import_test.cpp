// What exporters write: other opsets, weights in other forms and places, functions and branches. Models are spelled in ONNX's text form.
#include <gtest/gtest.h>
#include <onnx/defs/parser.h>
#include <onnx/onnx_pb.h>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/base/file.h"
#include "phosphene/formats/onnx.h"
#include "phosphene/formats/onnx_convert.h"
#include "phosphene/graph/passes.h"

namespace phosphene {
namespace {

onnx::ModelProto parsed(int opset, const std::string& graph_and_functions) {
  onnx::ModelProto model;
  const std::string text = fmt::format("<ir_version: 8, opset_import: [\"\" : {}, \"local\" : 1]>\n{}", opset, graph_and_functions);
  const auto status = onnx::OnnxParser::Parse(model, text.c_str());
  EXPECT_TRUE(status.IsOK()) << status.ErrorMessage();
  return model;
}

void add_weight(onnx::ModelProto& model, const std::string& name, const Tensor& tensor) {
  *model.mutable_graph()->add_initializer() = tensor_to_onnx(name, tensor);
}

std::filesystem::path stored(const onnx::ModelProto& model) {
  const auto file = scratch("import.onnx");
  write_file(file, model.SerializeAsString());
  return file;
}

// The graph as read, with shapes; constants folded so that shape arithmetic is gone.
Graph read(const onnx::ModelProto& model) { return infer_shapes(read_onnx(stored(model)).graph); }
Graph read(int opset, const std::string& text) { return read(parsed(opset, text)); }
Graph folded(const onnx::ModelProto& model) {
  Graph graph = read(model);
  return infer_shapes(cut(fold_constants(graph), graph.outputs));
}
std::string problem(const onnx::ModelProto& model) {
  return error_of([&] { read_onnx(stored(model)); });
}

const Node& maker(const Graph& graph, std::string_view value) {
  const Node* node = graph.find_producer(std::string(value));
  if (!node) throw Error(fmt::format("nobody makes {}", value));
  return *node;
}

std::vector<int64_t> ints(const Graph& graph, const std::string& name) {
  const TensorPtr tensor = graph.constant(name);
  if (!tensor) throw Error(name + " is not constant");
  return {tensor->ints().begin(), tensor->ints().end()};
}

void expect_mentions(const std::string& line, const std::string& part) { EXPECT_NE(line.find(part), std::string::npos) << line; }

// ---- opsets

TEST(OnnxOpset, SoftmaxOverTheLastAxisStaysOneNode) {
  const Graph graph = read(11, "g (float[N,10] x) => (float[N,10] y) { y = Softmax(x) }");
  ASSERT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(graph.nodes[0].attributes.get_int("axis", 0), -1);
}

TEST(OnnxOpset, OldSoftmaxOverSeveralAxesIsFlattened) {
  const Graph graph = read(11, "g (float[2,3,4,5] x) => (float[2,3,4,5] y) { y = Softmax <axis = 2> (x) }");
  EXPECT_EQ(maker(graph, "y").op, "Reshape");
  const Node& softmax = maker(graph, maker(graph, "y").inputs[0]);
  EXPECT_EQ(softmax.op, "Softmax");
  EXPECT_EQ(graph.type_of(softmax.inputs[0]).shape, (Shape{6, 20}));
  EXPECT_EQ(graph.type_of("y").shape, (Shape{2, 3, 4, 5}));
}

TEST(OnnxOpset, NewSoftmaxKeepsItsAxis) {
  const Graph graph = read(13, "g (float[2,3,4,5] x) => (float[2,3,4,5] y) { y = Softmax <axis = 1> (x) }");
  ASSERT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(graph.nodes[0].attributes.get_int("axis", 0), 1);
}

TEST(OnnxOpset, UpsampleBecomesResize) {
  for (const int opset : {7, 8}) {
    const Graph graph =
        read(opset, "g (float[1,2,3,4] x) => (float[1,2,6,12] y) { y = Upsample <mode = \"nearest\", scales = [1.0, 1.0, 2.0, 3.0]> (x) }");
    const Node& resize = maker(graph, "y");
    EXPECT_EQ(resize.op, "Resize");
    EXPECT_EQ(resize.attributes.get_string("coordinate_transformation_mode", ""), "asymmetric");
    EXPECT_EQ(resize.attributes.get_string("nearest_mode", ""), "floor");
    EXPECT_EQ(graph.type_of("y").shape, (Shape{1, 2, 6, 12}));
  }
  for (const auto& [opset, op] : {std::pair{9, "Upsample"}, std::pair{10, "Resize"}}) {
    onnx::ModelProto model =
        parsed(opset, fmt::format("g (float[1,2,3,4] x) => (float[1,2,6,12] y) {{ y = {} <mode = \"linear\"> (x, s) }}", op));
    add_weight(model, "s", Tensor(Shape{4}, std::vector<float>{1, 1, 2, 3}));
    const Graph graph = read(model);
    EXPECT_EQ(maker(graph, "y").attributes.get_string("mode", ""), "linear");
    EXPECT_EQ(graph.type_of("y").shape, (Shape{1, 2, 6, 12}));
  }
}

TEST(OnnxOpset, AttributesBecomeInputs) {
  Graph graph = read(9, "g (float[1,8,6] x) => (float[1,3,6] y) { y = Slice <axes = [1], starts = [2], ends = [5]> (x) }");
  EXPECT_EQ(graph.type_of("y").shape, (Shape{1, 3, 6}));
  graph = read(9, "g (float[1,8,6] x) => (float[1,10,6] y) { y = Pad <pads = [0, 1, 0, 0, 1, 0], value = 2.0> (x) }");
  EXPECT_EQ(graph.type_of("y").shape, (Shape{1, 10, 6}));
  EXPECT_EQ(graph.constant(maker(graph, "y").inputs[2])->floats()[0], 2.0f);
  graph = read(11, "g (float[4,1,6] x) => (float[1,4,6] y) { s = Squeeze <axes = [1]> (x)\n y = Unsqueeze <axes = [0]> (s) }");
  EXPECT_EQ(graph.type_of("y").shape, (Shape{1, 4, 6}));
  graph = read(11, "g (float[4,7] x) => (float[4,2] a, float[4,5] b) { a, b = Split <axis = 1, split = [2, 5]> (x) }");
  EXPECT_EQ(graph.type_of("b").shape, (Shape{4, 5}));
  graph = read(11, "g (float[4,7] x) => (float[4,1] y) { y = ReduceSum <axes = [1]> (x) }");
  EXPECT_EQ(graph.type_of("y").shape, (Shape{4, 1}));
  graph = read(10, "g (float[4,7] x) => (float[4,7] y) { y = Dropout <ratio = 0.5> (x) }");
  EXPECT_EQ(maker(graph, "y").inputs.size(), 2u);
}

TEST(OnnxOpset, OldBroadcastingIsRefused) {
  expect_mentions(problem(parsed(6, "g (float[2,3] x, float[3] b) => (float[2,3] y) { y = Add <broadcast = 1> (x, b) }")),
                  "node Add_0 (Add) > the broadcasting of opset 6 is not supported");
}

TEST(OnnxOpset, SplitIntoUnevenParts) {
  const Graph graph =
      read(18, "g (float[2,7] x) => (float[2,3] a, float[2,3] b, float[2,1] c) { a, b, c = Split <axis = 1, num_outputs = 3> (x) }");
  EXPECT_EQ(graph.type_of("a").shape, (Shape{2, 3}));
  EXPECT_EQ(graph.type_of("c").shape, (Shape{2, 1}));
}

TEST(OnnxOpset, PadsOfSomeAxes) {
  onnx::ModelProto model = parsed(18, "g (float[N,3,5,5] x) => (float[N,3,6,9] y) { y = Pad (x, pads, , axes) }");
  add_weight(model, "pads", Tensor::ints({1, 3, 0, 1}));
  add_weight(model, "axes", Tensor::ints({2, -1}));
  const Graph graph = read(model);
  EXPECT_EQ(ints(graph, maker(graph, "y").inputs[1]), (std::vector<int64_t>{0, 0, 1, 3, 0, 0, 0, 1}));
  EXPECT_EQ(graph.type_of("y").shape, (Shape{kUnknown, 3, 6, 9}));
}

TEST(OnnxOpset, ResizeOfSomeAxes) {
  onnx::ModelProto model = parsed(18, "g (float[N,3,5,5] x) => (float[N,3,10,15] y) { y = Resize <axes = [3, 2]> (x, , , sizes) }");
  add_weight(model, "sizes", Tensor::ints({15, 10}));
  EXPECT_EQ(folded(model).type_of("y").shape, (Shape{kUnknown, 3, 10, 15}));
  model = parsed(19, "g (float[N,3,5,5] x) => (float[N,3,10,15] y) { y = Resize <axes = [2, 3], antialias = 0> (x, , scales) }");
  add_weight(model, "scales", Tensor(Shape{2}, std::vector<float>{2, 3}));
  EXPECT_EQ(read(model).type_of("y").shape, (Shape{kUnknown, 3, 10, 15}));
}

TEST(OnnxOpset, ReductionAxesFromAnInput) {
  onnx::ModelProto model = parsed(18, "g (float[N,3,4,5] x) => (float[N,3] y) { y = ReduceMax <keepdims = 0> (x, axes) }");
  add_weight(model, "axes", Tensor::ints({2, 3}));
  EXPECT_EQ(read(model).type_of("y").shape, (Shape{kUnknown, 3}));
  const Graph same = read(18, "g (float[2,3] x) => (float[2,3] y) { y = ReduceMean <noop_with_empty_axes = 1> (x) }");
  EXPECT_EQ(maker(same, "y").op, "Identity");
  // Axes that the graph computes: the extents of axes 0 and 1.
  const Graph computed =
      read(18, "g (float[1,2,4] x) => (float[1,1,1] y) { axes = Shape <start = 0, end = 2> (x)\n y = ReduceMin (x, axes) }");
  EXPECT_EQ(computed.type_of("y").shape, (Shape{1, 1, 1}));
}

// ---- weights

TEST(OnnxWeights, ConstantsInEveryForm) {
  const Graph graph = read(17, R"(g (float[2] x) => (float[2] y) {
    a = Constant <value_float = 2.5> ()
    b = Constant <value_floats = [1.0, 2.0]> ()
    c = Constant <value_int = 7> ()
    d = Constant <value_ints = [1, 2, 3]> ()
    e = Constant <value = float[2] {3.0, 4.0}> ()
    y = Relu (x)
  })");
  EXPECT_EQ(*graph.constant("a"), Tensor::scalar(2.5f));
  EXPECT_EQ(*graph.constant("b"), Tensor(Shape{2}, std::vector<float>{1, 2}));
  EXPECT_EQ(*graph.constant("c"), Tensor(Shape{}, std::vector<int64_t>{7}));
  EXPECT_EQ(*graph.constant("d"), Tensor::ints({1, 2, 3}));
  EXPECT_EQ(*graph.constant("e"), Tensor(Shape{2}, std::vector<float>{3, 4}));
}

TEST(OnnxWeights, SparseConstantsBecomeDense) {
  onnx::SparseTensorProto sparse;
  *sparse.mutable_values() = tensor_to_onnx("v", Tensor(Shape{2}, std::vector<float>{5, 6}));
  *sparse.mutable_indices() = tensor_to_onnx("i", Tensor(Shape{2, 2}, std::vector<int64_t>{0, 1, 1, 2}));
  sparse.add_dims(2);
  sparse.add_dims(3);
  const Tensor dense(Shape{2, 3}, std::vector<float>{0, 5, 0, 0, 0, 6});
  EXPECT_EQ(tensor_from_sparse_onnx(sparse), dense);
  *sparse.mutable_indices() = tensor_to_onnx("i", Tensor::ints({1, 5}));
  EXPECT_EQ(tensor_from_sparse_onnx(sparse), dense);
  *sparse.mutable_indices() = tensor_to_onnx("i", Tensor::ints({1, 6}));
  expect_mentions(error_of([&] { tensor_from_sparse_onnx(sparse); }), "outside");
  sparse.set_dims(0, int64_t{1} << 38);
  expect_mentions(error_of([&] { tensor_from_sparse_onnx(sparse); }), "damaged");
}

// w of [2, 3] lies in w.bin behind 8 other bytes.
onnx::ModelProto external_model(const std::string& location) {
  onnx::ModelProto model = parsed(17, "g (float[N,2] x) => (float[N,3] y) { y = MatMul (x, w) }");
  auto* weight = model.mutable_graph()->add_initializer();
  weight->set_name("w");
  weight->set_data_type(onnx::TensorProto::FLOAT);
  weight->add_dims(2);
  weight->add_dims(3);
  weight->set_data_location(onnx::TensorProto::EXTERNAL);
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"location", location}, {"offset", "8"}, {"length", "24"}}) {
    auto* entry = weight->add_external_data();
    entry->set_key(key);
    entry->set_value(value);
  }
  return model;
}

TEST(OnnxWeights, ExternalFileBesideTheModel) {
  const std::vector<float> values = {0, 0, 1, 2, 3, 4, 5, 6};
  const std::string_view bytes(reinterpret_cast<const char*>(values.data()), 32);
  write_file(scratch("w.bin"), bytes);
  onnx::ModelProto model = external_model("w.bin");
  EXPECT_EQ(*read(model).constant("w"), Tensor(Shape{2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(read_onnx(stored(model)).weights, std::vector{scratch("w.bin")});
  std::filesystem::create_directory(scratch("sub"));
  write_file(scratch("sub") / "w.bin", bytes);
  EXPECT_EQ(read(external_model("sub/w.bin")).constant("w")->size(), 6);

  write_file(scratch("short.bin"), bytes.substr(0, 31));
  expect_mentions(problem(external_model("short.bin")), "short.bin > holds 31 bytes where 24 from 8 on are needed");
  expect_mentions(problem(external_model("absent.bin")), "absent.bin > no such file");
  model.mutable_graph()->mutable_initializer(0)->mutable_external_data(2)->set_value("23");
  expect_mentions(problem(model), "needs 24 bytes, external_data says 23");
  model.mutable_graph()->mutable_initializer(0)->mutable_external_data(1)->set_value("-8");
  expect_mentions(problem(model), "offset \"-8\"");
  model.mutable_graph()->mutable_initializer(0)->mutable_external_data(1)->set_value("9223372036854775807");
  model.mutable_graph()->mutable_initializer(0)->mutable_external_data(2)->set_value("24");
  expect_mentions(problem(model), "w.bin > holds 32 bytes");
  model.mutable_graph()->mutable_initializer(0)->set_dims(0, int64_t{1} << 45);
  expect_mentions(problem(model), "overflows");
}

TEST(OnnxWeights, ExternalFilesOutsideTheFolderAreRefused) {
  for (const std::string location : {"../w.bin", "/etc/hostname", "sub/../../w.bin", "..", "", "."}) {
    const std::string line = problem(external_model(location));
    EXPECT_TRUE(line.find("outside the model's folder") != std::string::npos || line.find("no such file") != std::string::npos) << line;
  }
}

TEST(OnnxWeights, IntegerWeightsAreDequantized) {
  onnx::ModelProto model =
      parsed(17, "g (float[N,2] x) => (float[N,3] y) { w = DequantizeLinear <axis = 1> (q, s, z)\n y = MatMul (x, w) }");
  add_weight(model, "q", Tensor(Shape{2, 3}, std::vector<int64_t>{10, 20, 30, -10, -20, -30}));
  add_weight(model, "s", Tensor(Shape{3}, std::vector<float>{0.5, 1, 2}));
  add_weight(model, "z", Tensor(Shape{3}, std::vector<int64_t>{0, 10, 20}));
  const Graph graph = read(model);
  EXPECT_EQ(*graph.constant("w"), Tensor(Shape{2, 3}, std::vector<float>{5, 10, 20, -5, -30, -100}));
  EXPECT_FALSE(graph.constant("q")) << "the integers are not needed any more";

  model = parsed(17, "g (float[N,2] x) => (float[N,3] y) { w = DequantizeLinear (q, s)\n y = MatMul (x, w) }");
  add_weight(model, "q", Tensor(Shape{2, 3}, std::vector<int64_t>{1, 2, 3, 4, 5, 6}));
  add_weight(model, "s", Tensor::scalar(0.5f));
  EXPECT_EQ(*read(model).constant("w"), Tensor(Shape{2, 3}, std::vector<float>{0.5, 1, 1.5, 2, 2.5, 3}));

  model = parsed(21, "g (float[N,3] x) => (float[N,2] y) { w = DequantizeLinear <axis = 0, block_size = 2> (q, s)\n y = MatMul (x, w) }");
  add_weight(model, "q", Tensor(Shape{3, 2}, std::vector<int64_t>{1, 2, 3, 4, 5, 6}));
  add_weight(model, "s", Tensor(Shape{2, 2}, std::vector<float>{1, 10, 100, 1000}));
  EXPECT_EQ(*read(model).constant("w"), Tensor(Shape{3, 2}, std::vector<float>{1, 20, 3, 40, 500, 6000}));
  model.mutable_graph()->mutable_initializer(1)->set_dims(0, 4);
  model.mutable_graph()->mutable_initializer(1)->set_dims(1, 1);
  expect_mentions(problem(model), "(DequantizeLinear) > the scale has the shape [4, 1], not [2, 2]");
}

TEST(OnnxWeights, InputWithoutShapeIsRefused) {
  onnx::ModelProto model = parsed(17, "g (float[2] x) => (float[2] y) { y = Relu (x) }");
  model.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  expect_mentions(problem(model), "input x has no shape");
}

// ---- functions

constexpr const char* kFunctions = R"(
  g (float[N,4] x) => (float[N,4] y) { h = local.twice <slope = 0.5> (x)
                                       y = local.twice <slope = 0.25> (h) }
  <domain: "local", opset_import: ["" : 17, "local" : 1]>
  twice <slope> (a) => (c) { b = local.leaky <alpha: float = @slope> (a)
                             c = Add (b, b) }
  <domain: "local", opset_import: ["" : 17]>
  leaky <alpha> (p) => (q) { q = LeakyRelu <alpha: float = @alpha> (p) }
)";

TEST(OnnxFunctions, BodiesTakeThePlaceOfCalls) {
  const Graph graph = read(17, kFunctions);
  ASSERT_EQ(graph.nodes.size(), 4u);
  EXPECT_EQ(graph.nodes[0].op, "LeakyRelu");
  EXPECT_EQ(graph.nodes[0].attributes.get_float("alpha", 0), 0.5f);
  EXPECT_EQ(graph.nodes[1].outputs, std::vector<std::string>{"h"});
  EXPECT_EQ(graph.nodes[2].inputs, std::vector<std::string>{"h"});
  EXPECT_EQ(graph.nodes[2].attributes.get_float("alpha", 0), 0.25f);
  EXPECT_EQ(graph.nodes[3].outputs, std::vector<std::string>{"y"});
}

TEST(OnnxFunctions, WithoutEndAreRefused) {
  onnx::ModelProto model = parsed(17, kFunctions);
  model.mutable_functions(1)->mutable_node(0)->set_op_type("twice");
  model.mutable_functions(1)->mutable_node(0)->set_domain("local");
  expect_mentions(problem(model), "without end");
  // f0 calls f1 twice, f1 calls f2 twice ...: 2^60 calls
  model = parsed(17, "g (float[2] x) => (float[2] y) { y = local.f0 (x) }");
  for (int i = 0; i < 60; ++i) {
    auto* function = model.add_functions();
    function->set_name("f" + std::to_string(i));
    function->set_domain("local");
    function->add_input("a");
    function->add_output("c");
    for (const auto& [from, to] : {std::pair{"a", "b"}, std::pair{"b", "c"}}) {
      auto* node = function->add_node();
      node->set_op_type("f" + std::to_string(i + 1));
      node->set_domain("local");
      node->add_input(from);
      node->add_output(to);
    }
  }
  expect_mentions(problem(model), "make more than");
}

TEST(OnnxFunctions, OfAnotherOpsetAreRefused) {
  onnx::ModelProto model = parsed(17, kFunctions);
  for (auto& import : *model.mutable_functions(1)->mutable_opset_import()) import.set_version(12);
  expect_mentions(problem(model), "the function is written in opset 12, the model in 17");
}

// ---- branches

constexpr const char* kSqueezeIfOne = R"(g (float[N,{0},4] x) => (float[N,4] y) {{
  shape = Shape (x)
  i = Constant <value = int64[1] {{1}}> ()
  extent = Gather (shape, i)
  one = Equal (extent, i)
  y = If (one) <then_branch = t () => (float a) {{ a = Squeeze (x, i) }},
                else_branch = e () => (float b) {{ b = ReduceMean <axes = [1], keepdims = 0> (x) }}>
}})";

TEST(OnnxBranches, ConditionFromAShape) {
  Graph graph = read(17, fmt::format(fmt::runtime(kSqueezeIfOne), 1));
  EXPECT_EQ(maker(graph, "y").op, "Squeeze");
  graph = read(17, fmt::format(fmt::runtime(kSqueezeIfOne), 3));
  EXPECT_EQ(maker(graph, "y").op, "ReduceMean");
  EXPECT_EQ(graph.type_of("y").shape, (Shape{kUnknown, 4}));
}

// An exporter asks whether an open extent is 1 before it squeezes. The branch for any extent serves 1 too.
TEST(OnnxBranches, AnOpenExtentIsNotOne) {
  Graph graph = read(17, fmt::format(fmt::runtime(kSqueezeIfOne), "M"));
  EXPECT_EQ(maker(graph, "y").op, "ReduceMean");
  EXPECT_EQ(graph.type_of("y").shape, (Shape{kUnknown, 4}));
}

TEST(OnnxBranches, AConditionOnDataIsOpaque) {
  const Graph graph = read(17, R"(g (float[N,4] x) => (float[N,4] y, float[N,4] z) {
    all = Constant <value = int64[1] {0}> ()
    sum = ReduceSum <keepdims = 0> (x)
    yes = Cast <to = 9> (sum)
    y = If (yes) <then_branch = t () => (float a) { a = Relu (x) }, else_branch = e () => (float b) { b = Neg (x) }>
    z = Sigmoid (x)
  })");
  EXPECT_EQ(graph.outputs, std::vector<std::string>{"z"});
  expect_mentions(error_of([&] { cut(graph, {"y"}); }), "(If) > its condition depends on data or on an open size");
}

TEST(OnnxBranches, InsideBranches) {
  onnx::ModelProto model = parsed(17, R"(g (float[2] x) => (float[2] y, float[2] z) {
    y, z = If (yes) <then_branch = t () => (float a, float x) {
                       a = If (no) <then_branch = tt () => (float p) { p = Relu (x) }, else_branch = ee () => (float q) { q = Add (x, w) }>
                     },
                     else_branch = e () => (float b, float c) { b = Frobnicate (x)
                                                                c = Frobnicate (x) }>
  })");
  add_weight(model, "yes", Tensor(Shape{}, std::vector<int64_t>{1}, DataType::kBool));
  add_weight(model, "no", Tensor(Shape{}, std::vector<int64_t>{0}, DataType::kBool));
  auto* branch = model.mutable_graph()->mutable_node(0)->mutable_attribute(0)->mutable_g();
  *branch->add_initializer() = tensor_to_onnx("w", Tensor(Shape{2}, std::vector<float>{1, 2}));
  const Graph graph = read(model);
  const Node& add = maker(graph, "y");
  EXPECT_EQ(add.op, "Add");
  EXPECT_EQ(*graph.constant(add.inputs[1]), Tensor(Shape{2}, std::vector<float>{1, 2}));
  EXPECT_EQ(maker(graph, "z").op, "Identity");
  EXPECT_EQ(maker(graph, "z").inputs, std::vector<std::string>{"x"});
}

}  // namespace
}  // namespace phosphene
