#include "phosphene/model/find_layer.h"
#include "graph/build.h"
#include "phosphene/model/model.h"

namespace phosphene {
namespace {

// A chain of nodes; each line is "node name", "value name", "operator".
Model chain(const std::vector<std::array<std::string, 3>>& lines) {
  Model model;
  model.name = "net";
  model.graph.inputs = {test::input("x", {kUnknown, 3, 8, 8})};
  std::string from = "x";
  for (const auto& [name, value, op] : lines) {
    model.graph.nodes.push_back({name, op, {from}, {value}, {}});
    from = value;
  }
  model.graph.outputs = {from};
  return model;
}

// torch.onnx.export of torchvision's ResNet, in part.
Model resnet() {
  return chain({{"/conv1/Conv", "/conv1/Conv_output_0", "Conv"},
                {"/relu/Relu", "/relu/Relu_output_0", "Relu"},
                {"/layer1/layer1.0/conv1/Conv", "/layer1/layer1.0/conv1/Conv_output_0", "Conv"},
                {"/layer1/layer1.0/relu/Relu", "/layer1/layer1.0/relu/Relu_output_0", "Relu"},
                {"/layer1/layer1.0/conv2/Conv", "/layer1/layer1.0/conv2/Conv_output_0", "Conv"},
                {"/layer1/layer1.0/Add", "/layer1/layer1.0/Add_output_0", "Add"},
                {"/layer1/layer1.0/relu_1/Relu", "/layer1/layer1.0/relu_1/Relu_output_0", "Relu"},
                {"/layer1/layer1.1/conv2/Conv", "/layer1/layer1.1/conv2/Conv_output_0", "Conv"},
                {"/layer1/layer1.1/downsample/downsample.0/Conv", "/layer1/layer1.1/downsample/downsample.0/Conv_output_0", "Conv"},
                {"/Flatten", "/Flatten_output_0", "Flatten"},
                {"/fc/Gemm", "scores", "Gemm"}});
}

TEST(FindLayer, ByTheModulePathOfPyTorch) {
  const Model model = resnet();
  EXPECT_EQ(find_layer(model, "layer1.0.conv2"), "/layer1/layer1.0/conv2/Conv_output_0");
  EXPECT_EQ(find_layer(model, "/layer1/layer1.0/conv2"), "/layer1/layer1.0/conv2/Conv_output_0");
  EXPECT_EQ(find_layer(model, "/layer1/layer1.0/conv2/Conv"), "/layer1/layer1.0/conv2/Conv_output_0");
  EXPECT_EQ(find_layer(model, "layer1.0"), "/layer1/layer1.0/relu_1/Relu_output_0");  // the block's last value
  EXPECT_EQ(find_layer(model, "layer1.1.downsample.0"), "/layer1/layer1.1/downsample/downsample.0/Conv_output_0");
  EXPECT_EQ(find_layer(model, "downsample"), "/layer1/layer1.1/downsample/downsample.0/Conv_output_0");
  EXPECT_EQ(find_layer(model, "conv1"), "/conv1/Conv_output_0");  // the outermost
  EXPECT_EQ(find_layer(model, "fc"), "scores");                   // the name of the output hides the path, the node has it
}

TEST(FindLayer, AmbiguousModulesAreListedByPath) {
  EXPECT_ERROR(find_layer(resnet(), "conv2"), "net > layer 'conv2' fits 2 layers; write one of layer1.0.conv2, layer1.1.conv2");
  EXPECT_ERROR(find_layer(resnet(), "conv"), "layer 'conv' fits 5 layers; write one of /conv1/Conv_output_0, ");
}

TEST(FindLayer, ByTheLayerOfKerasAfterItsActivation) {
  for (const std::string prefix : {"", "model/", "StatefulPartitionedCall/model/", "functional_1_1/"}) {
    const Model model = chain({{prefix + "block5_conv2/Conv2D", prefix + "block5_conv2/BiasAdd:0", "Conv"},
                               {prefix + "block5_conv2/Relu", prefix + "block5_conv2/Relu:0", "Relu"},
                               {prefix + "block5_conv3/Conv2D", prefix + "block5_conv3/BiasAdd:0", "Conv"},
                               {prefix + "block5_conv3/Relu", prefix + "block5_conv3/Relu:0", "Relu"},
                               {prefix + "block5_conv3/Relu__12", prefix + "block5_conv3/Relu__12:0", "Transpose"},
                               {prefix + "predictions/MatMul", prefix + "predictions/MatMul:0", "MatMul"}});
    EXPECT_EQ(find_layer(model, "block5_conv3"), prefix + "block5_conv3/Relu:0");
    EXPECT_EQ(find_layer(model, "block5_conv3/BiasAdd"), prefix + "block5_conv3/BiasAdd:0");
    EXPECT_EQ(find_layer(model, "block5_conv3/Conv2D"), prefix + "block5_conv3/BiasAdd:0");
    EXPECT_EQ(find_layer(model, "predictions"), prefix + "predictions/MatMul:0");
  }
}

TEST(FindLayer, PathsLeadBack) {
  Model model = resnet();
  const auto paths = layer_paths(model.graph);
  ASSERT_EQ(paths.size(), model.graph.nodes.size());
  EXPECT_EQ(paths[0], "conv1");
  EXPECT_EQ(paths[4], "layer1.0.conv2");
  EXPECT_EQ(paths[5], "layer1.0.Add");
  EXPECT_EQ(paths[8], "layer1.1.downsample.0");
  for (size_t i = 0; i < paths.size(); ++i) EXPECT_EQ(find_layer(model, paths[i]), model.graph.nodes[i].outputs[0]) << paths[i];
  model = chain(
      {{"a", "Call/model/conv1/BiasAdd:0", "Conv"}, {"b", "Call/model/conv1/Relu:0", "Relu"}, {"c", "Call/model/fc/MatMul:0", "MatMul"}});
  EXPECT_EQ(layer_paths(model.graph), (std::vector<std::string>{"conv1.BiasAdd", "conv1", "fc"}));
}

// PyTorch up to 1.12 numbers its values.
TEST(FindLayer, ByNumberedNames) {
  const Model model = chain({{"Conv_0", "input.4", "Conv"}, {"Relu_1", "onnx::Relu_45", "Relu"}, {"Conv_12", "123", "Conv"}});
  EXPECT_EQ(find_layer(model, "input.4"), "input.4");
  EXPECT_EQ(find_layer(model, "Conv_12"), "123");
  EXPECT_EQ(find_layer(model, "relu_45"), "onnx::Relu_45");
  EXPECT_ERROR(find_layer(model, "Conv_7"), "no layer 'Conv_7'");
}

TEST(FindLayer, AMissNamesWhatIsNear) {
  EXPECT_ERROR(find_layer(resnet(), "layer1.0.conv3"),
               "the nearest are /layer1/layer1.0/conv1/Conv_output_0, /layer1/layer1.0/conv2/Conv_output_0");
  EXPECT_ERROR(find_layer(resnet(), "downsmaple"), "the nearest are /layer1/layer1.1/downsample/downsample.0/Conv_output_0");
}

}  // namespace
}  // namespace phosphene
