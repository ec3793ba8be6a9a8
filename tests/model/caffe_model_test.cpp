// Caffe files as models: how they are addressed, and what their pixels mean.
#include <fstream>

#include <gtest/gtest.h>
#include <phosphene_caffe.pb.h>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/model/model.h"
#include "phosphene/model/units.h"

namespace phosphene {
namespace {

std::string stored(const std::string& name, const std::string& bytes) {
  std::ofstream(scratch(name), std::ios::binary) << bytes;
  return scratch(name).string();
}

std::string input(int channels) { return fmt::format("input: 'data' input_shape {{ dim: 1 dim: {} dim: 6 dim: 6 }} ", channels); }

const std::string kScore =
    "layer { name: 'conv' type: 'Convolution' bottom: 'data' top: 'features' convolution_param { num_output: 4 kernel_size: 3 } } "
    "layer { name: 'relu' type: 'ReLU' bottom: 'features' top: 'features' } "
    "layer { name: 'score' type: 'InnerProduct' bottom: 'features' top: 'score' inner_product_param { num_output: 5 } } ";

Model random_model(const std::string& text) { return load_model(stored("net.prototxt", text), {.random_weights = 1}); }

TEST(CaffeModel, APairIsOneName) {
  caffe::NetParameter net;
  const std::vector<std::pair<std::string, std::vector<Shape>>> layers = {{"conv", {{4, 3, 3, 3}, {4}}}, {"score", {{5, 64}, {5}}}};
  for (const auto& [name, shapes] : layers) {
    caffe::LayerParameter& layer = *net.add_layer();
    layer.set_name(name);
    for (const Shape& shape : shapes) {
      caffe::BlobProto& blob = *layer.add_blobs();
      for (const int64_t extent : shape) blob.mutable_shape()->add_dim(extent);
      blob.mutable_data()->Resize(static_cast<int>(shape.size()), 0.5f);
    }
  }
  const std::string definition = stored("pair.prototxt", input(3) + kScore), weights = stored("pair.caffemodel", net.SerializeAsString());
  const Model model = load_model(definition + ":" + weights);
  EXPECT_EQ(model.name, "pair");
  EXPECT_EQ(model.kind, ModelKind::kClassifier);
  EXPECT_EQ(model.hash.size(), 64u);
  EXPECT_EQ(model.graph.constant("score.bias")->floats()[4], 0.5f);
  EXPECT_NE(model.hash, load_model(definition, {.random_weights = 1}).hash);
  EXPECT_NE(error_of([&] { load_model(weights); }).find("weights need their definition; write FILE.prototxt:"), std::string::npos);
  EXPECT_NE(error_of([&] { load_model(definition); }).find("--random-weights SEED"), std::string::npos);
}

TEST(CaffeModel, LayersAreFoundByLayerAndByBlob) {
  const Model model = random_model(input(3) + kScore);
  EXPECT_EQ(find_layer(model, "conv"), "conv");
  EXPECT_EQ(find_layer(model, "relu"), "features");
  EXPECT_EQ(find_layer(model, "features"), "features");
  EXPECT_EQ(unit_count(model, "conv"), 4);
}

TEST(CaffeModel, PixelsAreBgrMinusTheUsualMeanUnlessTheFileSaysOtherwise) {
  const Model usual = random_model(input(3) + kScore);
  EXPECT_FALSE(usual.preprocess_known);
  EXPECT_EQ(usual.preprocess.order, ColourOrder::kBgr);
  EXPECT_EQ(usual.preprocess.scale, 1);
  EXPECT_EQ(usual.preprocess.mean, (std::vector<float>{104, 117, 123}));
  EXPECT_EQ(usual.preprocess.height, 6);

  const Model grey = random_model(input(1) + kScore);
  EXPECT_EQ(grey.preprocess.order, ColourOrder::kGrey);
  EXPECT_EQ(grey.preprocess.mean, std::vector<float>{0});

  const Model declared = random_model(
      "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 1 dim: 3 dim: 6 dim: 6 } } "
      "transform_param { scale: 0.5 mean_value: 10 mean_value: 20 mean_value: 30 } } " +
      kScore);
  EXPECT_TRUE(declared.preprocess_known);
  EXPECT_EQ(declared.preprocess.scale, 0.5f);
  EXPECT_EQ(declared.preprocess.mean, (std::vector<float>{5, 10, 15}));  // (pixel - mean) scale = pixel scale - mean scale
}

TEST(CaffeModel, AGeneratorSpeaksOfItsOutput) {
  const Model model = random_model(
      "input: 'feat' input_shape { dim: 1 dim: 12 } "
      "layer { name: 'grid' type: 'Reshape' bottom: 'feat' top: 'grid' reshape_param { shape { dim: 1 dim: 3 dim: 2 dim: 2 } } } "
      "layer { name: 'deconv0' type: 'Deconvolution' bottom: 'grid' top: 'deconv0' convolution_param { num_output: 3 kernel_size: 4 "
      "stride: 2 pad: 1 } }");
  EXPECT_EQ(model.kind, ModelKind::kGenerator);
  EXPECT_EQ(model.preprocess.mean, (std::vector<float>{104, 117, 123}));
  EXPECT_EQ(model.preprocess.height, 4);
  EXPECT_EQ(model.graph.type_of("deconv0").shape, (Shape{kUnknown, 3, 4, 4}));
}

}  // namespace
}  // namespace phosphene
