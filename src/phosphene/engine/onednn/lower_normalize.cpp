// BatchNormalization  y = s (x - m) / sqrt(v + e) + b, with the batch's own m and v in training mode
// LRN                 y = x / (k + a / size * sum of squares of neighbouring channels)^b
// Softmax, LogSoftmax along an axis; probabilities of classes, and logarithms, in float32 whatever the precision
#include "phosphene/engine/onednn/lower.h"

#include "phosphene/graph/op.h"

namespace phosphene::onednn {

namespace {

using Flags = dnnl::normalization_flags;

// running' = running momentum + batch (1 - momentum)
void lower_running(Lowering& l, const std::string& running, const std::string& updated, const Mem& batch, float momentum) {
  const Desc row = Lowering::plain(Lowering::dims(l.shape(updated)));
  const Mem old = l.value(running, row), to = l.plan.allocate(row);
  const auto count = static_cast<size_t>(l.shape(updated).size());
  Plan& plan = l.plan;
  plan.add_body(updated, "loop", {{0, old}, {1, batch}, {2, to}}, [&plan, old, batch, to, momentum, count] {
    const auto *a = static_cast<const float*>(plan.data(old)), *b = static_cast<const float*>(plan.data(batch));
    auto* out = static_cast<float*>(plan.data(to));
    for (size_t i = 0; i < count; ++i) out[i] = a[i] * momentum + b[i] * (1 - momentum);
  });
  l.define(updated, to);
}

}  // namespace

Backward lower_batch_normalization(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], y0 = node.outputs[0], scale = node.inputs[1], shift = node.inputs[2];
  const bool batch_statistics = node.attributes.get_int("training_mode", 0) != 0;
  const float epsilon = node.attributes.get_float("epsilon", 1e-5f), momentum = node.attributes.get_float("momentum", 0.9f);
  require(!l.wants(node.inputs[3]) && !l.wants(node.inputs[4]) && l.shape(x).size() > 0);
  for (size_t index : {1, 2}) require(!node.has_output(index) || !l.wants(node.outputs[index]));
  const bool training = l.wants(y0);
  const auto fused = l.fuse_activation(y0);
  const bool relu = fused && fused->activation.algorithm == dnnl::algorithm::eltwise_relu && fused->activation.alpha == 0;

  Flags flags = Flags::use_scale | Flags::use_shift;
  if (!batch_statistics) flags |= Flags::use_global_stats;
  if (relu) flags |= Flags::fuse_norm_relu;
  const Desc data = as_kind(l.value(x).desc, l.activation_kind());
  const auto kind = training || batch_statistics ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  const auto description =
      describe<dnnl::batch_normalization_forward>(l.plan.engine(), l.plan.attributes(), kind, Both{data}, epsilon, flags);
  const Desc row = Lowering::plain({l.shape(x)[1]});
  const Mem from = l.value(x, data), to = l.plan.allocate(data), s = l.value(scale, row), b = l.value(shift, row);
  const Mem mean = batch_statistics ? l.plan.allocate(row) : l.value(node.inputs[3], row);
  const Mem variance = batch_statistics ? l.plan.allocate(row) : l.value(node.inputs[4], row);
  Arguments arguments{{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to},    {DNNL_ARG_SCALE, s},
                      {DNNL_ARG_SHIFT, b},  {DNNL_ARG_MEAN, mean}, {DNNL_ARG_VARIANCE, variance}};
  Mem signs;
  if (relu && kind == dnnl::prop_kind::forward_training) {
    signs = l.plan.allocate(description.workspace_desc());
    arguments.emplace_back(DNNL_ARG_WORKSPACE, signs);
  }
  l.plan.add(node.name + (relu ? " + activation" : ""), description, dnnl::batch_normalization_forward(description), arguments);
  if (fused && !relu) {  // in place: the gradient of the normalisation does not need its result
    const Activation& a = fused->activation;
    const auto eltwise = describe<dnnl::eltwise_forward>(l.plan.engine(), l.plan.attributes(), dnnl::prop_kind::forward_training,
                                                         a.algorithm, Both{data}, a.alpha, a.beta);
    l.plan.add(node.name + " activation", eltwise, dnnl::eltwise_forward(eltwise), {{DNNL_ARG_SRC, to}, {DNNL_ARG_DST, to}});
  }
  const std::string y = fused ? fused->output : y0;
  l.define(y, to);
  if (node.has_output(1)) lower_running(l, node.inputs[3], node.outputs[1], mean, momentum);
  if (node.has_output(2)) lower_running(l, node.inputs[4], node.outputs[2], variance, momentum);
  if (!training) return nullptr;
  const auto kept = fused && !relu ? l.keep(y, to, fused->activation, node.name) : Lowering::Kept{};

  return [=, &l, &node] {
    Layouts gradient = fused && !relu ? l.activation_backward(kept, fused->activation, node.name) : l.gradient(y);
    const auto backward = describe_backward<dnnl::batch_normalization_backward>(
        l.plan.engine(), l.plan.attributes(), description, dnnl::prop_kind::backward, Both{data}, data, epsilon, flags);
    const Mem out = l.plan.allocate(data), scale_gradient = l.plan.allocate(row), shift_gradient = l.plan.allocate(row);
    Arguments back{{DNNL_ARG_SRC, from},
                   {DNNL_ARG_MEAN, mean},
                   {DNNL_ARG_VARIANCE, variance},
                   {DNNL_ARG_SCALE, s},
                   {DNNL_ARG_DIFF_DST, l.lay(gradient, data, "gradient of " + y)},
                   {DNNL_ARG_DIFF_SRC, out},
                   {DNNL_ARG_DIFF_SCALE, scale_gradient},
                   {DNNL_ARG_DIFF_SHIFT, shift_gradient}};
    if (kBackwardTakesShift) back.emplace_back(DNNL_ARG_SHIFT, b);
    if (signs) back.emplace_back(DNNL_ARG_WORKSPACE, signs);
    l.plan.add(node.name + " gradient", backward, dnnl::batch_normalization_backward(backward), back);
    l.contribute(x, out);
    l.contribute(scale, scale_gradient);
    l.contribute(shift, shift_gradient);
  };
}

Backward lower_lrn(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], y = node.outputs[0];
  const int64_t size = node.attributes.get_int("size", 1);
  const float alpha = node.attributes.get_float("alpha", 1e-4f), beta = node.attributes.get_float("beta", 0.75f),
              k = node.attributes.get_float("bias", 1);
  require(size % 2 == 1 && l.shape(x).rank() == 4);
  const bool training = l.wants(x);
  const auto kind = training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  const Desc data = as_kind(l.value(x).desc, l.activation_kind());
  const auto description = describe<dnnl::lrn_forward>(l.plan.engine(), l.plan.attributes(), kind, dnnl::algorithm::lrn_across_channels,
                                                       Both{data}, size, alpha, beta, k);
  const Mem from = l.value(x, data), to = l.plan.allocate(data);
  Arguments arguments{{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}};
  Mem sums;
  if (training && description.workspace_desc().get_size() > 0) {
    sums = l.plan.allocate(description.workspace_desc());
    arguments.emplace_back(DNNL_ARG_WORKSPACE, sums);
  }
  l.plan.add(node.name, description, dnnl::lrn_forward(description), arguments);
  l.define(y, to);
  if (!training) return nullptr;
  return [=, &l, &node] {
    const auto backward = describe_backward<dnnl::lrn_backward>(
        l.plan.engine(), l.plan.attributes(), description, dnnl::algorithm::lrn_across_channels, Both{data}, data, size, alpha, beta, k);
    const Mem out = l.plan.allocate(data);
    Arguments back{{DNNL_ARG_SRC, from}, {DNNL_ARG_DIFF_DST, l.gradient(y, data)}, {DNNL_ARG_DIFF_SRC, out}};
    if (sums) back.emplace_back(DNNL_ARG_WORKSPACE, sums);
    l.plan.add(node.name + " gradient", backward, dnnl::lrn_backward(backward), back);
    l.contribute(x, out);
  };
}

Backward lower_softmax(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], y = node.outputs[0];
  const int axis = normal_axis(node.attributes.get_int("axis", -1), l.shape(x).rank());
  const auto algorithm = node.op == "Softmax" ? dnnl::algorithm::softmax_accurate : dnnl::algorithm::softmax_log;
  const bool inner = node.op == "Softmax" && l.shape(x).rank() > 2;
  const Desc data = Lowering::plain(Lowering::dims(l.shape(x)), inner ? l.result_kind(y) : DataKind::f32);
  const auto description =
      describe<Softmax>(l.plan.engine(), l.plan.attributes(), dnnl::prop_kind::forward_training, algorithm, data, data, axis);
  const Mem to = l.plan.allocate(data);
  l.plan.add(node.name, description, Softmax(description), {{DNNL_ARG_SRC, l.value(x, data)}, {DNNL_ARG_DST, to}});
  l.define(y, to);
  if (!l.wants(y)) return nullptr;
  return [=, &l, &node] {
    const auto backward =
        describe_backward<SoftmaxBackward>(l.plan.engine(), l.plan.attributes(), description, algorithm, data, data, data, axis);
    const Mem diff = l.gradient(y, data), out = l.in_place(y, diff);
    l.plan.add(node.name + " gradient", backward, SoftmaxBackward(backward),
               {{DNNL_ARG_DST, to}, {DNNL_ARG_DIFF_DST, diff}, {DNNL_ARG_DIFF_SRC, out}});
    l.contribute(x, out);
  };
}

}  // namespace phosphene::onednn
