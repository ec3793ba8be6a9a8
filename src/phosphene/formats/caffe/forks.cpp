// Layers of BVLC's newest Caffe and of its common forks:
//
//     Clip            x between min and max       ReLU6      x between 0 and 6
//     Swish           x sigmoid(beta x)           Threshold  1 where x > threshold, else 0
//     Axpy            a x + y, a a number a channel of each picture (SENet)
//     Normalize       s x / sqrt(sum x^2 + eps), the sum over the channels of a pixel, or of the picture (SSD)
//     Permute         axes in another order (SSD)
//     ShuffleChannel  channels as [group, rest] become [rest, group]
//     Interp          linear between the centres of the corner pixels: A x B', A and B with two weights a row (DeepLab, PSPNet)
//     Upsample        every pixel repeated (YOLO)
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/formats/caffe/layer.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene::caffe {

namespace {

using Ints = std::vector<int64_t>;

const Shape& shape_of_map(const Layer& layer) {
  const Shape& shape = layer.shape();
  if (shape.rank() != 4) throw Error(fmt::format("its bottom has the shape {}, which is no map", shape), "feed it [n, c, h, w]");
  return shape;
}

std::string between(Layer& layer, float low, float high) {
  return layer.add("Clip", {layer.bottoms[0], layer.scalar(low), layer.scalar(high)});
}

// [to, from]; row i takes its two neighbours of i (from - 1) / (to - 1).
Tensor interpolation(int64_t from, int64_t to) {
  Tensor matrix = Tensor::zeros(Shape{to, from});
  for (int64_t i = 0; i < to; ++i) {
    const double place = to > 1 ? static_cast<double>(i) * static_cast<double>(from - 1) / static_cast<double>(to - 1) : 0;
    const auto low = std::min(static_cast<int64_t>(place), from - 1), high = std::min(low + 1, from - 1);
    const auto part = static_cast<float>(place - static_cast<double>(low));
    matrix.floats()[static_cast<size_t>(i * from + low)] += 1 - part;
    matrix.floats()[static_cast<size_t>(i * from + high)] += part;
  }
  return matrix;
}

int64_t interpolated_extent(const InterpParameter& p, int64_t from, int64_t given) {
  if (given > 0) return given;
  if (p.zoom_factor() < 1 || p.shrink_factor() < 1) throw Error("zoom_factor or shrink_factor is below 1", "correct interp_param");
  const int64_t shrunk = (from - 1) / p.shrink_factor() + 1;
  return shrunk + (shrunk - 1) * (p.zoom_factor() - 1);
}

}  // namespace

Values clip(Layer& layer) {
  const ClipParameter& p = layer.param.clip_param();
  if (!p.has_min() || !p.has_max()) throw Error("min or max is missing", "correct clip_param");
  return {between(layer, p.min(), p.max())};
}

Values relu6(Layer& layer) { return {between(layer, 0, 6)}; }
Values mish(Layer& layer) { return {layer.add("Mish", {layer.bottoms[0]})}; }

Values swish(Layer& layer) {
  const float beta = layer.param.swish_param().beta();
  const std::string& x = layer.bottoms[0];
  return {layer.add("Mul", {x, layer.add("Sigmoid", {beta == 1 ? x : layer.add("Mul", {x, layer.scalar(beta)})})})};
}

Values threshold(Layer& layer) {
  const std::string above = layer.add("Greater", {layer.bottoms[0], layer.scalar(layer.param.threshold_param().threshold())});
  return {layer.add("Cast", {above}, {{"to", int64_t{1}}})};
}

Values axpy(Layer& layer) {
  const Shape &a = layer.shape(), &x = layer.shape(layer.bottoms[1]);
  if (x != layer.shape(layer.bottoms[2]) || x.rank() != 4 || (a.rank() != 2 && a.rank() != 4) || a[0] != x[0] || a[1] != x[1])
    throw Error(fmt::format("its bottoms have the shapes {}, {} and {}", a, x, layer.shape(layer.bottoms[2])),
                "correct the layers before it");
  const std::string scale = a.rank() == 4 ? layer.bottoms[0] : layer.add("Unsqueeze", {layer.bottoms[0], layer.ints({2, 3})});
  return {layer.add("Add", {layer.add("Mul", {scale, layer.bottoms[1]}), layer.bottoms[2]})};
}

Values normalize(Layer& layer) {
  const NormalizeParameter& p = layer.param.norm_param();
  const Shape& shape = shape_of_map(layer);
  const std::string& x = layer.bottoms[0];
  const Ints axes = p.across_spatial() ? Ints{1, 2, 3} : Ints{1};
  const std::string sum = layer.add("ReduceSum", {layer.add("Mul", {x, x}), layer.ints(axes)});
  const std::string norm = layer.add("Sqrt", {layer.add("Add", {sum, layer.scalar(p.eps())})});
  const int64_t channels = p.channel_shared() ? 1 : shape[1];
  const std::string scale = layer.store("scale", layer.blob({channels}, {1, 0.1f}).reshaped(Shape{channels, 1, 1}));
  return {layer.add("Mul", {layer.add("Div", {x, norm}), scale})};
}

Values permute(Layer& layer) {
  const auto& order = layer.param.permute_param().order();
  const int rank = layer.shape().rank();
  Ints perm(order.begin(), order.end());
  for (int axis = 0; axis < rank; ++axis)
    if (std::find(order.begin(), order.end(), static_cast<uint32_t>(axis)) == order.end()) perm.push_back(axis);
  if (static_cast<int>(perm.size()) != rank || *std::max_element(perm.begin(), perm.end()) >= rank)
    throw Error(fmt::format("an order of {} axes does not fit {}", perm.size(), layer.shape()), "correct permute_param");
  if (perm[0] != 0) throw Error("axis 0 is the batch", "correct permute_param");
  return {layer.add("Transpose", {layer.bottoms[0]}, {{"perm", perm}})};
}

Values shuffle_channel(Layer& layer) {
  const Shape shape = shape_of_map(layer);
  const int64_t group = layer.param.shuffle_channel_param().group();
  if (group < 1 || shape[1] % group)
    throw Error(fmt::format("{} channels do not divide into {} groups", shape[1], group), "correct shuffle_channel_param");
  const std::string apart = layer.reshape(layer.bottoms[0], {shape[0], group, shape[1] / group, shape[2], shape[3]});
  return {layer.reshape(layer.add("Transpose", {apart}, {{"perm", Ints{0, 2, 1, 3, 4}}}), shape)};
}

Values interp(Layer& layer) {
  const InterpParameter& p = layer.param.interp_param();
  const Shape& shape = shape_of_map(layer);
  if (p.pad_beg() != 0 || p.pad_end() != 0) throw Error("pad_beg and pad_end are not supported", "crop with a layer before it");
  const int64_t height = interpolated_extent(p, shape[2], p.height()), width = interpolated_extent(p, shape[3], p.width());
  require_sane(Shape{shape[0], shape[1], height, width});
  require_sane(Shape{std::max(height, width), std::max(shape[2], shape[3]), 64});
  const auto turned = [&](const std::string& x) { return layer.add("Transpose", {x}, {{"perm", Ints{0, 1, 3, 2}}}); };
  const std::string rows = layer.add("MatMul", {layer.store("rows", interpolation(shape[2], height)), layer.bottoms[0]});
  return {turned(layer.add("MatMul", {layer.store("columns", interpolation(shape[3], width)), turned(rows)}))};
}

Values upsample(Layer& layer) {
  shape_of_map(layer);
  const auto scale = static_cast<float>(layer.param.upsample_param().scale());
  const std::string scales = layer.store("scales", Tensor(Shape{4}, std::vector<float>{1, 1, scale, scale}));
  const std::string none = layer.store("region", Tensor(Shape{0}, std::vector<float>{}));
  return {layer.add("Resize", {layer.bottoms[0], none, scales},
                    {{"mode", std::string("nearest")},
                     {"coordinate_transformation_mode", std::string("asymmetric")},
                     {"nearest_mode", std::string("floor")}})};
}

}  // namespace phosphene::caffe
