// With the gradients g scaled down to the limit of their norm, all weights at once:
//     AdamW:  m = b1 m + (1 - b1) g      v = b2 v + (1 - b2) g^2
//             w = (1 - rate * decay) w - rate / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
//     SGD:    m = b1 m + g               w = (1 - rate * decay) w - rate * m
// then the phases of transposed convolutions evened, as train/parameters.cpp has it.
#include "phosphene/engine/torch/device_optimiser.h"

#include <cmath>
#include <vector>

#include <c10/core/GradMode.h>

namespace phosphene::aten {

namespace {

at::Tensor on_host(std::span<float> values, const at::Tensor& like) { return at::from_blob(values.data(), like.sizes(), at::kFloat); }

void even_phases(const at::Tensor& weight, int64_t stride) {
  for (const int64_t axis : {2, 3}) {
    std::vector<at::Tensor> phases, sums;
    for (int64_t phase = 0; phase < stride; ++phase) {
      phases.push_back(weight.slice(axis, phase, weight.size(axis), stride));
      sums.push_back(phases.back().sum(axis, true));
    }
    const at::Tensor mean = at::stack(sums).mean(0);
    for (size_t i = 0; i < phases.size(); ++i) phases[i].sub_((sums[i] - mean) / static_cast<double>(phases[i].size(axis)));
  }
}

}  // namespace

void DeviceOptimiser::set(const std::string& name, const at::Tensor& weight, const OptimiserState& state) {
  const c10::NoGradGuard no_gradients;
  Kept kept{.weight = weight.detach(), .stride = state.stride};
  kept.master = weight.scalar_type() == at::kFloat ? kept.weight : at::empty_like(kept.weight, at::kFloat);
  // All in the weight's own order in memory.
  const auto taken = [&](std::span<float> values) { return at::empty_like(kept.master).copy_(on_host(values, weight)); };
  kept.master.copy_(on_host(state.value, weight));
  if (!kept.weight.is_same(kept.master)) kept.weight.copy_(kept.master);
  kept.first = taken(state.first);
  kept.second = taken(state.second);
  if (!state.average.empty()) kept.average = taken(state.average);
  kept_[name] = std::move(kept);
}

void DeviceOptimiser::get(const std::string& name, const OptimiserState& state) const {
  const Kept& kept = kept_.at(name);
  on_host(state.value, kept.master).copy_(kept.master);
  on_host(state.first, kept.first).copy_(kept.first);
  on_host(state.second, kept.second).copy_(kept.second);
  if (kept.average.defined()) on_host(state.average, kept.average).copy_(kept.average);
}

int64_t DeviceOptimiser::bytes() const {
  size_t sum = 0;
  for (const auto& [name, kept] : kept_) {
    sum += kept.first.nbytes() + kept.second.nbytes();
    if (kept.average.defined()) sum += kept.average.nbytes();
    if (!kept.weight.is_same(kept.master)) sum += kept.master.nbytes();
  }
  return static_cast<int64_t>(sum);
}

void DeviceOptimiser::step(const std::map<std::string, at::Tensor>& gradients, const OptimiserStep& step) {
  const c10::NoGradGuard no_gradients;
  const OptimiserOptions& options = step.options;
  std::vector<at::Tensor> g, first, second, masters, decayed, averages, averaged;
  for (const auto& [name, kept] : kept_) {
    const at::Tensor& gradient = gradients.at(name);
    g.push_back(gradient.defined() ? gradient.to(at::kFloat) : at::zeros_like(kept.master));
    first.push_back(kept.first);
    second.push_back(kept.second);
    masters.push_back(kept.master);
    if (kept.master.dim() >= 2) decayed.push_back(kept.master);
    if (kept.average.defined()) averages.push_back(kept.average), averaged.push_back(kept.master);
  }
  if (options.gradient_limit > 0) {
    const at::Tensor norm = at::stack(at::_foreach_norm(g)).norm();
    const at::Tensor shrink = (options.gradient_limit / norm.clamp_min(1e-30)).clamp_max(1);
    for (at::Tensor& gradient : g) gradient = gradient * shrink;  // not in place: it may be the program's
  }
  const double t = static_cast<double>(step.iteration) + 1, b1 = options.beta1, b2 = options.beta2, rate = step.rate;
  at::_foreach_mul_(first, b1);
  if (options.kind == OptimiserOptions::Kind::kAdamW) {
    at::_foreach_add_(first, g, 1 - b1);
    at::_foreach_mul_(second, b2);
    at::_foreach_addcmul_(second, g, g, 1 - b2);
    std::vector<at::Tensor> size = at::_foreach_sqrt(second);
    at::_foreach_mul_(size, 1 / std::sqrt(1 - std::pow(b2, t)));
    at::_foreach_add_(size, options.epsilon);
    if (options.weight_decay > 0 && !decayed.empty()) at::_foreach_mul_(decayed, 1 - rate * options.weight_decay);
    at::_foreach_addcdiv_(masters, first, size, -rate / (1 - std::pow(b1, t)));
  } else {
    at::_foreach_add_(first, g);
    if (options.weight_decay > 0 && !decayed.empty()) at::_foreach_mul_(decayed, 1 - rate * options.weight_decay);
    at::_foreach_add_(masters, first, -rate);
  }
  for (const auto& [name, kept] : kept_)
    if (kept.stride > 1) even_phases(kept.master, kept.stride);
  if (!averages.empty()) {
    at::_foreach_mul_(averages, step.average_decay);
    at::_foreach_add_(averages, averaged, 1 - step.average_decay);
  }
  for (auto& [name, kept] : kept_)
    if (!kept.weight.is_same(kept.master)) kept.weight.copy_(kept.master);
}

}  // namespace phosphene::aten
