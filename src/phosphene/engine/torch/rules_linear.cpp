// Convolutions and matrix products.
//
//     Conv           at::convolution; uneven pads are put around x first
//     ConvTranspose  the same, transposed; what its pads cut unevenly is cut from the whole result
//     both           with a stride over few channels: conv_blocks.h
//     Gemm           addmm       MatMul  matmul       Einsum  einsum
#include "phosphene/engine/torch/conv_blocks.h"

namespace phosphene::aten {

namespace {

Ints kernel_of(const Site& site) { return {site.shape(1).begin() + 2, site.shape(1).end()}; }

// A few groups of many channels, which cuDNN is slow with: in bf16, where tensor cores are, one product with zeros between the groups costs
// less, in float32 a convolution each.
bool few_groups(const Site& site, int64_t groups) {
  constexpr int64_t kMost = 4, kLeastChannels = 32;
  return site.device.is_cuda() && site.fixed && groups > 1 && groups <= kMost && site.shape(1)[1] >= kLeastChannels;
}

Run conv(const Site& site) {
  const Window w = sliding_window(site.node, site.shape(0), kernel_of(site));
  if (suits_blocks(site, w, site.shape(0)[1])) return conv_in_blocks(site, w);
  const bool even = w.pads_begin == w.pads_end;
  const Ints none(w.kernel.size(), 0), pads = even ? w.pads_begin : none;
  const int64_t groups = site.attributes().get_int("group", 1);
  const bool few = few_groups(site, groups), dense = few && site.narrow;
  const MadeOf weight(site, 1, [=](const at::Tensor& given) { return in_layout(dense ? dense_groups(given, groups) : given); });
  const int64_t parts = few && !dense ? groups : 1, groups_of_part = few ? 1 : groups;
  return [=](const Tensors& inputs) -> Tensors {
    const at::Tensor x = even ? inputs[0] : padded(inputs[0], w.pads_begin, w.pads_end), filters = weight(inputs), bias = bias_of(inputs);
    const auto part = [&](const at::Tensor& all, int64_t axis, int64_t k) {
      return parts == 1 || !all.defined() ? all : all.chunk(parts, axis)[static_cast<size_t>(k)];
    };
    Tensors y;
    for (int64_t k = 0; k < parts; ++k)
      y.push_back(at::convolution(in_layout(part(x, 1, k)), part(filters, 0, k), part(bias, 0, k), w.strides, pads, w.dilations, false,
                                  none, groups_of_part));
    return {parts == 1 ? y[0] : at::cat(y, 1)};
  };
}

Run conv_transpose(const Site& site) {
  const Window w = transposed_window(site.node, site.shape(0), kernel_of(site));
  if (suits_blocks(site, w, site.output().shape[1])) return conv_transpose_in_blocks(site, w);
  const size_t axes = w.kernel.size();
  const Ints none(axes, 0);
  Ints extra(axes), cut_begin(axes), cut_end(axes);  // output_padding; what is cut from the result of no padding, or added
  bool native = w.pads_begin == w.pads_end;
  for (size_t i = 0; i < axes; ++i) {
    const int axis = static_cast<int>(i) + 2;
    const int64_t whole = (site.shape(0)[axis] - 1) * w.strides[i] + w.dilations[i] * (w.kernel[i] - 1) + 1,
                  wanted = site.output().shape[axis];
    extra[i] = wanted - (whole - 2 * w.pads_begin[i]);
    native = native && extra[i] >= 0 && extra[i] < std::max(w.strides[i], w.dilations[i]);
    cut_begin[i] = -w.pads_begin[i];
    cut_end[i] = wanted + w.pads_begin[i] - whole;
  }
  // libtorch 1.13 takes a transposed convolution in bf16 on a CPU for a plain one.
  const bool wide = site.device.is_cpu();
  return [=, groups = site.attributes().get_int("group", 1)](const Tensors& given) -> Tensors {
    Tensors inputs = given;
    for (at::Tensor& input : inputs)
      if (wide && input.defined()) input = input.to(at::kFloat);
    const at::Tensor x = in_layout(inputs[0]), bias = bias_of(inputs);
    if (native) return {at::convolution(x, inputs[1], bias, w.strides, w.pads_begin, w.dilations, true, extra, groups)};
    const at::Tensor y =
        padded(at::convolution(x, inputs[1], at::Tensor(), w.strides, none, w.dilations, true, none, groups), cut_begin, cut_end);
    Ints shape(axes + 2, 1);
    shape[1] = y.size(1);
    return {bias.defined() ? y + bias.view(shape) : y};
  };
}

Run gemm(const Site& site) {
  const double alpha = site.attributes().get_float("alpha", 1), beta = site.attributes().get_float("beta", 1);
  const bool trans_a = site.attributes().get_int("transA", 0) != 0, trans_b = site.attributes().get_int("transB", 0) != 0;
  return [=](const Tensors& inputs) -> Tensors {
    const at::Tensor a = trans_a ? inputs[0].t() : inputs[0], b = trans_b ? inputs[1].t() : inputs[1], c = bias_of(inputs);
    if (c.defined()) return {at::addmm(c, a, b, beta, alpha)};
    return {alpha == 1 ? at::mm(a, b) : at::mm(a, b) * alpha};
  };
}

Run matmul(const Site&) {
  return [](const Tensors& inputs) -> Tensors { return {at::matmul(inputs[0], inputs[1])}; };
}

Run einsum(const Site& site) {
  return [equation = site.attributes().get_string("equation", "")](const Tensors& inputs) -> Tensors {
    return {at::einsum(equation, inputs)};
  };
}

}  // namespace

std::vector<Rule> linear_rules() {
  return {
      {"Conv", conv}, {"ConvTranspose", conv_transpose}, {"Gemm", gemm}, {"MatMul", matmul}, {"Einsum", einsum, Width::kFloat32},
  };
}

}  // namespace phosphene::aten
