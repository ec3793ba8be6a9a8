#include "phosphene/model/model.h"

#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"
#include "phosphene/model/describe.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/model/labels.h"
#include "phosphene/model/units.h"

namespace phosphene {
namespace {

// x [N, 3, 6, 6] -> conv1 -> conv1/relu -> conv2 -> pool -> flat -> fc -> prob
Model classifier() {
  Model model;
  model.name = "tiny";
  model.kind = ModelKind::kClassifier;
  Graph& graph = model.graph;
  graph.name = "tiny";
  graph.inputs = {{"x", {DataType::kFloat32, {kUnknown, 3, 6, 6}}}};
  graph.add_weight("w1", Tensor::zeros({4, 3, 3, 3}));
  graph.add_weight("b1", Tensor::zeros({4}));
  graph.add_weight("w2", Tensor::zeros({8, 2, 1, 1}));
  graph.add_weight("w3", Tensor::zeros({5, 8}));
  graph.nodes = {
      {"conv1", "Conv", {"x", "w1", "b1"}, {"conv1"}, {}},
      {"relu1", "Relu", {"conv1"}, {"conv1/relu"}, {}},
      {"conv2", "Conv", {"conv1/relu", "w2"}, {"conv2"}, {{"group", int64_t{2}}}},
      {"pool", "GlobalAveragePool", {"conv2"}, {"pool"}, {}},
      {"flat", "Flatten", {"pool"}, {"flat"}, {}},
      {"fc", "Gemm", {"flat", "w3"}, {"fc"}, {{"transB", int64_t{1}}}},
      {"softmax", "Softmax", {"fc"}, {"prob"}, {{"axis", int64_t{-1}}}},
  };
  graph.outputs = {"prob"};
  model.graph = infer_shapes(graph);
  return model;
}

TEST(Model, SavesAndLoadsItsMeaning) {
  Model model = classifier();
  model.preprocess = {
      .order = ColourOrder::kBgr, .scale = 1, .mean = {104, 117, 123}, .deviation = {1, 1, 2}, .height = 6, .width = 6, .resize = 8};
  model.labels = {"cat", "\"dog\"\n", "Zürich"};
  model.bounds = CodeBounds{{0, 0}, {1.5f, 2}};
  model.provenance["recipe"] = {{"steps", 3}};
  model.search = {{"decay", 0.97}};
  save_model(scratch("meaning.onnx"), model, false);
  const Model loaded = load_model(scratch("meaning.onnx").string());
  EXPECT_EQ(loaded.name, "meaning");
  EXPECT_EQ(loaded.kind, ModelKind::kClassifier);
  EXPECT_TRUE(loaded.preprocess_known);
  EXPECT_EQ(loaded.preprocess.to_json(), model.preprocess.to_json());
  EXPECT_EQ(loaded.labels, model.labels);
  ASSERT_TRUE(loaded.bounds);
  EXPECT_EQ(loaded.bounds->upper, model.bounds->upper);
  EXPECT_FALSE(loaded.graph.constant("phosphene.code_upper"));
  EXPECT_EQ(loaded.provenance, model.provenance);
  EXPECT_EQ(loaded.search, model.search);
  EXPECT_EQ(loaded.hash.size(), 64u);
  EXPECT_EQ(to_string(loaded.graph), to_string(model.graph));
}

// The same file beside other weights is another model.
TEST(Model, HashCoversWeightsBesideTheFile) {
  write_onnx(scratch("inside.onnx"), {classifier().graph, {}, kOpset, {}});
  onnx::ModelProto proto;
  ASSERT_TRUE(proto.ParseFromString(read_file(scratch("inside.onnx"))));
  for (auto& weight : *proto.mutable_graph()->mutable_initializer()) {
    if (weight.name() != "w3") continue;
    weight.clear_raw_data();
    weight.set_data_location(onnx::TensorProto::EXTERNAL);
    auto* entry = weight.add_external_data();
    entry->set_key("location");
    entry->set_value("w3.bin");
  }
  write_file(scratch("outside.onnx"), proto.SerializeAsString());
  const auto hash_with = [](char byte) {
    write_file(scratch("w3.bin"), std::string(5 * 8 * sizeof(float), byte));
    return load_model(scratch("outside.onnx").string()).hash;
  };
  const std::string hash = hash_with(0);
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_NE(hash, hash_with(1));
  EXPECT_EQ(hash, hash_with(0));
}

TEST(Model, FileWithoutMetadataGetsWhatItsShapesTell) {
  write_onnx(scratch("plain.onnx"), {classifier().graph, {}, kOpset});
  const Model model = load_model(scratch("plain.onnx").string());
  EXPECT_EQ(model.kind, ModelKind::kClassifier);
  EXPECT_FALSE(model.preprocess_known);
  EXPECT_EQ(model.preprocess.height, 6);
  EXPECT_EQ(model.input().name, "x");
  EXPECT_EQ(model.logits(), "fc");
}

TEST(Model, BadMetadataIsAnError) {
  write_onnx(scratch("bad.onnx"), {classifier().graph, {{"phosphene.preprocess", "{order"}}, kOpset});
  EXPECT_NE(error_of([] { load_model(scratch("bad.onnx").string()); }).find("metadata phosphene.preprocess is not JSON"),
            std::string::npos);
  write_onnx(scratch("bad.onnx"),
             {classifier().graph, {{"phosphene.preprocess", R"({"order":"rgb","scale":1,"mean":[0],"deviation":[1,1,1]})"}}, kOpset});
  EXPECT_NE(error_of([] { load_model(scratch("bad.onnx").string()); }).find("3 channels but 1 means"), std::string::npos);
}

TEST(Model, EmbeddedModelsAreFoundByName) {
  const auto folder = scratch("embedded");
  std::filesystem::create_directories(folder);
  save_model(folder / "tiny7.onnx", classifier(), true);
  ASSERT_EQ(setenv("PHOSPHENE_MODELS", folder.c_str(), 1), 0);
  EXPECT_EQ(embedded_models(), std::vector<std::string>{"tiny7"});
  EXPECT_EQ(load_model("tiny7").name, "tiny7");
  const std::string line = error_of([] { load_model("tiny8"); });
  unsetenv("PHOSPHENE_MODELS");
  EXPECT_NE(line.find("tiny8 > no such file and no embedded model; give an ONNX file or one of tiny7"), std::string::npos) << line;
}

TEST(Preprocess, FollowsItsEquation) {
  Image image = Image::blank(1, 2);
  const uint8_t pixels[] = {10, 20, 30, 40, 50, 60};
  std::copy(std::begin(pixels), std::end(pixels), image.pixels.begin());
  const Preprocess preprocess{.order = ColourOrder::kBgr, .scale = 0.5f, .mean = {1, 2, 3}, .deviation = {1, 2, 4}};
  std::vector<float> x(6);
  preprocess.to_values(image, x);
  EXPECT_EQ(x, (std::vector<float>{14, 29, 4, 11.5f, 0.5f, 4.25f}));
  EXPECT_EQ(preprocess.to_image(x, 1, 2).pixels, image.pixels);
}

TEST(Preprocess, ClipsAndSurvivesNonNumbers) {
  const Preprocess preprocess{.order = ColourOrder::kGrey, .scale = 1, .mean = {0}, .deviation = {1}};
  const std::vector<float> x = {-5, 300, NAN, INFINITY, 12.6f};
  EXPECT_EQ(preprocess.to_image(x, 1, 5).pixels, (std::vector<uint8_t>{0, 255, 0, 255, 13}));
}

TEST(Preprocess, ResizesAndCrops) {
  const Preprocess preprocess{.scale = 1, .height = 4, .width = 4, .resize = 6};
  std::vector<float> x(3 * 4 * 4);
  preprocess.to_values(Image::blank(12, 20, 3, 77), x);
  for (const float value : x) EXPECT_NEAR(value, 77, 0.5);
}

TEST(Layers, AreFoundByNameOrUniquePart) {
  const Model model = classifier();
  EXPECT_EQ(find_layer(model, "conv2"), "conv2");
  EXPECT_EQ(find_layer(model, "relu1"), "conv1/relu");  // the node's name
  EXPECT_EQ(find_layer(model, "RELU"), "conv1/relu");
  EXPECT_EQ(find_layer(model, "x"), "x");
  EXPECT_NE(error_of([&] { find_layer(model, "conv"); }).find("fits 3 layers; write one of conv1, conv1/relu, conv2"), std::string::npos);
  EXPECT_NE(error_of([&] { find_layer(model, "convv2"); }).find("tiny > no layer 'convv2'; the nearest are conv2"), std::string::npos);
  EXPECT_EQ(unit_count(model, "conv1"), 4);
  EXPECT_EQ(unit_count(model, "fc"), 5);
}

TEST(Units, AreNumbersRangesOrAll) {
  EXPECT_EQ(parse_units("3,5-7", 8), (std::vector<int64_t>{3, 5, 6, 7}));
  EXPECT_EQ(parse_units("all", 3), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_NE(error_of([] { parse_units("8", 8); }).find("unit 8 does not exist; the layer's units are 0 to 7"), std::string::npos);
  for (const char* bad : {"", "x", "1-", "3-1", "1,,2", "-1", "1.5", "99999999999999999999"})
    EXPECT_THROW(parse_units(bad, 8), Error) << bad;
}

TEST(Labels, AreTheTextBeforeTheComma) {
  write_file(scratch("labels.txt"), "tench, Tinca tinca\r\ngoldfish\n");
  EXPECT_EQ(read_labels(scratch("labels.txt")), (std::vector<std::string>{"tench", "goldfish"}));
  write_file(scratch("labels.txt"), "");
  EXPECT_THROW(read_labels(scratch("labels.txt")), Error);
}

TEST(Describe, CountsWhatAnItemTakesWhereTheBatchIsMergedWithTokens) {
  Graph graph;
  graph.inputs = {{"x", {DataType::kFloat32, Shape{2, 5, 3}}}};
  graph.outputs = {"y"};
  graph.add_weight("w", Tensor::zeros(Shape{3, 4}));
  graph.add_weight("rows", Tensor::ints({10, 3}));
  graph.nodes = {{"merge", "Reshape", {"x", "rows"}, {"tokens"}, {}}, {"product", "Gemm", {"tokens", "w"}, {"y"}, {}}};
  EXPECT_EQ(describe(infer_shapes(graph)).multiply_adds, 5 * 3 * 4);
}

TEST(Describe, CountsParametersAndMultiplyAdds) {
  const Description description = describe(classifier().graph);
  ASSERT_EQ(description.layers.size(), 7u);
  EXPECT_EQ(description.layers[0].parameters, 4 * 27 + 4);
  EXPECT_EQ(description.layers[0].multiply_adds, 4 * 4 * 4 * 27);
  EXPECT_EQ(description.layers[2].multiply_adds, 8 * 4 * 4 * 2);
  EXPECT_EQ(description.layers[5].multiply_adds, 5 * 8);
  EXPECT_EQ(description.layers[5].units, 5);
  EXPECT_EQ(description.parameters, 112 + 16 + 40);
  EXPECT_EQ(description.multiply_adds, 1728 + 256 + 40);
  const Json json = description_json(classifier());
  EXPECT_EQ(json["layers"][0]["name"], "conv1");
  EXPECT_TRUE(json["layers"][0]["shape"][0].is_null());
  EXPECT_NE(description_text(classifier()).find("conv1/relu"), std::string::npos);
}

}  // namespace
}  // namespace phosphene
