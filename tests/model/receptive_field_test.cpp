#include "phosphene/model/receptive_field.h"

#include <gtest/gtest.h>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"

namespace phosphene {
namespace {

struct Layer {
  std::string name, op;
  int64_t kernel, stride, pad;
};

// A chain of windows over x [N, 1, size, size].
Graph windows(int64_t size, const std::vector<Layer>& layers) {
  Graph graph;
  graph.inputs = {{"x", {DataType::kFloat32, {kUnknown, 1, size, size}}}};
  std::string from = "x";
  for (const Layer& layer : layers) {
    Node node{layer.name, layer.op, {from}, {layer.name}, {}};
    node.attributes.set("strides", std::vector<int64_t>{layer.stride, layer.stride});
    node.attributes.set("pads", std::vector<int64_t>(4, layer.pad));
    node.attributes.set("kernel_shape", std::vector<int64_t>{layer.kernel, layer.kernel});
    if (layer.op != "MaxPool") {
      graph.add_weight(layer.name + ".w", Tensor::zeros({1, 1, layer.kernel, layer.kernel}));
      node.inputs.push_back(layer.name + ".w");
    }
    graph.nodes.push_back(node);
    from = layer.name;
  }
  graph.outputs = {from};
  return infer_shapes(graph);
}

// Krizhevsky, Sutskever, Hinton 2012 in Caffe's sizes.
Graph caffenet() {
  return windows(227, {{"conv1", "Conv", 11, 4, 0},
                       {"pool1", "MaxPool", 3, 2, 0},
                       {"conv2", "Conv", 5, 1, 2},
                       {"pool2", "MaxPool", 3, 2, 0},
                       {"conv3", "Conv", 3, 1, 1},
                       {"conv4", "Conv", 3, 1, 1},
                       {"conv5", "Conv", 3, 1, 1},
                       {"pool5", "MaxPool", 3, 2, 0}});
}

TEST(ReceptiveField, OfCaffeNetIsThePublishedOne) {
  const Graph graph = caffenet();
  const std::pair<const char*, int64_t> published[] = {{"conv1", 11}, {"pool1", 19},  {"conv2", 51},  {"pool2", 67},
                                                       {"conv3", 99}, {"conv4", 131}, {"conv5", 163}, {"pool5", 195}};
  for (const auto& [layer, size] : published) {
    const PixelRect rect = receptive_field(graph, "x", layer, {6, 3});
    EXPECT_EQ(rect.height, size) << layer;
    EXPECT_EQ(rect.width, size) << layer;
  }
}

TEST(ReceptiveField, OfTheMiddleIsInTheMiddleAndBordersAreClipped) {
  const Graph graph = caffenet();  // conv5 is 13 x 13
  const PixelRect middle = receptive_field(graph, "x", "conv5", {6, 6});
  EXPECT_EQ(middle, (PixelRect{32, 32, 163, 163}));
  const PixelRect corner = receptive_field(graph, "x", "conv5", {0, 12});
  EXPECT_EQ(corner, (PixelRect{-64, 128, 163, 163}));
  EXPECT_EQ(clip(corner, 227, 227), (PixelRect{0, 128, 99, 99}));
}

TEST(ReceptiveField, OfTransposedWindows) {
  const Graph graph =
      windows(8, {{"up", "ConvTranspose", 4, 2, 1}});  // 16 x 16; output o sees inputs ceil((o - 2) / 2) .. floor((o + 1) / 2)
  EXPECT_EQ(receptive_field(graph, "x", "up", {5, 6}), (PixelRect{2, 2, 2, 2}));
  EXPECT_EQ(receptive_field(graph, "x", "up", {0, 1}), (PixelRect{-1, 0, 2, 2}));
}

TEST(ReceptiveField, OfJoinedPathsIsTheSmallestAroundAll) {
  Graph graph = windows(9, {{"a", "Conv", 3, 1, 1}});
  graph.add_weight("b.w", Tensor::zeros({1, 1, 5, 5}));
  graph.nodes.push_back({"b", "Conv", {"x", "b.w"}, {"b"}, {{"pads", std::vector<int64_t>(4, 2)}}});
  graph.nodes.push_back({"join", "Concat", {"a", "b"}, {"join"}, {{"axis", int64_t{1}}}});
  graph.nodes.push_back({"pool", "GlobalAveragePool", {"join"}, {"pool"}, {}});
  graph.outputs = {"pool"};
  graph = infer_shapes(graph);
  EXPECT_EQ(receptive_field(graph, "x", "join", {4, 4}), (PixelRect{2, 2, 5, 5}));
  const PixelRect all = clip(receptive_field(graph, "x", "pool"), 9, 9);
  EXPECT_EQ(all, (PixelRect{0, 0, 9, 9}));
  EXPECT_THROW(receptive_field(graph, "x", "none"), Error);
}

}  // namespace
}  // namespace phosphene
