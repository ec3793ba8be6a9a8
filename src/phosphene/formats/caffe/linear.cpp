// Layers with a matrix of weights. Blobs: the weights, then one bias an output unless bias_term is false.
//
//     Convolution    weights [outputs, channels / group, kernel...], as ONNX's Conv
//     Deconvolution  weights [channels, outputs / group, kernel...], as ONNX's ConvTranspose
//     InnerProduct   y[..., o] = sum_k x[..., k] W[o, k] + b[o]; the axes from `axis` on are one axis k; W is [k, o] with `transpose`
#include "phosphene/base/error.h"
#include "phosphene/formats/caffe/layer.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene::caffe {

namespace {

using Ints = std::vector<int64_t>;

// A setting given once for all spatial axes, once for each, or as NAME_h and NAME_w.
Ints per_axis(const char* name, const google::protobuf::RepeatedField<uint32_t>& values, bool has_sides, Ints sides, int64_t axes,
              int64_t fallback) {
  if (has_sides) {
    if (axes != 2 || values.size() > 0) throw Error(fmt::format("{}_h and {}_w stand beside {} or more than two axes", name, name, name));
    return sides;
  }
  if (values.empty()) return Ints(static_cast<size_t>(axes), fallback);
  if (values.size() == 1) return Ints(static_cast<size_t>(axes), values[0]);
  if (values.size() != axes) throw Error(fmt::format("{} has {} entries for {} spatial axes", name, values.size(), axes));
  return Ints(values.begin(), values.end());
}

struct Windows {
  Ints kernel, stride, pad, dilation;
  int64_t channels, outputs, group;

  int64_t taps() const {
    int64_t product = 1;
    for (const int64_t extent : kernel) product *= extent;
    return product;
  }
  int64_t steps() const {
    int64_t product = 1;
    for (const int64_t step : stride) product *= step;
    return product;
  }
  Attributes attributes() const {
    Ints pads = pad;
    pads.insert(pads.end(), pad.begin(), pad.end());
    return {{"kernel_shape", kernel}, {"strides", stride}, {"pads", pads}, {"dilations", dilation}, {"group", group}};
  }
};

Windows windows_of(const Layer& layer) {
  const ConvolutionParameter& param = layer.param.convolution_param();
  const Shape& input = layer.shape();
  const int64_t axes = input.rank() - 2;
  if (axes < 1 || axes > 3) throw Error(fmt::format("its bottom has the shape {}, which is no map", input), "feed it [n, c, h, w]");
  if (normal_axis(param.axis(), input.rank()) != 1) throw Error("convolutions along another axis than 1 are not supported");
  Windows w;
  w.kernel =
      per_axis("kernel", param.kernel_size(), param.has_kernel_h() || param.has_kernel_w(), {param.kernel_h(), param.kernel_w()}, axes, 0);
  w.stride =
      per_axis("stride", param.stride(), param.has_stride_h() || param.has_stride_w(), {param.stride_h(), param.stride_w()}, axes, 1);
  w.pad = per_axis("pad", param.pad(), param.has_pad_h() || param.has_pad_w(), {param.pad_h(), param.pad_w()}, axes, 0);
  w.dilation = per_axis("dilation", param.dilation_size() > 0 ? param.dilation() : param.hole(), false, {}, axes, 1);
  for (const Ints* list : {&w.kernel, &w.stride, &w.dilation})
    for (const int64_t value : *list)
      if (value < 1 || value > kMaxAttribute)
        throw Error("its kernel, stride or dilation is missing or out of range", "correct convolution_param");
  w.channels = input[1];
  w.outputs = param.num_output();
  w.group = param.group();
  if (w.outputs < 1) throw Error("num_output is missing", "correct convolution_param");
  if (w.group < 1 || w.channels % w.group || w.outputs % w.group)
    throw Error(fmt::format("{} channels and {} outputs do not divide into {} groups", w.channels, w.outputs, w.group),
                "correct convolution_param");
  return w;
}

Values convolve(Layer& layer, const char* op, const Windows& w, int64_t first, int64_t second, double fan_in) {
  Shape shape{first, second};
  for (const int64_t extent : w.kernel) shape.push_back(extent);
  Values inputs{layer.bottoms[0], layer.weight("weight", shape, he_fill(fan_in))};
  if (layer.param.convolution_param().bias_term()) inputs.push_back(layer.weight("bias", {w.outputs}, kBiasFill));
  return {layer.add(op, inputs, w.attributes())};
}

}  // namespace

Values convolution(Layer& layer) {
  const Windows w = windows_of(layer);
  const int64_t channels = w.channels / w.group;
  return convolve(layer, "Conv", w, w.outputs, channels, static_cast<double>(channels) * static_cast<double>(w.taps()));
}

// A convolution with a group a channel, which some forks of Caffe do not spell.
Values depthwise_convolution(Layer& layer) {
  Windows w = windows_of(layer);
  if (!layer.param.convolution_param().has_group()) w.group = w.channels;
  if (w.outputs % w.group)
    throw Error(fmt::format("{} outputs do not divide into {} groups", w.outputs, w.group), "correct convolution_param");
  const int64_t channels = w.channels / w.group;
  return convolve(layer, "Conv", w, w.outputs, channels, static_cast<double>(channels) * static_cast<double>(w.taps()));
}

Values deconvolution(Layer& layer) {
  const Windows w = windows_of(layer);
  // Each output sums over the channels of its group and, of the taps, one in stride^2.
  const double fan_in = static_cast<double>(w.channels / w.group) * static_cast<double>(w.taps()) / static_cast<double>(w.steps());
  return convolve(layer, "ConvTranspose", w, w.channels, w.outputs / w.group, fan_in);
}

Values inner_product(Layer& layer) {
  const InnerProductParameter& param = layer.param.inner_product_param();
  const Shape& input = layer.shape();
  const int axis = normal_axis(param.axis(), input.rank());
  if (axis == 0) throw Error("axis 0 would join the pictures of a batch", "correct inner_product_param");
  const int64_t outputs = param.num_output();
  if (outputs < 1) throw Error("num_output is missing", "correct inner_product_param");
  const int64_t inner = input.size(axis, input.rank());
  Shape rows(Ints(input.begin(), input.begin() + axis));
  rows.push_back(inner);
  const std::string x = layer.reshape(layer.bottoms[0], rows);
  const Fill fill = he_fill(static_cast<double>(inner));
  const Shape shape = param.transpose() ? Shape{inner, outputs} : Shape{outputs, inner};
  Values inputs{x, layer.weight("weight", shape, fill)};
  if (param.bias_term()) inputs.push_back(layer.weight("bias", {outputs}, kBiasFill));
  if (axis == 1) return {layer.add("Gemm", inputs, {{"transB", int64_t{!param.transpose()}}})};
  if (!param.transpose()) inputs[1] = layer.add("Transpose", {inputs[1]}, {{"perm", Ints{1, 0}}});
  const std::string product = layer.add("MatMul", {x, inputs[1]});
  return {param.bias_term() ? layer.add("Add", {product, inputs[2]}) : product};
}

}  // namespace phosphene::caffe
