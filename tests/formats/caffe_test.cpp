// Caffe files: names, phases, old forms, weights, and what is refused. Values of layers are in caffe_layers_test.cpp.
#include "phosphene/formats/caffe.h"

#include <cmath>

#include <gtest/gtest.h>
#include <phosphene_caffe.pb.h>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/base/rng.h"
#include "phosphene/graph/passes.h"

namespace phosphene {
namespace {

using Values = std::vector<std::string>;

const std::string kData = "input: 'data' input_shape { dim: 1 dim: 3 dim: 8 dim: 8 } ";

std::filesystem::path definition(const std::string& text) { return scratch("net.prototxt", text); }

Graph read_random(const std::string& text, uint64_t seed = 1) { return infer_shapes(read_caffe({definition(text), {}, seed}).graph); }

std::string layer(const std::string& name, const std::string& type, const std::string& bottom, const std::string& top,
                  const std::string& more = "") {
  return fmt::format("layer {{ name: '{}' type: '{}' bottom: '{}' top: '{}' {} }} ", name, type, bottom, top, more);
}
std::string conv(const std::string& name, const std::string& bottom, const std::string& top) {
  return layer(name, "Convolution", bottom, top, "convolution_param { num_output: 4 kernel_size: 3 }");
}

Values outputs_of(const std::string& text) { return read_random(text).outputs; }

// --- names

TEST(Caffe, InPlaceLayersKeepTheirNames) {
  const Graph graph = read_random(kData + conv("conv5", "data", "conv5") + layer("relu5", "ReLU", "conv5", "conv5") +
                                  layer("drop5", "Dropout", "conv5", "conv5") +
                                  layer("pool5", "Pooling", "conv5", "pool5", "pooling_param { kernel_size: 2 stride: 2 }"));
  EXPECT_EQ(graph.find_producer("conv5")->op, "Conv");
  EXPECT_EQ(graph.find_producer("relu5")->op, "Relu");
  EXPECT_EQ(graph.find_producer("drop5")->op, "Dropout");
  EXPECT_EQ(graph.find_producer("pool5")->inputs[0], "drop5");
  EXPECT_EQ(graph.outputs, Values{"pool5"});
}

TEST(Caffe, ABlobThatNoLayerIsNamedAfterNamesItsLastValue) {
  const Graph graph = read_random(kData + conv("conv", "data", "features") + layer("relu", "ReLU", "features", "features"));
  EXPECT_EQ(graph.find_producer("conv")->op, "Conv");
  EXPECT_EQ(graph.find_producer("features")->op, "Relu");
  EXPECT_EQ(graph.find_producer("features")->name, "relu");
}

TEST(Caffe, AnInPlaceLayerOnTheInputLeavesTheInputItsName) {
  const Graph graph =
      read_random(kData + layer("shift", "Power", "data", "data", "power_param { shift: 1 }") + conv("conv", "data", "conv"));
  EXPECT_EQ(graph.inputs[0].name, "data");
  EXPECT_EQ(graph.find_producer("conv")->inputs[0], "shift");
}

TEST(Caffe, LayersThatPassOnAValueAreFoundByName) {
  const Graph graph = read_random(kData + "layer { name: 's' type: 'Split' bottom: 'data' top: 'a' top: 'b' } " +
                                  layer("p", "Power", "a", "a") + layer("f", "Flatten", "b", "b2"));
  for (const char* name : {"s:0", "b", "a", "b2"}) EXPECT_TRUE(graph.has_value(name)) << name;
  EXPECT_EQ(graph.find_producer("a")->name, "p");
  EXPECT_EQ(graph.outputs, (Values{"a", "b2"}));
}

// --- phases and data layers

TEST(Caffe, OnlyLayersOfThePhaseTestStay) {
  const std::string rules =
      kData + conv("a", "data", "a") + layer("b", "ReLU", "a", "b", "include { phase: TRAIN }") +
      layer("c", "TanH", "a", "c", "exclude { phase: TRAIN }") + layer("d", "Sigmoid", "a", "d", "exclude { phase: TEST }") +
      layer("e", "AbsVal", "a", "e", "include { phase: TRAIN } include { not_stage: 'deploy' }") +
      layer("f", "BNLL", "a", "f", "include { min_level: 1 }") + layer("g", "ReLU", "a", "g", "include { stage: 'extra' }");
  EXPECT_EQ(outputs_of(rules), (Values{"c", "e"}));
  EXPECT_EQ(outputs_of("state { level: 1 stage: 'extra' stage: 'deploy' } " + rules), (Values{"c", "f", "g"}));
}

TEST(Caffe, TrainingNetworksLoseDataLabelsAndLosses) {
  const std::string text =
      "layer { name: 'data' type: 'Data' top: 'data' top: 'label' include { phase: TRAIN } data_param { batch_size: 64 } } "
      "layer { name: 'data' type: 'Data' top: 'data' top: 'label' include { phase: TEST } data_param { batch_size: 50 } "
      "  transform_param { crop_size: 9 scale: 0.5 mean_value: 10 mean_value: 20 mean_value: 30 } } " +
      conv("conv", "data", "conv") + layer("score", "InnerProduct", "conv", "score", "inner_product_param { num_output: 5 }") +
      "layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'score' bottom: 'label' top: 'loss' loss_weight: 1 } "
      "layer { name: 'accuracy' type: 'Accuracy' bottom: 'score' bottom: 'label' top: 'accuracy' } "
      "layer { name: 'hush' type: 'Silence' bottom: 'label' }";
  const CaffeNetwork network = read_caffe({definition(text), {}, 1});
  EXPECT_EQ(network.graph.inputs.size(), 1u);
  EXPECT_EQ(network.graph.inputs[0].type.shape, (Shape{kUnknown, 3, 9, 9}));
  EXPECT_EQ(network.graph.outputs, Values{"score"});
  ASSERT_TRUE(network.pixels.has_value());
  EXPECT_EQ(network.pixels->scale, 0.5f);
  EXPECT_EQ(network.pixels->mean, (std::vector<float>{10, 20, 30}));
}

TEST(Caffe, EveryFormOfInputDeclaresItsShape) {
  const auto shape = [](const std::string& text) { return read_random(text + layer("abs", "AbsVal", "x", "abs")).inputs.at(0).type.shape; };
  EXPECT_EQ(shape("input: 'x' input_dim: 10 input_dim: 2 input_dim: 5 input_dim: 6 "), (Shape{kUnknown, 2, 5, 6}));
  EXPECT_EQ(shape("input: 'x' input_shape { dim: 1 dim: 7 } "), (Shape{kUnknown, 7}));
  const std::string tail = " top: 'x' } ";
  EXPECT_EQ(shape("layer { name: 'in' type: 'Input' input_param { shape { dim: 1 dim: 7 } }" + tail), (Shape{kUnknown, 7}));
  EXPECT_EQ(shape("layer { name: 'in' type: 'DummyData' dummy_data_param { num: 1 channels: 2 height: 3 width: 4 }" + tail),
            (Shape{kUnknown, 2, 3, 4}));
  EXPECT_EQ(shape("layer { name: 'in' type: 'MemoryData' memory_data_param { batch_size: 1 channels: 2 height: 3 width: 4 }" + tail),
            (Shape{kUnknown, 2, 3, 4}));
  EXPECT_EQ(shape("layer { name: 'in' type: 'ImageData' image_data_param { new_height: 3 new_width: 4 is_color: false }" + tail),
            (Shape{kUnknown, 1, 3, 4}));
}

// --- the three forms

TEST(Caffe, AllFormsOfALayerGiveOneGraph) {
  const std::string data = "input: 'data' input_dim: 1 input_dim: 4 input_dim: 9 input_dim: 9 ";
  const std::string newest =
      data + layer("conv", "Convolution", "data", "conv", "convolution_param { num_output: 6 kernel_size: 3 pad: 1 stride: 2 group: 2 }") +
      layer("relu", "ReLU", "conv", "conv") + layer("norm", "LRN", "conv", "norm", "lrn_param { local_size: 3 alpha: 0.1 k: 2 }") +
      layer("pool", "Pooling", "norm", "pool", "pooling_param { pool: AVE kernel_size: 3 stride: 2 }") +
      layer("fc", "InnerProduct", "pool", "fc", "inner_product_param { num_output: 5 bias_term: false }") +
      layer("prob", "Softmax", "fc", "prob");
  const std::string enumerated =
      data +
      "layers { name: 'conv' type: CONVOLUTION bottom: 'data' top: 'conv' convolution_param { num_output: 6 kernel_size: 3 pad: 1 "
      "stride: 2 group: 2 } blobs_lr: 1 } layers { name: 'relu' type: RELU bottom: 'conv' top: 'conv' } "
      "layers { name: 'norm' type: LRN bottom: 'conv' top: 'norm' lrn_param { local_size: 3 alpha: 0.1 k: 2 } } "
      "layers { name: 'pool' type: POOLING bottom: 'norm' top: 'pool' pooling_param { pool: AVE kernel_size: 3 stride: 2 } } "
      "layers { name: 'fc' type: INNER_PRODUCT bottom: 'pool' top: 'fc' inner_product_param { num_output: 5 bias_term: false } } "
      "layers { name: 'prob' type: SOFTMAX bottom: 'fc' top: 'prob' }";
  const std::string oldest =
      data +
      "layers { layer { name: 'pad' type: 'padding' pad: 1 } bottom: 'data' top: 'padded' } "
      "layers { layer { name: 'conv' type: 'conv' num_output: 6 kernelsize: 3 stride: 2 group: 2 } bottom: 'padded' top: 'conv' } "
      "layers { layer { name: 'relu' type: 'relu' } bottom: 'conv' top: 'conv' } "
      "layers { layer { name: 'norm' type: 'lrn' local_size: 3 alpha: 0.1 k: 2 } bottom: 'conv' top: 'norm' } "
      "layers { layer { name: 'pool' type: 'pool' pool: AVE kernelsize: 3 stride: 2 } bottom: 'norm' top: 'pool' } "
      "layers { layer { name: 'fc' type: 'innerproduct' num_output: 5 biasterm: false } bottom: 'pool' top: 'fc' } "
      "layers { layer { name: 'prob' type: 'softmax' } bottom: 'fc' top: 'prob' }";
  const std::string expected = to_string(read_random(newest));
  EXPECT_NE(expected.find("LRN"), std::string::npos);
  EXPECT_EQ(to_string(read_random(enumerated)), expected);
  EXPECT_EQ(to_string(read_random(oldest)), expected);
}

// --- weights

const std::string kDense =
    "input: 'x' input_shape { dim: 1 dim: 3 } " + layer("fc", "InnerProduct", "x", "fc", "inner_product_param { num_output: 2 }");

caffe::NetParameter dense_weights() {
  caffe::NetParameter net;
  caffe::LayerParameter& fc = *net.add_layer();
  fc.set_name("fc");
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{2, 3}, std::vector<int64_t>{2}}) {
    caffe::BlobProto& blob = *fc.add_blobs();
    int64_t count = 1;
    for (const int64_t extent : shape) blob.mutable_shape()->add_dim(extent), count *= extent;
    for (int64_t i = 0; i < count; ++i) blob.add_data(static_cast<float>(i + 1));
  }
  return net;
}

Graph read_with(const std::string& text, const std::string& weights) {
  return read_caffe({definition(text), scratch("net.caffemodel", weights), {}}).graph;
}
Graph read_with(const std::string& text, const caffe::NetParameter& weights) { return read_with(text, weights.SerializeAsString()); }

TEST(Caffe, WeightsKeepTheirLayout) {
  const Graph graph = read_with(kDense, dense_weights());
  EXPECT_TRUE(*graph.constant("fc.weight") == Tensor(Shape{2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_TRUE(*graph.constant("fc.bias") == Tensor(Shape{2}, std::vector<float>{1, 2}));
}

TEST(Caffe, OldBlobsWithFourExtentsDoublesAndOldFormsOfLayersAreRead) {
  const caffe::NetParameter newest = dense_weights();
  caffe::NetParameter old;
  for (const bool oldest : {false, true}) {
    old.clear_layers();
    caffe::V1LayerParameter& fc = *old.add_layers();
    if (oldest)
      fc.mutable_layer()->set_name("fc");
    else
      fc.set_name("fc");
    for (const caffe::BlobProto& blob : newest.layer(0).blobs()) {
      caffe::BlobProto& to = *(oldest ? fc.mutable_layer()->add_blobs() : fc.add_blobs());
      to.set_num(1), to.set_channels(1), to.set_height(blob.shape().dim_size() == 2 ? 2 : 1),
          to.set_width(blob.shape().dim_size() == 2 ? 3 : 2);
      for (const float value : blob.data()) to.add_double_data(value);
    }
    EXPECT_TRUE(*read_with(kDense, old).constant("fc.weight") == *read_with(kDense, newest).constant("fc.weight"));
  }
}

TEST(Caffe, WeightsThatDoNotFitAreRefused) {
  const auto error = [](const auto& change) {
    caffe::NetParameter net = dense_weights();
    change(*net.mutable_layer(0));
    return error_of([&] { read_with(kDense, net); });
  };
  using Layer = caffe::LayerParameter;
  EXPECT_NE(error([](Layer& fc) { fc.set_name("other"); }).find("layer fc (InnerProduct) > blob 0 > the layer has no weights"),
            std::string::npos);
  EXPECT_NE(error([](Layer& fc) { fc.mutable_blobs()->RemoveLast(); }).find("blob 1 > the .caffemodel has only 1 blobs"),
            std::string::npos);
  EXPECT_NE(error([](Layer& fc) { fc.add_blobs()->add_data(1); }).find("has 3 blobs for the layer, the definition wants 2"),
            std::string::npos);
  EXPECT_NE(error([](Layer& fc) { fc.mutable_blobs(0)->add_data(1); }).find("7 values of shape [2, 3]"), std::string::npos);
  EXPECT_NE(error([](Layer& fc) { fc.mutable_blobs(0)->mutable_shape()->set_dim(0, 3); }).find("6 values of shape [3, 3]"),
            std::string::npos);
  EXPECT_NE(
      error([](Layer& fc) { fc.mutable_blobs(0)->mutable_shape()->set_dim(0, int64_t{1} << 62); }).find("the definition wants [2, 3]"),
      std::string::npos);
}

TEST(Caffe, RandomWeightsDependOnSeedAndLayerAloneAndAreScaledByFanIn) {
  const std::string big =
      "input: 'x' input_shape { dim: 1 dim: 200 } " + layer("a", "InnerProduct", "x", "a", "inner_product_param { num_output: 100 }");
  const std::string both = big + layer("b", "InnerProduct", "x", "b", "inner_product_param { num_output: 100 }");
  const Graph first = read_random(both, 7), again = read_random(big, 7), other = read_random(big, 8);
  EXPECT_TRUE(*first.constant("a.weight") == *again.constant("a.weight"));
  EXPECT_FALSE(*first.constant("a.weight") == *first.constant("b.weight"));
  EXPECT_FALSE(*first.constant("a.weight") == *other.constant("a.weight"));
  double squares = 0;
  for (const float value : first.constant("a.weight")->floats()) squares += value * value;
  EXPECT_NEAR(std::sqrt(squares / 20000), std::sqrt(2.0 / 200), 0.001);
}

// --- bad input

TEST(Caffe, ADefinitionWithoutWeightsSaysWhatToDo) {
  const std::string line = error_of([] { read_caffe({definition(kDense), {}, {}}); });
  EXPECT_NE(line.find("is a definition without weights"), std::string::npos) << line;
  EXPECT_NE(line.find("net.prototxt:FILE.caffemodel, or ask for random weights with --random-weights SEED"), std::string::npos) << line;
}

// The head of an SSD: prior boxes and their detections are layers of its own branch of Caffe.
TEST(Caffe, UnknownLayersCostOnlyWhatNeedsThem) {
  const Graph graph = read_random(kData + conv("conv1", "data", "conv1") +
                                  "layer { name: 'prior' type: 'PriorBox' bottom: 'conv1' bottom: 'data' top: 'prior' } " +
                                  layer("flat", "Flatten", "conv1", "flat") + layer("again", "TanH", "prior", "again") +
                                  "layer { name: 'out' type: 'DetectionOutput' bottom: 'flat' bottom: 'again' top: 'out' }");
  EXPECT_EQ(graph.outputs, std::vector<std::string>{"flat"});
  ASSERT_EQ(graph.opaque.size(), 3u);
  EXPECT_EQ(graph.opaque[0].cause, "layer prior (PriorBox) > layers of type PriorBox are not supported");
  for (const char* lost : {"prior", "again"})
    EXPECT_NE(error_of([&] { cut(graph, {lost}); }).find("layer prior (PriorBox) > layers of type PriorBox"), std::string::npos) << lost;
  EXPECT_EQ(cut(graph, {"conv1"}).nodes.size(), 1u);
}

TEST(Caffe, BadDefinitionsAreOneClearError) {
  const std::string ip = "inner_product_param { num_output: 2 }";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "has no layers"},
      {"layer {\n  name: 'a'\n  type 3 }", "net.prototxt:3:8 > "},
      {kData + "\n" + layer("p", "Pooling", "data", "p", "pooling_param { kernel_size: 2 ceiling: true }"),
       "net.prototxt:2:1 > the field ceiling is not known, and sizes may depend on it"},
      {"layer { name: 'a'", "net.prototxt:1:"},
      {"\x7f\x45\x4c\x46", "net.prototxt:1:1"},
      {"layer { name: 'p' type: 'Pooling' pooling_param { pool: BEST } }", "BEST"},
      {"layers { name: 'a' type: CONVOLUTION } layer { name: 'b' type: 'ReLU' }", "mixes `layer` and the older `layers`"},
      {kData + layer("roi", "ROIPooling", "data", "roi"), "layer roi (ROIPooling) > layers of type ROIPooling are not supported"},
      {kData + "layers { layer { name: 'x' type: 'swirl' } bottom: 'data' top: 'x' }", "type swirl are not supported"},
      {kData + "layers { name: 'x' bottom: 'data' top: 'x' }", "has no type"},
      {kData + layer("", "ReLU", "data", "x"), "a layer of type ReLU has no name"},
      {kData + layer("a", "ReLU", "data", "x") + layer("a", "ReLU", "x", "y"), "two layers are named a"},
      {kData + layer("a", "ReLU", "nowhere", "a"), "layer a (ReLU) > its bottom nowhere is no input and no top of a layer before it"},
      {kData + layer("a", "ReLU", "b", "a") + layer("b", "ReLU", "a", "b"), "its bottom b is no input"},
      {kData + layer("a", "ReLU", "a", "a"), "its bottom a is no input"},
      {kData + layer("a", "ReLU", "data", "x") + layer("b", "TanH", "data", "x"), "its top x is made by a layer before it"},
      {kData + "layer { name: 'a' type: 'ReLU' bottom: 'data' }", "has 0 tops"},
      {kData + "layer { name: 'a' type: 'ReLU' top: 'x' }", "has 0 bottoms"},
      {"input: 'x' " + layer("a", "ReLU", "x", "a"), "0 input_shape stand beside 1 inputs"},
      {"input: 'x' input_dim: 1 " + layer("a", "ReLU", "x", "a"), "1 input_dim stand beside 1 inputs"},
      {"input: 'x' input_shape { dim: 1 dim: 0 } " + layer("a", "ReLU", "x", "a"), "input x > has the shape [1, 0]"},
      {"input: 'x' input_shape { dim: 1 dim: 9000000000000000000 } " + layer("a", "ReLU", "x", "a"), "out of range"},
      {"input: 'x' input_shape { dim: 1 dim: 1000000 dim: 1000000 dim: 1000000 } " + layer("a", "ReLU", "x", "a"), "too large"},
      {"layer { name: 'data' type: 'Data' top: 'data' data_param { batch_size: 5 } } " + conv("c", "data", "c"),
       "layer data (Data) > does not declare the shape"},
      {"layer { name: 'd' type: 'Input' top: 'd' } " + conv("c", "d", "c"), "layer d (Input) > does not declare the shape"},
      {"layer { name: 'd' type: 'Data' top: 'd' top: 'label' transform_param { crop_size: 8 } } " + layer("a", "AbsVal", "label", "a"),
       "reads label, which only training fills"},
      {kData + layer("c", "Convolution", "data", "c"), "kernel, stride or dilation is missing"},
      {kData + layer("c", "Convolution", "data", "c", "convolution_param { kernel_size: 3 }"), "num_output is missing"},
      {kData + layer("c", "Convolution", "data", "c", "convolution_param { num_output: 4 kernel_size: 3 group: 2 }"), "2 groups"},
      {kData + layer("c", "Convolution", "data", "c", "convolution_param { num_output: 4 kernel_size: 20 }"), "the window spans 20"},
      {kData + layer("c", "Convolution", "data", "c", "convolution_param { num_output: 4 kernel_size: -3 }"), "net.prototxt:1:"},
      {kData + layer("c", "Convolution", "data", "c", "convolution_param { num_output: 4294967295 kernel_size: 8 }"),
       "layer c (Convolution) > blob 0 > random weights"},
      {kData + layer("f", "InnerProduct", "data", "f", "inner_product_param { num_output: 2000000 }"), "more than 1 GiB"},
      {kData + layer("f", "InnerProduct", "data", "f"), "num_output is missing"},
      {kData + layer("f", "InnerProduct", "data", "f", "inner_product_param { num_output: 2 axis: 9 }"), "axis 9 is outside"},
      {kData + layer("p", "Pooling", "data", "p", "pooling_param { kernel_size: 2 pad: 2 }"), "padding 2 is not smaller"},
      {kData + layer("p", "Pooling", "data", "p", "pooling_param { kernel_size: 9 }"), "kernel 9 is larger"},
      {kData + layer("p", "Pooling", "data", "p", "pooling_param { kernel_size: 1 stride: 3 }") +
           layer("q", "Pooling", "p", "q", "pooling_param { kernel_size: 1 stride: 4 }"),
       "begins beyond the picture"},
      {kData + layer("p", "Pooling", "data", "p", "pooling_param { pool: STOCHASTIC kernel_size: 2 }"), "stochastic pooling"},
      {kData + layer("n", "BatchNorm", "data", "n", "batch_norm_param { use_global_stats: false }"), "statistics of the batch"},
      {kData + layer("r", "Reshape", "data", "r", "reshape_param { shape { dim: 0 dim: 5 } }"), "[1, 3, 8, 8] cannot become [1, 5]"},
      {kData + layer("r", "Reshape", "data", "r", "reshape_param { shape { dim: -1 dim: -1 } }"), "more than one dim of -1"},
      {kData + layer("r", "Reshape", "data", "r", "reshape_param { shape { dim: 4000000000 dim: 4000000000 dim: 4000000000 } }"),
       "too large"},
      {kData + "layer { name: 's' type: 'Slice' bottom: 'data' top: 'a' top: 'b' }", "does not divide into its 2 tops"},
      {kData + "layer { name: 's' type: 'Slice' bottom: 'data' top: 'a' top: 'b' slice_param { slice_point: 7 } }", "does not divide"},
      {kData + "layer { name: 'e' type: 'Eltwise' bottom: 'data' top: 'e' }", "has 1 bottoms"},
      {kData + layer("t", "Tile", "data", "t", "tile_param { tiles: 2000000000 }") +
           layer("u", "Tile", "t", "u", "tile_param { tiles: 2000000000 }"),
       "layer u (Tile) > 2000000000 repeats of axis 1 of [1, 6000000000, 8, 8] are too large"},
      {std::string(100000, '{'), "net.prototxt:1:1"},
      {"strange { " + std::string(100000, '{'), "net.prototxt:1:"},
  };
  for (const auto& [text, part] : cases) {
    const std::string line = error_of([text = text] { read_random(text); });
    EXPECT_NE(line.find(part), std::string::npos) << text.substr(0, 300) << "\n" << line;
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
  }
}

TEST(Caffe, NestingBeyondAnyDefinitionIsAnError) {
  for (const std::string& open : {std::string("strange { "), std::string("layer { strange { ")}) {
    std::string text;
    for (int i = 0; i < 200000; ++i) text += open;
    EXPECT_NE(error_of([&] { read_random(text); }), "no error");
  }
}

TEST(Caffe, ATruncatedDefinitionIsAnErrorOrAShorterNetwork) {
  const std::string whole = kData + conv("a", "data", "a") + layer("b", "ReLU", "a", "a");
  for (size_t size = 0; size < whole.size(); ++size)
    error_of([&] { read_random(whole.substr(0, size)); });  // any other exception fails the test
}

TEST(Caffe, DamagedWeightsAreAnErrorOrOtherNumbers) {
  const std::string whole = dense_weights().SerializeAsString();
  EXPECT_NE(error_of([&] { read_with(kDense, std::string()); }).find("not a Caffe model or cut short"), std::string::npos);
  EXPECT_NE(error_of([&] { read_with(kDense, std::string("hello, world")); }).find("not a Caffe model"), std::string::npos);
  for (size_t size = 1; size < whole.size(); ++size)
    EXPECT_NE(error_of([&] { read_with(kDense, whole.substr(0, size)); }), "no error") << size;
  Rng rng(1, "damage");
  for (int round = 0; round < 300; ++round) {
    std::string damaged = whole;
    damaged[static_cast<size_t>(rng.below(static_cast<int64_t>(whole.size())))] = static_cast<char>(rng.below(256));
    error_of([&] { read_with(kDense, damaged); });
  }
}

TEST(Caffe, MissingFilesAreNamed) {
  EXPECT_NE(error_of([] { read_caffe({scratch("none.prototxt"), {}, 1}); }).find("none.prototxt"), std::string::npos);
  EXPECT_NE(error_of([] { read_caffe({definition(kDense), scratch("none.caffemodel"), {}}); }).find("none.caffemodel"), std::string::npos);
}

}  // namespace
}  // namespace phosphene
