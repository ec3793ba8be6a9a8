// Conv:           y = x * W + b             dx = W^T * dy         dW = x correlated with dy    db[c] = sum dy[:, c]
// ConvTranspose:  y = W^T * x + b, the adjoint of a convolution that maps y's shape to x's with the same W; so its forward step is that
// convolution's backward-data, its gradient that convolution's forward step, and W[c_in][c_out] is already laid out for it.
#include "phosphene/engine/onednn/conv_geometry.h"
#include "phosphene/engine/onednn/linear.h"

namespace phosphene::onednn {

namespace {

using Algorithm = dnnl::algorithm;

dnnl::convolution_backward_weights::primitive_desc describe_weights(Lowering& l, const Geometry& g,
                                                                    const dnnl::convolution_forward::primitive_desc& hint, bool bias) {
  const DataKind type = l.activation_kind();
  const Desc from = Lowering::any(g.wide, type), weights = Lowering::any(g.weights, DataKind::f32), to = Lowering::any(g.narrow, type);
  if (!bias)
    return describe_backward<dnnl::convolution_backward_weights>(l.plan.engine(), l.plan.attributes(), hint, Algorithm::convolution_direct,
                                                                 from, weights, to, g.strides, g.dilations, g.pads_begin, g.pads_end);
  const Desc bias_desc = Lowering::plain({g.narrow[1]});
  return describe_backward<dnnl::convolution_backward_weights>(l.plan.engine(), l.plan.attributes(), hint, Algorithm::convolution_direct,
                                                               from, weights, bias_desc, to, g.strides, g.dilations, g.pads_begin,
                                                               g.pads_end);
}

// In place.
void activate(Lowering& l, const std::string& label, const Activation& a, const Mem& mem) {
  const auto eltwise = describe<dnnl::eltwise_forward>(l.plan.engine(), l.plan.attributes(), dnnl::prop_kind::forward_training, a.algorithm,
                                                       Both{mem.desc}, a.alpha, a.beta);
  l.plan.add(label + " activation", eltwise, dnnl::eltwise_forward(eltwise), {{DNNL_ARG_SRC, mem}, {DNNL_ARG_DST, mem}});
}

// What happens to a convolution's result before it is a value: an addition, an activation.
struct After {
  std::optional<Lowering::Sum> sum;
  std::optional<Lowering::Fused> fused;

  std::string output(const Node& node) const { return fused ? fused->output : sum ? sum->output : node.outputs[0]; }
  std::string label(const Node& node) const { return node.name + (sum ? " + sum" : "") + (fused ? " + activation" : ""); }
};

// One of winograd.h with the node's bias and what comes after.
Mem lower_finished(Lowering& l, const Node& node, int64_t channels, const After& after,
                   const std::function<Mem(const std::string& label, const Finish& finish)>& lower) {
  const bool relu = after.fused && after.fused->activation.algorithm == Algorithm::eltwise_relu;
  const Mem bias = node.has_input(2) ? l.value(node.inputs[2], Lowering::plain({channels})) : Mem{};
  const Finish finish{bias, after.sum ? after.sum->other : "", relu ? after.fused->activation.alpha : 1};
  const Mem result = lower(relu ? after.label(node) : node.name, finish);
  if (after.fused && !relu) activate(l, node.name, after.fused->activation, result);
  return result;
}

// A weight laid out for a primitive, or any other value when the weight is computed by the graph.
Mem weight_as(Lowering& l, const std::string& name, const Dims& view, const Desc& desc) {
  if (l.is_weight(name)) return l.weight(name, Lowering::plain(view), desc);
  Layouts layouts{l.value(name, Lowering::plain(Lowering::dims(l.shape(name))))};
  layouts.front().desc = Lowering::plain(view);
  return l.lay(layouts, desc, name);
}

// The backward-data step of the convolution: from the narrow side, laid out by `narrow`, to the wide one.
Mem lower_data(Lowering& l, const std::string& label, const std::string& w, const Geometry& g,
               const std::function<Mem(const Desc&)>& narrow) {
  if (const auto pixels = find_to_pixels(l, w, g)) return lower_to_pixels(l, label, w, *pixels, {}, narrow);
  if (suits_blocks(l, w, g)) return lower_block_data(l, label, w, g, narrow);
  if (const auto winograd = find_winograd(l, w, g, true)) return lower_winograd(l, label, w, *winograd, {}, narrow);
  const auto data = describe_data(l, g);
  const Mem out = l.plan.allocate(data.diff_src_desc());
  l.plan.add(label, data, dnnl::convolution_backward_data(data),
             {{DNNL_ARG_DIFF_DST, narrow(data.diff_dst_desc())},
              {DNNL_ARG_WEIGHTS, weight_as(l, w, g.weights, data.weights_desc())},
              {DNNL_ARG_DIFF_SRC, out}});
  return out;
}

// The gradient of a weight, known as `mem` with the grouped dims.
void contribute_weight(Lowering& l, const std::string& name, const Mem& mem, int64_t groups) {
  if (groups == 1) return l.contribute(name, mem);
  Layouts layouts{mem};
  Mem plain = l.lay(layouts, Lowering::plain(dims_of(mem.desc)), "gradient of " + name);
  plain.desc = Lowering::plain(Lowering::dims(l.shape(name)));
  l.contribute(name, plain);
}

// Weight (and bias) gradient; `wide` and `narrow` are the convolution's source and its result's gradient.
void lower_weight_gradient(Lowering& l, const Node& node, const Geometry& g, const dnnl::convolution_forward::primitive_desc& hint,
                           bool bias, const std::function<Mem(const Desc&)>& wide, const std::function<Mem(const Desc&)>& narrow) {
  const auto description = describe_weights(l, g, hint, bias);
  const Mem weights = l.plan.allocate(description.diff_weights_desc());
  Arguments arguments{{DNNL_ARG_SRC, wide(description.src_desc())},
                      {DNNL_ARG_DIFF_DST, narrow(description.diff_dst_desc())},
                      {DNNL_ARG_DIFF_WEIGHTS, weights}};
  if (bias) {
    const Mem sums = l.plan.allocate(description.diff_bias_desc());
    arguments.emplace_back(DNNL_ARG_DIFF_BIAS, sums);
    l.contribute(node.inputs[2], sums);
  }
  l.plan.add(node.name + " weight gradient", description, dnnl::convolution_backward_weights(description), arguments);
  contribute_weight(l, node.inputs[1], weights, g.groups);
}

// The value that oneDNN's convolution can add on its way, in the layout of its result: whether it still runs in its fast code.
Mem addable(Lowering& l, const Geometry& g, dnnl::prop_kind kind, bool bias, const After& after) {
  const auto alone = describe_forward(l, g, l.plan.attributes(), kind, bias);
  const Mem other = l.value(after.sum->other);
  if (other.desc != alone.dst_desc()) return {};
  try {
    const auto both = describe_forward(l, g, l.attributes_with(after.fused, other), kind, bias);
    const bool same = std::string(both.impl_info_str()) == alone.impl_info_str() && both.dst_desc() == other.desc;
    return same ? other : Mem{};
  } catch (const dnnl::error&) {
    return {};
  }
}

// The convolution itself, with its bias and what comes after; takes the addition out of `after` when it is not done here.
Mem lower_narrow(Lowering& l, const Node& node, const Geometry& g, dnnl::prop_kind kind, After& after) {
  const std::string &x = node.inputs[0], &w = node.inputs[1];
  const auto wide = [&](const Desc& desc) { return l.value(x, desc); };
  if (const auto tiles = find_winograd(l, w, g, false))
    return lower_finished(l, node, g.narrow[1], after, [&](const std::string& label, const Finish& finish) {
      return lower_winograd(l, label, w, *tiles, finish, wide);
    });
  if (suits_block_winograd(l, w, g))
    return lower_finished(l, node, g.narrow[1], after, [&](const std::string& label, const Finish& finish) {
      return lower_block_winograd(l, label, w, g, finish, wide);
    });
  const bool bias = node.has_input(2);
  const Mem other = after.sum ? addable(l, g, kind, bias, after) : Mem{};
  if (after.sum && !other) after = {};
  const auto description = describe_forward(l, g, l.attributes_with(after.fused, other), kind, bias);
  Arguments arguments{{DNNL_ARG_SRC, wide(description.src_desc())},
                      {DNNL_ARG_WEIGHTS, weight_as(l, w, g.weights, description.weights_desc())}};
  if (bias) arguments.emplace_back(DNNL_ARG_BIAS, l.value(node.inputs[2], description.bias_desc()));
  if (other) arguments.emplace_back(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, other);
  const Mem result = l.plan.allocate(description.dst_desc());
  arguments.emplace_back(DNNL_ARG_DST, result);
  l.plan.add(after.label(node), description, dnnl::convolution_forward(description), arguments);
  return result;
}

// The convolution's adjoint, likewise. Bias and activation are one pass over the product, in place; but oneDNN 2.6 computes wrong values
// there when channels are padded to a block.
Mem lower_wide(Lowering& l, const Node& node, const Geometry& g, const std::optional<Lowering::Fused>& fused) {
  const std::string &x = node.inputs[0], &w = node.inputs[1];
  const auto narrow = [&](const Desc& desc) { return l.value(x, desc); };
  if (const auto tiles = find_winograd(l, w, g, true))
    return lower_finished(l, node, g.wide[1], {{}, fused}, [&](const std::string& label, const Finish& finish) {
      return lower_winograd(l, label, w, *tiles, finish, narrow);
    });
  if (const auto pixels = find_to_pixels(l, w, g))
    return lower_finished(l, node, g.wide[1], {{}, fused}, [&](const std::string& label, const Finish& finish) {
      return lower_to_pixels(l, label, w, *pixels, finish, narrow);
    });
  Layouts products{lower_data(l, node.name, w, g, narrow)};
  const Mem product = is_dense(products.front().desc)
                          ? products.front()
                          : l.lay(products, Lowering::plain(dims_of(products.front().desc), l.activation_kind()), node.name);
  if (!node.has_input(2)) {
    if (fused) activate(l, node.name, fused->activation, product);
    return product;
  }
  const Mem row = channel_operand(l, node.inputs[2], product.desc);
  const auto add =
      describe<dnnl::binary>(l.plan.engine(), l.attributes_with(fused), Algorithm::binary_add, product.desc, row.desc, product.desc);
  const bool padded = blocks_of(product.desc).padded != dims_of(product.desc);
  const Mem result = padded ? l.plan.allocate(product.desc) : product;
  l.plan.add(node.name + " bias" + (fused ? " + activation" : ""), add, dnnl::binary(add),
             {{DNNL_ARG_SRC_0, product}, {DNNL_ARG_SRC_1, row}, {DNNL_ARG_DST, result}});
  return result;
}

std::vector<int64_t> spatial(const Shape& weights) { return {weights.begin() + 2, weights.end()}; }

}  // namespace

Backward lower_conv(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], w = node.inputs[1];
  const Shape weights = l.shape(w);
  const Window window = sliding_window(node, l.shape(x), spatial(weights));
  const Geometry g = geometry(node, window, weights, l.shape(x), l.shape(node.outputs[0]));
  if (suits_patches(l, node, g)) return lower_patches(l, node, g);
  const bool bias = node.has_input(2), training = l.wants(node.outputs[0]);

  const auto kind = training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  const auto sum = l.find_sum(node.outputs[0]);
  After after{sum, l.fuse_activation(sum ? sum->output : node.outputs[0])};
  const Mem result = lower_narrow(l, node, g, kind, after);
  const std::string y = after.output(node);
  l.define(y, result);
  if (after.sum) l.absorb(after.sum->output);
  if (!training) return nullptr;
  const auto kept = after.fused ? l.keep(y, result, after.fused->activation, node.name) : Lowering::Kept{};

  return [=, &l, &node] {
    Layouts gradient = after.fused ? l.activation_backward(kept, after.fused->activation, node.name) : l.gradient(y);
    if (after.sum) l.contribute(after.sum->other, gradient.front());
    const auto narrow = [&](const Desc& desc) { return l.lay(gradient, desc, "gradient of " + y); };
    if (l.wants(x)) l.contribute(x, lower_data(l, node.name + " gradient", w, g, narrow));
    const bool wants_bias = bias && l.wants(node.inputs[2]);
    if (l.wants(w))
      lower_weight_gradient(
          l, node, g, describe_forward(l, g, l.plan.attributes(), kind, bias), wants_bias,
          [&](const Desc& desc) { return l.value(x, desc); }, narrow);
    else if (wants_bias)
      l.contribute(node.inputs[2], channel_sums(l, gradient.front(), node.name + " bias gradient"));
  };
}

Backward lower_conv_transpose(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], w = node.inputs[1];
  const Shape weights = l.shape(w), from = l.shape(x), to = l.shape(node.outputs[0]);
  const Window window = transposed_window(node, from, spatial(weights));
  const Geometry g = geometry(node, window, weights, to, from);
  const bool bias = node.has_input(2), training = l.wants(node.outputs[0]);

  const auto fused = l.fuse_activation(node.outputs[0]);
  const Mem result = lower_wide(l, node, g, fused);
  const std::string y = fused ? fused->output : node.outputs[0];
  l.define(y, result);
  if (!training) return nullptr;
  const auto kept = fused ? l.keep(y, result, fused->activation, node.name) : Lowering::Kept{};

  return [=, &l, &node] {
    Layouts gradient = fused ? l.activation_backward(kept, fused->activation, node.name) : l.gradient(y);
    const auto wide = [&](const Desc& desc) { return l.lay(gradient, desc, "gradient of " + y); };
    const auto hint = describe_forward(l, g, l.plan.attributes(), dnnl::prop_kind::forward_training, false);
    if (const auto tiles = find_winograd(l, w, g, false); tiles && l.wants(x)) {
      l.contribute(x, lower_winograd(l, node.name + " gradient", w, *tiles, {}, wide));
    } else if (l.wants(x)) {
      const Mem out = l.plan.allocate(hint.dst_desc());
      l.plan.add(node.name + " gradient", hint, dnnl::convolution_forward(hint),
                 {{DNNL_ARG_SRC, wide(hint.src_desc())},
                  {DNNL_ARG_WEIGHTS, weight_as(l, w, g.weights, hint.weights_desc())},
                  {DNNL_ARG_DST, out}});
      l.contribute(x, out);
    }
    if (l.wants(w)) lower_weight_gradient(l, node, g, hint, false, wide, [&](const Desc& desc) { return l.value(x, desc); });
    if (bias && l.wants(node.inputs[2])) l.contribute(node.inputs[2], channel_sums(l, gradient.front(), node.name + " bias gradient"));
  };
}

}  // namespace phosphene::onednn
