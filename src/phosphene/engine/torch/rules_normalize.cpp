// Normalisations.
//
//     BatchNormalization  y = x s' + b',  s' = s / sqrt(v + e), b' = b - m s';  in training ATen's own, and
//                         running = running * momentum + batch * (1 - momentum)
//     LRN                 y = x (bias + alpha mean)^-beta, the mean of x^2 over `size` channels, missing ones being zero
//     the others          as ATen has them, or from means
#include "phosphene/engine/torch/lower.h"

namespace phosphene::aten {

namespace {

Ints but_channels(int rank) {
  Ints axes = all_axes(rank);
  axes.erase(axes.begin() + 1);
  return axes;
}

Run batch_normalization(const Site& site) {
  const double epsilon = site.attributes().get_float("epsilon", 1e-5F), momentum = site.attributes().get_float("momentum", 0.9F);
  Ints channel(static_cast<size_t>(site.rank()), 1);
  channel[1] = -1;
  if (site.attributes().get_int("training_mode", 0) == 0) {
    return [=](const Tensors& inputs) -> Tensors {
      const at::Tensor scale = inputs[1] * (inputs[4] + epsilon).rsqrt(), shift = inputs[2] - inputs[3] * scale;
      const auto type = inputs[0].scalar_type();
      return {at::addcmul(shift.view(channel).to(type), inputs[0], scale.view(channel).to(type))};
    };
  }
  const bool moments = site.node.has_output(1) || site.node.has_output(2);
  bool differentiable = false;  // a gradient arrives at the running moments
  for (const size_t k : {size_t{1}, size_t{2}})
    differentiable = differentiable || (site.node.has_output(k) && site.reached.contains(site.node.outputs[k]));
  return [=, axes = but_channels(site.rank())](const Tensors& inputs) -> Tensors {
    auto [y, mean, rate] = at::native_batch_norm(inputs[0], inputs[1], inputs[2], at::Tensor(), at::Tensor(), true, 0, epsilon);
    if (!moments) return {y};
    at::Tensor variance;
    if (differentiable) {
      const at::Tensor x = inputs[0].to(at::kFloat);
      mean = x.mean(axes);
      variance = (x - mean.view(channel)).square().mean(axes);
    } else {
      mean = mean.detach();
      variance = rate.detach().pow(-2) - epsilon;
    }
    const auto running = [&](const at::Tensor& before, const at::Tensor& batch) { return before * momentum + batch * (1 - momentum); };
    return {y, running(inputs[3], mean), running(inputs[4], variance)};
  };
}

Run instance_normalization(const Site& site) {
  return [epsilon = site.attributes().get_float("epsilon", 1e-5F)](const Tensors& inputs) -> Tensors {
    return {at::instance_norm(inputs[0], inputs[1], inputs[2], at::Tensor(), at::Tensor(), true, 0, epsilon, true)};
  };
}

Run group_normalization(const Site& site) {
  const int64_t channels = site.shape(0)[1], groups = site.attributes().get_int("num_groups", 1);
  const int64_t repeats = site.shape(1).size() == channels ? 1 : channels / groups;  // scale and bias of a group
  return [=, epsilon = site.attributes().get_float("epsilon", 1e-5F)](const Tensors& inputs) -> Tensors {
    const auto of_channels = [&](const at::Tensor& p) { return repeats == 1 ? p : p.repeat_interleave(repeats); };
    return {at::group_norm(inputs[0], groups, of_channels(inputs[1]), of_channels(inputs[2]), epsilon)};
  };
}

Run layer_normalization(const Site& site) {
  const int axis = site.axis("axis", -1);
  const Ints inner(site.shape(0).begin() + axis, site.shape(0).end());
  const size_t outputs = site.node.outputs.size();
  return [=, epsilon = site.attributes().get_float("epsilon", 1e-5F)](const Tensors& inputs) -> Tensors {
    const auto whole = [&](size_t k) { return k < inputs.size() && inputs[k].defined() ? inputs[k].expand(inner) : at::Tensor(); };
    const auto [y, mean, rate] = at::native_layer_norm(inputs[0], inner, whole(1), whole(2), epsilon);
    Tensors all{y, mean, rate};
    all.resize(outputs);
    return all;
  };
}

Run mean_variance_normalization(const Site& site) {
  Ints axes = site.attributes().get_ints("axes", {0, 2, 3});
  return [axes](const Tensors& inputs) -> Tensors {
    const at::Tensor centred = inputs[0] - inputs[0].mean(axes, true);
    return {centred * (centred.square().mean(axes, true) + 1e-18).rsqrt()};
  };
}

// The sum over a window of channels is a product with a band of ones.
Run lrn(const Site& site) {
  const int64_t size = site.attributes().get_int("size", 1), channels = site.shape(0)[1];
  const double alpha = site.attributes().get_float("alpha", 1e-4F), beta = site.attributes().get_float("beta", 0.75F),
               bias = site.attributes().get_float("bias", 1);
  const at::Tensor all = at::ones({channels, channels}, at::TensorOptions(at::kFloat).device(site.device));
  const at::ScalarType type = site.narrow ? at::kBFloat16 : at::kFloat;
  const at::Tensor band = all.triu(-(size / 2)).tril((size - 1) / 2).to(type);  // [from, to]: from - to in -(size - 1) / 2 .. size / 2
  return [=](const Tensors& inputs) -> Tensors {
    const at::Tensor& x = inputs[0];
    const at::Tensor sum = at::matmul(x.square().movedim(1, -1), band).movedim(-1, 1);
    return {x * (sum * (alpha / static_cast<double>(size)) + bias).pow(-beta)};
  };
}

Run lp_normalization(const Site& site) {
  return [axis = site.axis("axis", -1), p = site.attributes().get_int("p", 2)](const Tensors& inputs) -> Tensors {
    const at::Tensor norm = at::norm(inputs[0], p, {axis}, true);
    return {inputs[0] / norm.masked_fill(norm.eq(0), 1)};
  };
}

Run softmax(const Site& site) {
  return [axis = site.axis("axis", -1)](const Tensors& inputs) -> Tensors { return {at::softmax(inputs[0], axis)}; };
}

Run log_softmax(const Site& site) {
  return [axis = site.axis("axis", -1)](const Tensors& inputs) -> Tensors { return {at::log_softmax(inputs[0], axis)}; };
}

Run hardmax(const Site& site) {
  return [axis = site.axis("axis", -1)](const Tensors& inputs) -> Tensors {
    const at::Tensor first = inputs[0].argmax(axis, true);
    return {at::zeros_like(inputs[0]).scatter(axis, first, 1)};
  };
}

}  // namespace

std::vector<Rule> normalize_rules() {
  return {
      {"BatchNormalization", batch_normalization, Width::kMixed},
      {"InstanceNormalization", instance_normalization, Width::kFloat32},
      {"GroupNormalization", group_normalization},
      {"LayerNormalization", layer_normalization},
      {"MeanVarianceNormalization", mean_variance_normalization, Width::kFloat32},
      {"LRN", lrn},
      {"LpNormalization", lp_normalization, Width::kFloat32},
      {"Softmax", softmax, Width::kAny},
      {"LogSoftmax", log_softmax, Width::kAny},
      {"Hardmax", hardmax},
  };
}

}  // namespace phosphene::aten
