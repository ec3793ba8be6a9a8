// y = f(x) element by element; dx = dy f'(x), from y alone where f' is a function of f (Relu: y > 0; Sigmoid: y (1 - y); ...).
#include "phosphene/engine/onednn/lower.h"

#include <limits>

#include "phosphene/engine/onednn/signs.h"

namespace phosphene::onednn {

namespace {

using Algorithm = dnnl::algorithm;

// A bound of Clip: absent, or a constant that no caller replaces.
std::optional<float> clip_bound(const Lowering& l, const Node& node, size_t index, float absent) {
  if (!node.has_input(index)) return absent;
  const TensorPtr tensor = l.graph.constant(node.inputs[index]);
  if (!tensor || tensor->size() != 1 || tensor->type() != DataType::kFloat32) return std::nullopt;
  return tensor->floats()[0];
}

}  // namespace

std::optional<Activation> find_activation(const Lowering& l, const Node& node) {
  const std::string& op = node.op;
  if (op == "Relu") return Activation{Algorithm::eltwise_relu, Algorithm::eltwise_relu_use_dst_for_bwd, 0, 0};
  if (op == "LeakyRelu") {
    const float slope = node.attributes.get_float("alpha", 0.01f);
    return Activation{Algorithm::eltwise_relu, slope >= 0 ? Algorithm::eltwise_relu_use_dst_for_bwd : Algorithm::undef, slope, 0};
  }
  if (op == "Sigmoid") return Activation{Algorithm::eltwise_logistic, Algorithm::eltwise_logistic_use_dst_for_bwd, 0, 0};
  if (op == "Tanh") return Activation{Algorithm::eltwise_tanh, Algorithm::eltwise_tanh_use_dst_for_bwd, 0, 0};
  if (op == "Elu") {
    const float alpha = node.attributes.get_float("alpha", 1.0f);
    return Activation{Algorithm::eltwise_elu, alpha >= 0 ? Algorithm::eltwise_elu_use_dst_for_bwd : Algorithm::undef, alpha, 0};
  }
  if (op == "Softplus") return Activation{Algorithm::eltwise_soft_relu, Algorithm::undef, 1, 0};
  if (op == "Exp") return Activation{Algorithm::eltwise_exp, Algorithm::eltwise_exp_use_dst_for_bwd, 0, 0};
  if (op == "Log") return Activation{Algorithm::eltwise_log, Algorithm::undef, 0, 0};
  if (op == "Abs") return Activation{Algorithm::eltwise_abs, Algorithm::undef, 0, 0};
  if (op == "Sqrt") return Activation{Algorithm::eltwise_sqrt, Algorithm::eltwise_sqrt_use_dst_for_bwd, 0, 0};
  if (op == "HardSwish") return Activation{Algorithm::eltwise_hardswish, Algorithm::undef, kHardSwishAlpha, kHardSwishBeta};
  if (op == "Gelu") {
    const bool tanh = node.attributes.get_string("approximate", "none") == "tanh";
    return Activation{tanh ? Algorithm::eltwise_gelu_tanh : Algorithm::eltwise_gelu_erf, Algorithm::undef, 0, 0};
  }
  if (op == "Reciprocal") return Activation{Algorithm::eltwise_pow, Algorithm::undef, 1, -1};
  if (op == "Neg") return Activation{Algorithm::eltwise_linear, Algorithm::undef, -1, 0};
  if (op == "Pow") {
    const TensorPtr exponent = l.graph.constant(node.inputs[1]);
    if (!exponent || exponent->size() != 1 || exponent->type() != DataType::kFloat32 || l.options.mutable_weights) return std::nullopt;
    if (l.shape(node.inputs[0]) != l.shape(node.outputs[0])) return std::nullopt;
    const float power = exponent->floats()[0];
    if (power == 2) return Activation{Algorithm::eltwise_square, Algorithm::undef, 0, 0};
    return Activation{Algorithm::eltwise_pow, Algorithm::undef, 1, power};
  }
  if (op == "Clip") {
    const float most = std::numeric_limits<float>::max();
    const auto low = clip_bound(l, node, 1, -most), high = clip_bound(l, node, 2, most);
    if (!low || !high || l.options.mutable_weights) return std::nullopt;
    return Activation{Algorithm::eltwise_clip_v2, Algorithm::eltwise_clip_v2_use_dst_for_bwd, *low, *high};
  }
  return std::nullopt;
}

// Weights that move need the values themselves.
Lowering::Kept Lowering::keep(const std::string& name, const Mem& result, const Activation& a, const std::string& label) {
  const bool relu = a.from_result == Algorithm::eltwise_relu_use_dst_for_bwd, bf16 = kind_of(result.desc) == DataKind::bf16;
  if (!relu || options.mutable_weights || !has_signs(bf16) || !is_dense(result.desc)) return {name, result, result.desc, false};
  const auto count = elements(result.desc);
  const Mem signs = plan.allocate(plain({(sign_words(count) + 1) / 2}));
  plan.add_body(label + " signs", "signs", {{0, result}, {1, signs}}, [&plan = plan, result, signs, count, bf16] {
    keep_signs(bf16, plan.data(result), count, static_cast<uint16_t*>(plan.data(signs)));
  });
  return {name, signs, result.desc, true};
}

Layouts Lowering::activation_backward(const Kept& kept, const Activation& a, const std::string& label) {
  const Desc& desc = kept.result;
  place_pieces(kept.name);
  // Two gradients are added on the way.
  const bool add = kept.signs && !gradients_.contains(kept.name) && contributions_[kept.name].size() == 2;
  const auto part = [&](size_t index) {
    Layouts layouts{contributions_[kept.name][index]};
    return lay(layouts, desc, "gradient of " + label);
  };
  const Mem diff = add ? part(0) : gradient(kept.name, desc), more = add ? part(1) : Mem{};
  const Mem out = may_overwrite(kept.name, diff) ? diff : add && may_overwrite(kept.name, more) ? more : plan.allocate(desc);
  if (kept.signs) {
    const auto count = elements(desc);
    Arguments arguments{{0, kept.mem}, {1, diff}, {2, out}};
    if (add) arguments.emplace_back(3, more);
    plan.add_body(label + " activation gradient", "by signs", arguments,
                  [&plan = plan, signs = kept.mem, diff, more, out, count, slope = a.alpha, bf16 = kind_of(desc) == DataKind::bf16] {
                    scale_by_signs(bf16, static_cast<const uint16_t*>(plan.data(signs)), slope, plan.data(diff),
                                   more ? plan.data(more) : nullptr, count, plan.data(out));
                  });
    return {out};
  }
  const auto hint = describe<dnnl::eltwise_forward>(plan.engine(), plan.attributes(), dnnl::prop_kind::forward_training, a.from_result,
                                                    Both{desc}, a.alpha, a.beta);
  const auto description =
      describe_backward<dnnl::eltwise_backward>(plan.engine(), plan.attributes(), hint, a.from_result, Both{desc}, desc, a.alpha, a.beta);
  plan.add(label + " activation gradient", description, dnnl::eltwise_backward(description),
           {{DNNL_ARG_DST, kept.mem}, {DNNL_ARG_DIFF_DST, diff}, {DNNL_ARG_DIFF_SRC, out}});
  return {out};
}

namespace {

// The output of x * Sigmoid(x) where `node` is that Sigmoid and nobody else reads it.
std::string swish_output(const Lowering& l, const Node& node) {
  const Node* user = node.op == "Sigmoid" ? l.only_user(node.outputs[0]) : nullptr;
  if (!user || user->op != "Mul" || user->inputs.size() != 2) return "";
  const std::string& other = user->inputs[user->inputs[0] == node.outputs[0] ? 1 : 0];
  return other == node.inputs[0] ? user->outputs[0] : "";
}

}  // namespace

Backward lower_activation(Lowering& l, const Node& node) {
  const auto activation = find_activation(l, node);
  require(activation.has_value() && l.graph.type_of(node.inputs[0]).type == DataType::kFloat32);
  Activation a = *activation;
  std::string y = node.outputs[0];
  const std::string x = node.inputs[0];
  if (const std::string swish = swish_output(l, node); !swish.empty()) {
    a = {Algorithm::eltwise_swish, Algorithm::undef, 1, 0};
    y = swish;
  }
  const Mem from = l.value(x);
  const auto description = describe<dnnl::eltwise_forward>(l.plan.engine(), l.plan.attributes(), dnnl::prop_kind::forward_training,
                                                           a.algorithm, Both{from.desc}, a.alpha, a.beta);
  const Mem to = l.plan.allocate(from.desc);
  l.plan.add(node.name, description, dnnl::eltwise_forward(description), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
  l.define(y, to);
  if (!l.wants(y)) return nullptr;
  const Lowering::Kept kept = l.keep(y, to, a, node.name);
  return [=, &l, &node] {
    if (a.from_result != Algorithm::undef) return l.contribute(x, l.activation_backward(kept, a, node.name).front());
    const auto backward = describe_backward<dnnl::eltwise_backward>(l.plan.engine(), l.plan.attributes(), description, a.algorithm,
                                                                    Both{from.desc}, from.desc, a.alpha, a.beta);
    const Mem diff = l.gradient(y, from.desc), out = l.in_place(y, diff);
    l.plan.add(node.name + " gradient", backward, dnnl::eltwise_backward(backward),
               {{DNNL_ARG_SRC, from}, {DNNL_ARG_DIFF_DST, diff}, {DNNL_ARG_DIFF_SRC, out}});
    l.contribute(x, out);
  };
}

// y = min(1, max(0, alpha x + beta))
Backward lower_hard_sigmoid(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], y = node.outputs[0];
  const float alpha = node.attributes.get_float("alpha", 0.2f), beta = node.attributes.get_float("beta", 0.5f);
  const Mem from = l.value(x);
  const auto kind = dnnl::prop_kind::forward_training;
  const auto linear =
      describe<dnnl::eltwise_forward>(l.plan.engine(), l.plan.attributes(), kind, Algorithm::eltwise_linear, Both{from.desc}, alpha, beta);
  const auto clip =
      describe<dnnl::eltwise_forward>(l.plan.engine(), l.plan.attributes(), kind, Algorithm::eltwise_clip, Both{from.desc}, 0, 1);
  const Mem inner = l.plan.allocate(from.desc), to = l.plan.allocate(from.desc);
  l.plan.add(node.name, linear, dnnl::eltwise_forward(linear), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, inner}});
  l.plan.add(node.name + " bounds", clip, dnnl::eltwise_forward(clip), {{DNNL_ARG_SRC, inner}, {DNNL_ARG_DST, to}});
  l.define(y, to);
  if (!l.wants(y)) return nullptr;
  return [=, &l, &node] {
    const auto bounds = describe_backward<dnnl::eltwise_backward>(l.plan.engine(), l.plan.attributes(), clip, Algorithm::eltwise_clip,
                                                                  Both{from.desc}, from.desc, 0, 1);
    const auto slope =
        describe<dnnl::eltwise_forward>(l.plan.engine(), l.plan.attributes(), kind, Algorithm::eltwise_linear, Both{from.desc}, alpha, 0);
    const Mem between = l.plan.allocate(from.desc), out = l.plan.allocate(from.desc);
    l.plan.add(node.name + " bounds gradient", bounds, dnnl::eltwise_backward(bounds),
               {{DNNL_ARG_SRC, inner}, {DNNL_ARG_DIFF_DST, l.gradient(y, from.desc)}, {DNNL_ARG_DIFF_SRC, between}});
    l.plan.add(node.name + " gradient", slope, dnnl::eltwise_forward(slope), {{DNNL_ARG_SRC, between}, {DNNL_ARG_DST, out}});
    l.contribute(x, out);
  };
}

}  // namespace phosphene::onednn
