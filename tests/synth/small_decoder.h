// Decoders of any size and the encoder of one, with fixed random weights.
#pragma once

#include "synth/small_models.h"

namespace phosphene {

constexpr int64_t kDecoderStride = 4;

// code [n, 5, h, w] -> twice (each place doubled, 3x3 convolution) -> image [n, 3, 4 h, 4 w]; kUnknown: open
inline Model small_decoder(int64_t height = kUnknown, int64_t width = kUnknown) {
  Model model;
  model.name = "small-decoder";
  model.kind = ModelKind::kGenerator;
  model.preprocess_known = true;
  Graph& g = model.graph;
  g.name = model.name;
  g.inputs = {{"code", {DataType::kFloat32, Shape{kUnknown, 5, height, width}}}};
  g.outputs = {"image"};
  g.add_weight("scales", Tensor(Shape{4}, std::vector<float>{1, 1, 2, 2}));
  g.add_weight("w1", random_weight({6, 5, 3, 3}, 11, 0.3));
  g.add_weight("w2", random_weight({3, 6, 3, 3}, 12, 0.2));
  g.add_weight("b2", Tensor(Shape{3}, std::vector<float>{0.5f, 0.5f, 0.5f}));
  const Attributes doubling{{"mode", std::string("nearest")},
                            {"coordinate_transformation_mode", std::string("asymmetric")},
                            {"nearest_mode", std::string("floor")}};
  const Attributes same{{"pads", std::vector<int64_t>{1, 1, 1, 1}}};
  g.nodes = {{"up1", "Resize", {"code", "", "scales"}, {"double"}, doubling},
             {"conv1", "Conv", {"double", "w1"}, {"c1"}, same},
             {"act", "LeakyRelu", {"c1"}, {"a1"}, {{"alpha", 0.2f}}},
             {"up2", "Resize", {"a1", "", "scales"}, {"quadruple"}, doubling},
             {"conv2", "Conv", {"quadruple", "w2", "b2"}, {"image"}, same}};
  g = infer_shapes(std::move(g));
  model.bounds = CodeBounds{std::vector<float>(5, -3.0f), std::vector<float>{1, 2, 3, 4, 5}};
  return model;
}

// data [n, 3, ?, ?] -> latents [n, 5, ?/4, ?/4]: channel k is (k + 1) times the mean red of its 4x4 pixels, red in 0..1.
inline Model small_encoder() {
  Model model;
  model.name = "small-encoder";
  model.preprocess_known = true;
  Graph& g = model.graph;
  g.inputs = {{"data", {DataType::kFloat32, Shape{kUnknown, 3, kUnknown, kUnknown}}}};
  g.outputs = {"latents"};
  std::vector<float> w(15);
  for (size_t k = 0; k < 5; ++k) w[3 * k] = static_cast<float>(k + 1);
  g.add_weight("w", Tensor(Shape{5, 3, 1, 1}, w));
  const std::vector<int64_t> four{4, 4};
  g.nodes = {{"pool", "AveragePool", {"data"}, {"pool"}, {{"kernel_shape", four}, {"strides", four}}},
             {"to_latents", "Conv", {"pool", "w"}, {"latents"}, {}}};
  g = infer_shapes(std::move(g));
  return model;
}

}  // namespace phosphene
