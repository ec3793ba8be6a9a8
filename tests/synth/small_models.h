// A generator of 8x8 pictures and a network that looks at them, with fixed random weights.
#pragma once

#include <cmath>
#include <string>

#include "phosphene/base/rng.h"
#include "phosphene/graph/passes.h"
#include "phosphene/model/model.h"

namespace phosphene {

inline Tensor random_weight(const Shape& shape, uint64_t seed, double deviation) {
  Tensor tensor = Tensor::zeros(shape);
  Rng(seed, "weight").fill_normal(tensor.floats(), static_cast<float>(deviation));
  return tensor;
}

// code [n, 10] -> Gemm -> LeakyRelu -> [n, 4, 4, 4] -> ConvTranspose -> image [n, 3, 8, 8]
inline Model small_generator() {
  Model model;
  model.name = "small-generator";
  model.kind = ModelKind::kGenerator;
  model.preprocess_known = true;
  Graph& g = model.graph;
  g.name = model.name;
  g.inputs = {{"code", {DataType::kFloat32, Shape{kUnknown, 10}}}};
  g.outputs = {"image"};
  g.add_weight("w1", random_weight({10, 64}, 1, 0.3));
  g.add_weight("b1", random_weight({64}, 2, 0.1));
  g.add_weight("shape", Tensor::ints({0, 4, 4, 4}));
  g.add_weight("w2", random_weight({4, 3, 4, 4}, 3, 0.2));
  g.add_weight("b2", Tensor(Shape{3}, std::vector<float>{0.5f, 0.5f, 0.5f}));
  g.nodes = {{"fc", "Gemm", {"code", "w1", "b1"}, {"h"}, {}},
             {"act", "LeakyRelu", {"h"}, {"a"}, {{"alpha", 0.3f}}},
             {"to_map", "Reshape", {"a", "shape"}, {"map"}, {}},
             {"up",
              "ConvTranspose",
              {"map", "w2", "b2"},
              {"image"},
              {{"strides", std::vector<int64_t>{2, 2}}, {"pads", std::vector<int64_t>{1, 1, 1, 1}}}}};
  g = infer_shapes(std::move(g));
  model.bounds = CodeBounds{std::vector<float>(10, 0.0f), std::vector<float>(10, 1.5f)};
  return model;
}

// Its codes pass through a density on their way: the first 4 of 10 values of a code [n, 10], each halved.
inline Model small_generator_with_density() {
  Model model = small_generator();
  Graph& g = model.graph;
  for (const int64_t i : {0, 4, 10}) g.add_weight("value" + std::to_string(i), Tensor::ints({i}));
  g.add_weight("axis", Tensor::ints({1}));
  g.add_weight("half", Tensor(Shape{1}, std::vector<float>{0.5f}));
  g.nodes.front().inputs.front() = "joined";
  const std::vector<Node> before = {{"first", "Slice", {"code", "value0", "value4", "axis"}, {"scene"}, {}},
                                    {"rest", "Slice", {"code", "value4", "value10", "axis"}, {"detail"}, {}},
                                    {"clean", "Mul", {"scene", "half"}, {"clean"}, {}},
                                    {"join", "Concat", {"clean", "detail"}, {"joined"}, {{"axis", int64_t{1}}}}};
  g.nodes.insert(g.nodes.begin(), before.begin(), before.end());
  g.types.clear();
  g = infer_shapes(std::move(g));
  model.search = {{"density", "clean"}};
  return model;
}

// data [n, 3, 8, 8] -> Flatten -> Gemm "y" [n, 10]: codes of small_generator()'s size.
inline Model small_code_encoder() {
  Model model;
  model.name = "small-code-encoder";
  model.preprocess_known = true;
  Graph& g = model.graph;
  g.inputs = {{"data", {DataType::kFloat32, Shape{kUnknown, 3, 8, 8}}}};
  g.outputs = {"y"};
  g.add_weight("w", random_weight({192, 10}, 8, 0.05));
  g.nodes = {{"flat", "Flatten", {"data"}, {"flat"}, {}}, {"y", "Gemm", {"flat", "w"}, {"y"}, {}}};
  g = infer_shapes(std::move(g));
  return model;
}

// data [n, 3, 8, 8] -> Conv -> Relu "relu" [n, 4, 8, 8] -> MaxPool -> Flatten -> Gemm "fc" [n, 6]
inline Model small_network(float conv_bias = 0) {
  Model model;
  model.name = "small-network";
  model.kind = ModelKind::kClassifier;
  model.preprocess_known = true;
  model.preprocess.order = ColourOrder::kBgr;
  model.preprocess.mean = {0.4f, 0.5f, 0.6f};
  model.preprocess.deviation = {0.25f, 0.25f, 0.25f};
  Graph& g = model.graph;
  g.name = model.name;
  g.inputs = {{"data", {DataType::kFloat32, Shape{kUnknown, 3, 8, 8}}}};
  g.outputs = {"fc"};
  g.add_weight("w1", random_weight({4, 3, 3, 3}, 4, 0.3));
  g.add_weight("b1", Tensor(Shape{4}, std::vector<float>(4, conv_bias)));
  g.add_weight("w2", random_weight({64, 6}, 5, 0.2));
  g.add_weight("b2", random_weight({6}, 6, 0.1));
  g.nodes = {
      {"conv", "Conv", {"data", "w1", "b1"}, {"conv"}, {{"pads", std::vector<int64_t>{1, 1, 1, 1}}}},
      {"relu", "Relu", {"conv"}, {"relu"}, {}},
      {"pool", "MaxPool", {"relu"}, {"pool"}, {{"kernel_shape", std::vector<int64_t>{2, 2}}, {"strides", std::vector<int64_t>{2, 2}}}},
      {"flat", "Flatten", {"pool"}, {"flat"}, {}},
      {"fc", "Gemm", {"flat", "w2", "b2"}, {"fc"}, {}}};
  g = infer_shapes(std::move(g));
  return model;
}

// Its units never fire, so every gradient is zero.
inline Model dead_network() { return small_network(-1000); }

}  // namespace phosphene
