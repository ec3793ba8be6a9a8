// Shapes are [n, c, h, w] or [n, features] with n unknown; weights follow ONNX: Conv [out, in, k, k], ConvTranspose [in, out, k, k],
// Gemm with transB [out, in].
#include "phosphene/train/builder.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/base/rng.h"
#include "phosphene/graph/passes.h"

namespace phosphene {

GraphBuilder::GraphBuilder(std::string graph_name, uint64_t seed) : seed_(seed) { graph_.name = std::move(graph_name); }

Node& GraphBuilder::add(const std::string& op, const std::string& name, std::vector<std::string> inputs, Shape shape,
                        Attributes attributes) {
  graph_.nodes.push_back({name, op, std::move(inputs), {name}, std::move(attributes)});
  shapes_[name] = std::move(shape);
  return graph_.nodes.back();
}

void GraphBuilder::trained(const std::string& name, Tensor tensor) {
  graph_.add_weight(name, std::move(tensor));
  net_.trained.insert(name);
}

void GraphBuilder::weight(const std::string& name, const Shape& shape, double deviation) {
  Tensor tensor = Tensor::zeros(shape);
  if (deviation > 0) Rng(seed_, "init " + name).fill_normal(tensor.floats(), static_cast<float>(deviation));
  trained(name, std::move(tensor));
}

// w[i][j] = sum_{a, b < stride} u[i - a][j - b] with u of kernel - stride + 1 a side: what a resize to `stride` times the size and a
// convolution with u compute. Of the numbers u, stride^2 (kernel - stride + 1)^2 enter the kernel; u's deviation makes up for it.
void GraphBuilder::spread_weight(const std::string& name, const Shape& shape, int64_t stride, double deviation) {
  const int64_t kernel = shape[2], side = kernel - stride + 1;
  if (side < 1) return weight(name, shape, deviation);
  const int64_t pairs = shape[0] * shape[1];
  std::vector<float> small(static_cast<size_t>(pairs * side * side));
  const double spread = static_cast<double>(kernel) / static_cast<double>(stride * side);
  Rng(seed_, "init " + name).fill_normal(small, static_cast<float>(deviation * spread));
  Tensor tensor = Tensor::zeros(shape);
  float* w = tensor.floats().data();
  for (int64_t p = 0; p < pairs; ++p)
    for (int64_t y = 0; y < side; ++y)
      for (int64_t x = 0; x < side; ++x)
        for (int64_t a = 0; a < stride; ++a)
          for (int64_t b = 0; b < stride; ++b)
            w[(p * kernel + y + a) * kernel + x + b] += small[static_cast<size_t>((p * side + y) * side + x)];
  trained(name, std::move(tensor));
}

std::string GraphBuilder::input(const std::string& name, const Shape& shape) {
  graph_.inputs.push_back({name, {DataType::kFloat32, shape}});
  shapes_[name] = shape;
  return name;
}

std::string GraphBuilder::masked(const std::string& name, const std::string& from, const std::string& mask) {
  net_.masks.insert(mask);
  return binary(name, "Mul", from, input(mask, shape(from)));
}

std::string GraphBuilder::conv(const std::string& name, const std::string& from, const ConvShape& s, double gain) {
  const Shape in = shape(from);
  const auto extent = [&](int axis) { return (in[axis] + 2 * s.pad - s.kernel) / s.stride + 1; };
  const double fan_in = static_cast<double>(in[1] * s.kernel * s.kernel);
  weight(name + ".weight", {s.out, in[1], s.kernel, s.kernel}, std::sqrt(gain / fan_in));
  weight(name + ".bias", {s.out}, 0);
  add("Conv", name, {from, name + ".weight", name + ".bias"}, {in[0], s.out, extent(2), extent(3)},
      {{"kernel_shape", std::vector<int64_t>{s.kernel, s.kernel}},
       {"strides", std::vector<int64_t>{s.stride, s.stride}},
       {"pads", std::vector<int64_t>{s.pad, s.pad, s.pad, s.pad}}});
  return name;
}

std::string GraphBuilder::transposed_conv(const std::string& name, const std::string& from, const ConvShape& s, double gain) {
  const Shape in = shape(from);
  const auto extent = [&](int axis) { return (in[axis] - 1) * s.stride - 2 * s.pad + s.kernel; };
  // Each output value sums in * (kernel / stride)^2 products.
  const double fan_in = static_cast<double>(in[1] * s.kernel * s.kernel) / static_cast<double>(s.stride * s.stride);
  spread_weight(name + ".weight", {in[1], s.out, s.kernel, s.kernel}, s.stride, std::sqrt(gain / fan_in));
  weight(name + ".bias", {s.out}, 0);
  add("ConvTranspose", name, {from, name + ".weight", name + ".bias"}, {in[0], s.out, extent(2), extent(3)},
      {{"kernel_shape", std::vector<int64_t>{s.kernel, s.kernel}},
       {"strides", std::vector<int64_t>{s.stride, s.stride}},
       {"pads", std::vector<int64_t>{s.pad, s.pad, s.pad, s.pad}}});
  return name;
}

std::string GraphBuilder::filter(const std::string& name, const std::string& from, Along along, const std::vector<float>& taps) {
  const Shape in = shape(from);
  const auto length = static_cast<int64_t>(taps.size());
  const int64_t rows = along == Along::kColumns ? length : 1, columns = along == Along::kRows ? length : 1;
  Tensor tensor = Tensor::zeros({in[1], 1, rows, columns});
  for (int64_t c = 0; c < in[1]; ++c) std::ranges::copy(taps, tensor.floats().begin() + c * length);
  graph_.add_weight(name + ".fixed", std::move(tensor));
  add("Conv", name, {from, name + ".fixed"}, in,
      {{"kernel_shape", std::vector<int64_t>{rows, columns}},
       {"group", in[1]},
       {"pads", std::vector<int64_t>{rows / 2, columns / 2, rows / 2, columns / 2}}});
  return name;
}

std::string GraphBuilder::gemm(const std::string& name, const std::string& from, int64_t out, double gain) {
  const Shape in = shape(from);
  weight(name + ".weight", {out, in[1]}, std::sqrt(gain / static_cast<double>(in[1])));
  weight(name + ".bias", {out}, 0);
  add("Gemm", name, {from, name + ".weight", name + ".bias"}, {in[0], out}, {{"transB", int64_t{1}}});
  return name;
}

std::string GraphBuilder::add_batch_norm(const std::string& name, const std::string& from, Affine affine) {
  const Shape in = shape(from);
  const std::string kind = affine == Affine::kFixed ? ".fixed" : "";
  const std::string scale = name + ".scale" + kind, bias = name + ".bias" + kind, mean = name + ".mean", variance = name + ".variance";
  const auto fill = [&](const std::string& part, float value) {
    graph_.add_weight(part, Tensor({in[1]}, std::vector<float>(static_cast<size_t>(in[1]), value)));
  };
  fill(scale, 1), fill(bias, 0), fill(mean, 0), fill(variance, 1);
  if (affine == Affine::kTrained) net_.trained.insert({scale, bias});
  net_.statistics[mean] = name + "/mean", net_.statistics[variance] = name + "/variance";
  Node& node = add("BatchNormalization", name, {from, scale, bias, mean, variance}, in,
                   {{"training_mode", int64_t{1}}, {"momentum", 0.95f}, {"epsilon", 1e-5f}});
  node.outputs = {name, net_.statistics[mean], net_.statistics[variance]};
  return name;
}

std::string GraphBuilder::batch_norm(const std::string& name, const std::string& from) {
  return add_batch_norm(name, from, Affine::kTrained);
}
std::string GraphBuilder::normalised(const std::string& name, const std::string& from) {
  return add_batch_norm(name, from, Affine::kFixed);
}

std::string GraphBuilder::doubled(const std::string& name, const std::string& from) {
  const Shape in = shape(from);
  graph_.add_weight(name + ".scales.fixed", Tensor({4}, std::vector<float>{1, 1, 2, 2}));
  add("Resize", name, {from, "", name + ".scales.fixed"}, {in[0], in[1], 2 * in[2], 2 * in[3]},
      {{"mode", std::string("nearest")},
       {"coordinate_transformation_mode", std::string("asymmetric")},
       {"nearest_mode", std::string("floor")}});
  return name;
}

std::string GraphBuilder::resized_like(const std::string& name, const std::string& from, const std::string& like) {
  const Shape to = shape(like);
  PHOSPHENE_CHECK_EQ(shape(from)[1], to[1]);
  add("Shape", name + "/size", {like}, {4});
  add("Resize", name, {from, "", "", name + "/size"}, to,
      {{"mode", std::string("linear")}, {"coordinate_transformation_mode", std::string("half_pixel")}});
  return name;
}

std::string GraphBuilder::residual(const std::string& name, const std::string& from, float leak) {
  const int64_t channels = shape(from)[1];
  std::string x = unary(name + "/in", "LeakyRelu", from, {{"alpha", leak}});
  x = conv(name + "/first", x, {.out = channels});
  x = unary(name + "/between", "LeakyRelu", x, {{"alpha", leak}});
  x = conv(name + "/last", x, {.out = channels}, 0);
  return binary(name, "Add", from, x);
}

std::string GraphBuilder::unary(const std::string& name, const std::string& op, const std::string& from, Attributes attributes) {
  add(op, name, {from}, shape(from), std::move(attributes));
  return name;
}

std::string GraphBuilder::binary(const std::string& name, const std::string& op, const std::string& a, const std::string& b) {
  add(op, name, {a, b}, shape(a));
  return name;
}

std::string GraphBuilder::max_pool(const std::string& name, const std::string& from) {
  const Shape in = shape(from);
  add("MaxPool", name, {from}, {in[0], in[1], (in[2] - 1) / 2 + 1, (in[3] - 1) / 2 + 1},
      {{"kernel_shape", std::vector<int64_t>{3, 3}}, {"strides", std::vector<int64_t>{2, 2}}, {"pads", std::vector<int64_t>{1, 1, 1, 1}}});
  return name;
}

std::string GraphBuilder::global_mean(const std::string& name, const std::string& from) {
  const Shape in = shape(from);
  add("GlobalAveragePool", name, {from}, {in[0], in[1], 1, 1});
  return name;
}

std::string GraphBuilder::flatten(const std::string& name, const std::string& from) {
  const Shape in = shape(from);
  add("Flatten", name, {from}, {in[0], in.size(1, in.rank())});
  return name;
}

std::string GraphBuilder::reshape(const std::string& name, const std::string& from, const std::vector<int64_t>& target) {
  graph_.add_weight(name + ".shape", Tensor::ints(target));
  std::vector<int64_t> dims = target;
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (dims[axis] == 0) dims[axis] = shape(from)[static_cast<int>(axis)];
  add("Reshape", name, {from, name + ".shape"}, Shape(dims));
  return name;
}

std::string GraphBuilder::concat(const std::string& name, const std::string& a, const std::string& b) {
  Shape joined = shape(a);
  joined[1] += shape(b)[1];
  add("Concat", name, {a, b}, joined, {{"axis", int64_t{1}}});
  return name;
}

std::string GraphBuilder::rename(const std::string& value, const std::string& name) {
  Node& node = graph_.nodes.back();
  PHOSPHENE_CHECK_EQ(node.outputs.at(0), value);
  node.name = node.outputs[0] = name;
  shapes_[name] = shape(value);
  shapes_.erase(value);
  return name;
}

TrainableGraph GraphBuilder::finish(const std::vector<std::string>& outputs) {
  graph_.outputs = outputs;
  verify(graph_);
  return net_;
}

}  // namespace phosphene
