// Layers that normalise, and those that scale:
//
//     LRN        x / (k + alpha / n sum over n neighbouring channels of x^2)^beta
//                within a channel: x / (1 + alpha mean over an n x n window of x^2)^beta, zeros around the picture counted
//     BatchNorm  (x - m / f) / sqrt(v / f + eps); blobs: m [c], v [c], the moving average's factor f [1]
//     Scale      s x + b          Bias  x + b           s and b: blobs, or the second bottom, over the axes from `axis` on
//     MVN        (x - mean) / (sqrt(variance) + eps), both over a picture's channel, or over the picture
#include "phosphene/base/error.h"
#include "phosphene/formats/caffe/layer.h"
#include "phosphene/graph/op.h"

namespace phosphene::caffe {

namespace {

using Ints = std::vector<int64_t>;

const Shape& map_shape(const Layer& layer) {
  const Shape& shape = layer.shape();
  if (shape.rank() != 4) throw Error(fmt::format("its bottom has the shape {}, which is no map", shape), "feed it [n, c, h, w]");
  return shape;
}

// The axes [first, first + covered.rank()) of a value that `covered` is spread over.
struct Span {
  int first;
  Shape covered;
};

Span span_of(const Layer& layer, int64_t axis_number, int64_t num_axes) {
  const Shape& input = layer.shape();
  if (layer.bottoms.size() == 1 && num_axes == 0) return {0, {}};
  const bool given = layer.bottoms.size() == 2;
  if (given && layer.shape(layer.bottoms[1]).rank() == 0) return {0, {}};
  const int axis = normal_axis(axis_number, input.rank());
  const int64_t count = given ? layer.shape(layer.bottoms[1]).rank() : num_axes == -1 ? input.rank() - axis : num_axes;
  if (count < 0 || axis + count > input.rank())
    throw Error(fmt::format("axis {} and {} axes more lie outside {}", axis, count, input), "correct axis and num_axes");
  const Shape covered(Ints(input.begin() + axis, input.begin() + axis + count));
  if (given && layer.shape(layer.bottoms[1]) != covered)
    throw Error(fmt::format("its second bottom has the shape {}, not {}", layer.shape(layer.bottoms[1]), covered), "correct axis");
  if (!given && axis == 0) throw Error("weights for every picture of a batch are not supported", "correct axis");
  return {axis, covered};
}

// [c] over axis 1 of [n, c, h, w] -> [c, 1, 1]
Shape broadcast_shape(const Span& span, int rank) {
  Ints dims(span.covered.begin(), span.covered.end());
  if (!dims.empty()) dims.resize(static_cast<size_t>(rank - span.first), 1);
  return Shape(dims);
}

std::string spread_blob(Layer& layer, const std::string& part, const Span& span, const Fill& fill) {
  return layer.store(part, layer.blob(span.covered, fill).reshaped(broadcast_shape(span, layer.shape().rank())));
}

std::string spread_bottom(Layer& layer, const Span& span) {
  const int trailing = layer.shape().rank() - span.first - span.covered.rank();
  if (trailing == 0 || span.covered.rank() == 0) return layer.bottoms[1];
  Ints axes;
  for (int i = 0; i < trailing; ++i) axes.push_back(span.covered.rank() + i);
  return layer.add("Unsqueeze", {layer.bottoms[1], layer.ints(axes)});
}

}  // namespace

Values lrn(Layer& layer) {
  const LRNParameter& p = layer.param.lrn_param();
  const int64_t size = p.local_size();
  if (size % 2 == 0) throw Error(fmt::format("local_size {} is not odd", size), "correct lrn_param");
  const std::string& x = layer.bottoms[0];
  map_shape(layer);
  if (p.norm_region() == LRNParameter::ACROSS_CHANNELS)
    return {layer.add("LRN", {x}, {{"size", size}, {"alpha", p.alpha()}, {"beta", p.beta()}, {"bias", p.k()}})};
  const int64_t pad = size / 2;
  const std::string mean =
      layer.add("AveragePool", {layer.add("Mul", {x, x})},
                {{"kernel_shape", Ints{size, size}}, {"pads", Ints{pad, pad, pad, pad}}, {"count_include_pad", int64_t{1}}});
  const std::string base = layer.add("Add", {layer.add("Mul", {mean, layer.scalar(p.alpha())}), layer.scalar(1)});
  return {layer.add("Mul", {x, layer.add("Pow", {base, layer.scalar(-p.beta())})})};
}

Values batch_norm(Layer& layer) {
  const BatchNormParameter& p = layer.param.batch_norm_param();
  if (p.has_use_global_stats() && !p.use_global_stats())
    throw Error("normalises by the statistics of the batch, so that pictures depend on each other", "write use_global_stats: true");
  const Shape& shape = layer.shape();
  if (shape.rank() < 2) throw Error(fmt::format("its bottom has the shape {}, which has no channels", shape));
  const int64_t channels = shape[1];
  Tensor mean = layer.blob({channels}, {0, 0.1f}), variance = layer.blob({channels}, {1, 0.1f});
  const float factor = layer.blob({1}, {1, 0}).floats()[0], inverse = factor == 0 ? 0 : 1 / factor;
  for (Tensor* moment : {&mean, &variance})
    for (float& value : moment->floats()) value *= inverse;
  return {layer.add("BatchNormalization",
                    {layer.bottoms[0], layer.filled(channels, 1), layer.filled(channels, 0), layer.store("mean", std::move(mean)),
                     layer.store("variance", std::move(variance))},
                    {{"epsilon", p.eps()}})};
}

Values scale(Layer& layer) {
  const ScaleParameter& p = layer.param.scale_param();
  const Span span = span_of(layer, p.axis(), p.num_axes());
  const Fill scale_fill{1, 0.1f};
  if (layer.bottoms.size() == 1 && span.first == 1 && span.covered.rank() == 1) {
    // As a normalisation with mean 0 and variance 1 it folds into a convolution before it.
    const int64_t channels = span.covered[0];
    const std::string s = layer.weight("scale", span.covered, scale_fill);
    const std::string b = p.bias_term() ? layer.weight("bias", span.covered, kBiasFill) : layer.filled(channels, 0);
    return {layer.add("BatchNormalization", {layer.bottoms[0], s, b, layer.filled(channels, 0), layer.filled(channels, 1)},
                      {{"epsilon", 0.0f}})};
  }
  const std::string s = layer.bottoms.size() == 2 ? spread_bottom(layer, span) : spread_blob(layer, "scale", span, scale_fill);
  const std::string scaled = layer.add("Mul", {layer.bottoms[0], s});
  return {p.bias_term() ? layer.add("Add", {scaled, spread_blob(layer, "bias", span, kBiasFill)}) : scaled};
}

Values bias(Layer& layer) {
  const BiasParameter& p = layer.param.bias_param();
  const Span span = span_of(layer, p.axis(), p.num_axes());
  const std::string b = layer.bottoms.size() == 2 ? spread_bottom(layer, span) : spread_blob(layer, "bias", span, kBiasFill);
  return {layer.add("Add", {layer.bottoms[0], b})};
}

Values mvn(Layer& layer) {
  const MVNParameter& p = layer.param.mvn_param();
  map_shape(layer);
  const Ints axes = p.across_channels() ? Ints{1, 2, 3} : Ints{2, 3};
  const auto mean = [&](const std::string& x) { return layer.add("ReduceMean", {x}, {{"axes", axes}}); };
  const std::string centred = layer.add("Sub", {layer.bottoms[0], mean(layer.bottoms[0])});
  if (!p.normalize_variance()) return {centred};
  // The root of 0 has no gradient: a constant map keeps a variance far below eps^2.
  const std::string variance = layer.add("Max", {mean(layer.add("Mul", {centred, centred})), layer.scalar(1e-30f)});
  const std::string deviation = layer.add("Add", {layer.add("Sqrt", {variance}), layer.scalar(p.eps())});
  return {layer.add("Div", {centred, deviation})};
}

Values softmax(Layer& layer) {
  const int axis = normal_axis(layer.param.softmax_param().axis(), layer.shape().rank());
  if (axis == 0) throw Error("axis 0 is the batch", "correct softmax_param");
  return {layer.add("Softmax", {layer.bottoms[0]}, {{"axis", int64_t{axis}}})};
}

}  // namespace phosphene::caffe
