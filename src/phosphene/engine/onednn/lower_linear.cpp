// Gemm and MatMul by a constant matrix: y = x W^T + b, W laid out once; dx = dy W, dW = dy^T x, db = column sums of dy.
// Where x is a flattened picture and dW is wanted, W is seen as [o, c, h, w], for which oneDNN makes dW in its plain layout.
#include "phosphene/engine/onednn/lower.h"

#include <algorithm>

namespace phosphene::onednn {

namespace {

struct Linear {
  std::string x, w, b, y;   // b: empty when absent
  Dims from, weights, to;   // [n, k...], [o, k...], [n, o]
  Desc view;                // of the caller's weight array
  bool transposed = false;  // the caller's array is [o, k], else [k, o]
};

// dims [o, k...] of an array that is [o, k] or, not transposed, [k, o].
Desc weight_view(const Dims& dims, bool transposed) {
  if (transposed) return Lowering::plain(dims);
  Dims strides(dims.size(), 1);
  int64_t step = dims[0];
  for (size_t i = dims.size() - 1; i > 0; --i) {
    strides[i] = step;
    step *= dims[i];
  }
  return Desc(dims, DataKind::f32, strides);
}

dnnl::inner_product_forward::primitive_desc describe_forward(Lowering& l, const Linear& n, const dnnl::primitive_attr& attr,
                                                             dnnl::prop_kind kind, DataKind result) {
  const Desc from = Lowering::any(n.from, l.activation_kind()), weights = Lowering::any(n.weights, l.activation_kind());
  const Desc to = Lowering::any(n.to, result);
  if (n.b.empty()) return describe<dnnl::inner_product_forward>(l.plan.engine(), attr, kind, from, weights, to);
  return describe<dnnl::inner_product_forward>(l.plan.engine(), attr, kind, from, weights, Lowering::plain({n.to[1]}), to);
}

void contribute_weight(Lowering& l, const Linear& n, const Mem& gradient) {
  Layouts layouts{gradient};
  Mem mem = l.lay(layouts, n.view, "gradient of " + n.w);
  mem.desc = Lowering::plain(Lowering::dims(l.shape(n.w)));
  l.contribute(n.w, mem);
}

Backward lower_linear(Lowering& l, const Node& node, const Linear& n) {
  const bool training = l.wants(n.y);
  const auto fused = l.fuse_activation(n.y);
  const std::string y = fused ? fused->output : n.y;
  const bool wanted = std::find(l.options.values.begin(), l.options.values.end(), y) != l.options.values.end();
  const auto kind = training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  const auto description = describe_forward(l, n, l.attributes_with(fused), kind, wanted ? DataKind::f32 : l.activation_kind());
  const auto hint = describe_forward(l, n, l.plan.attributes(), kind, l.activation_kind());
  const Mem result = l.plan.allocate(description.dst_desc());
  Arguments arguments{{DNNL_ARG_SRC, l.value(n.x, description.src_desc())},
                      {DNNL_ARG_WEIGHTS, l.weight(n.w, n.view, description.weights_desc())},
                      {DNNL_ARG_DST, result}};
  if (!n.b.empty()) {
    Mem bias = l.value(n.b, Lowering::plain(Lowering::dims(l.shape(n.b))));
    bias.desc = Lowering::plain({n.to[1]});
    arguments.emplace_back(DNNL_ARG_BIAS, bias);
  }
  l.plan.add(node.name + (fused ? " + activation" : ""), description, dnnl::inner_product_forward(description), arguments);
  l.define(y, result);
  if (!training) return nullptr;

  return [=, &l, &node] {
    Layouts gradient = l.gradient(y);
    if (fused) gradient = l.activation_backward(gradient, result, fused->activation, node.name);
    const auto narrow = [&](const Desc& desc) { return l.lay(gradient, desc, "gradient of " + y); };
    const DataKind type = l.activation_kind();
    if (l.wants(n.x)) {
      const auto data =
          describe_backward<dnnl::inner_product_backward_data>(l.plan.engine(), l.plan.attributes(), hint, Lowering::any(n.from, type),
                                                               Lowering::any(n.weights, type), Lowering::any(n.to, type));
      const Mem out = l.plan.allocate(data.diff_src_desc());
      l.plan.add(node.name + " gradient", data, dnnl::inner_product_backward_data(data),
                 {{DNNL_ARG_DIFF_DST, narrow(data.diff_dst_desc())},
                  {DNNL_ARG_WEIGHTS, l.weight(n.w, n.view, data.weights_desc())},
                  {DNNL_ARG_DIFF_SRC, out}});
      l.contribute(n.x, out);
    }
    if (l.wants(n.w)) {
      const auto weights =
          describe_backward<dnnl::inner_product_backward_weights>(l.plan.engine(), l.plan.attributes(), hint, Lowering::any(n.from, type),
                                                                  Lowering::any(n.weights, DataKind::f32), Lowering::any(n.to, type));
      const Mem out = l.plan.allocate(weights.diff_weights_desc());
      l.plan.add(node.name + " weight gradient", weights, dnnl::inner_product_backward_weights(weights),
                 {{DNNL_ARG_SRC, l.value(n.x, weights.src_desc())},
                  {DNNL_ARG_DIFF_DST, narrow(weights.diff_dst_desc())},
                  {DNNL_ARG_DIFF_WEIGHTS, out}});
      contribute_weight(l, n, out);
    }
    if (!n.b.empty() && l.wants(n.b)) {
      Mem sums = channel_sums(l, gradient.front(), node.name + " bias gradient");
      sums.desc = Lowering::plain(Lowering::dims(l.shape(n.b)));
      l.contribute(n.b, sums);
    }
  };
}

}  // namespace

Backward lower_gemm(Lowering& l, const Node& node) {
  require(l.is_weight(node.inputs[1]) && node.attributes.get_int("transA", 0) == 0 && node.attributes.get_float("alpha", 1) == 1 &&
          (!node.has_input(2) || node.attributes.get_float("beta", 1) == 1));
  Linear n;
  n.transposed = node.attributes.get_int("transB", 0) != 0;
  n.w = node.inputs[1];
  n.y = node.outputs[0];
  n.to = Lowering::dims(l.shape(n.y));
  if (node.has_input(2)) {
    n.b = node.inputs[2];
    require(l.shape(n.b).size() == n.to[1] && l.shape(n.b)[-1] == n.to[1]);
  }
  n.x = l.wants(n.w) ? l.unflattened(node.inputs[0]) : node.inputs[0];
  n.from = Lowering::dims(l.shape(n.x));
  n.weights = n.from;
  n.weights[0] = n.to[1];
  n.view = weight_view(n.weights, n.transposed);
  return lower_linear(l, node, n);
}

Backward lower_matmul(Lowering& l, const Node& node) {
  const std::string &a = node.inputs[0], &b = node.inputs[1];
  require(l.is_weight(b) && l.shape(b).rank() == 2 && l.shape(a).rank() == 2);
  Linear n;
  n.w = b;
  n.x = l.wants(n.w) ? l.unflattened(a) : a;
  n.y = node.outputs[0];
  n.to = Lowering::dims(l.shape(n.y));
  n.from = Lowering::dims(l.shape(n.x));
  n.weights = n.from;
  n.weights[0] = n.to[1];
  n.view = weight_view(n.weights, false);
  return lower_linear(l, node, n);
}

}  // namespace phosphene::onednn
