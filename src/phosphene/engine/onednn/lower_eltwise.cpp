// y = f(x) element by element; dx = dy f'(x), from y alone where f' is a function of f (Relu: y > 0; Sigmoid: y (1 - y); ...).
#include "phosphene/engine/onednn/lower.h"

#include <limits>

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
  if (op == "Clip") {
    const float most = std::numeric_limits<float>::max();
    const auto low = clip_bound(l, node, 1, -most), high = clip_bound(l, node, 2, most);
    if (!low || !high || l.options.mutable_weights) return std::nullopt;
    return Activation{Algorithm::eltwise_clip, Algorithm::undef, *low, *high};
  }
  return std::nullopt;
}

Layouts Lowering::activation_backward(Layouts& gradient, const Mem& result, const Activation& a, const std::string& label) {
  const auto hint =
      describe_eltwise(plan.engine(), plan.attributes(), dnnl::prop_kind::forward_training, a.from_result, result.desc, a.alpha, a.beta);
  const Mem diff = lay(gradient, result.desc, "gradient of " + label);
  const Mem out = plan.allocate(result.desc);
  const auto description =
      describe_eltwise_backward(plan.engine(), plan.attributes(), hint, a.from_result, result.desc, result.desc, a.alpha, a.beta);
  plan.add(label + " activation gradient", description, dnnl::eltwise_backward(description),
           {{DNNL_ARG_DST, result}, {DNNL_ARG_DIFF_DST, diff}, {DNNL_ARG_DIFF_SRC, out}});
  return {out};
}

Backward lower_activation(Lowering& l, const Node& node) {
  const auto activation = find_activation(l, node);
  require(activation.has_value() && l.graph.type_of(node.inputs[0]).type == DataType::kFloat32);
  const Activation a = *activation;
  const std::string x = node.inputs[0], y = node.outputs[0];
  const Mem from = l.value(x);
  const auto description =
      describe_eltwise(l.plan.engine(), l.plan.attributes(), dnnl::prop_kind::forward_training, a.algorithm, from.desc, a.alpha, a.beta);
  const Mem to = l.plan.allocate(from.desc);
  l.plan.add(node.name, description, dnnl::eltwise_forward(description), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
  l.define(y, to);
  if (!l.wants(x)) return nullptr;
  return [=, &l, &node] {
    Layouts& gradient = l.gradient(y);
    if (a.from_result != Algorithm::undef) return l.contribute(x, l.activation_backward(gradient, to, a, node.name).front());
    const auto backward =
        describe_eltwise_backward(l.plan.engine(), l.plan.attributes(), description, a.algorithm, from.desc, from.desc, a.alpha, a.beta);
    const Mem out = l.plan.allocate(from.desc);
    l.plan.add(node.name + " gradient", backward, dnnl::eltwise_backward(backward),
               {{DNNL_ARG_SRC, from}, {DNNL_ARG_DIFF_DST, l.lay(gradient, from.desc, "gradient of " + y)}, {DNNL_ARG_DIFF_SRC, out}});
    l.contribute(x, out);
  };
}

}  // namespace phosphene::onednn
