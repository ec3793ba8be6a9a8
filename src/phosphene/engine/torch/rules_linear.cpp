// Convolutions and matrix products.
//
//     Conv           at::convolution over x with its channels innermost; uneven pads are put around x first
//     ConvTranspose  the same, transposed; what its pads cut unevenly is cut from the whole result
//     Gemm           addmm       MatMul  matmul       Einsum  einsum
#include "phosphene/engine/torch/lower.h"
#include "phosphene/graph/op.h"

namespace phosphene::aten {

namespace {

Ints kernel_of(const Site& site) { return {site.shape(1).begin() + 2, site.shape(1).end()}; }

at::Tensor bias_of(const Tensors& inputs) { return inputs.size() > 2 ? inputs[2] : at::Tensor(); }

Run conv(const Site& site) {
  const Window w = sliding_window(site.node, site.shape(0), kernel_of(site));
  const bool even = w.pads_begin == w.pads_end;
  const Ints none(w.kernel.size(), 0);
  return [=, groups = site.attributes().get_int("group", 1)](const Tensors& inputs) -> Tensors {
    const at::Tensor x = channels_last(even ? inputs[0] : padded(inputs[0], w.pads_begin, w.pads_end));
    return {at::convolution(x, inputs[1], bias_of(inputs), w.strides, even ? w.pads_begin : none, w.dilations, false, none, groups)};
  };
}

Run conv_transpose(const Site& site) {
  const Window w = transposed_window(site.node, site.shape(0), kernel_of(site));
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
    const at::Tensor x = channels_last(inputs[0]), bias = bias_of(inputs);
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
