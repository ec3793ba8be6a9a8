// All lanes at once, with t = step + 1:
//     kMean:      y = decay * clip(y + s * g / mean|g|)
//     kMomentum:  m = b m + (1 - b) g
//                 y = decay * clip(y + s * m / mean|m|)
//     kAdam:      m = b1 m + (1 - b1) g      v = b2 v + (1 - b2) g^2
//                 y = decay * clip(y + s * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps))
#include "phosphene/engine/torch/device_ascent.h"

#include <cmath>

#include <c10/core/GradMode.h>

#include "phosphene/base/error.h"

namespace phosphene::aten {

namespace {

enum Column { kSize, kMoves, kContinues, kCorrection1, kCorrection2, kColumns };  // what a step says of a lane

at::Tensor row_of(std::span<const float> values, const at::Tensor& like) {
  if (values.empty()) return {};
  return at::from_blob(const_cast<float*>(values.data()), {1, static_cast<int64_t>(values.size())}, at::kFloat).clone().to(like.device());
}

}  // namespace

DeviceAscent::DeviceAscent(const at::Tensor& input, const AscentOptions& options)
    : options_(options), input_(input.detach().flatten(1)), lower_(row_of(options.lower, input)), upper_(row_of(options.upper, input)) {
  PHOSPHENE_CHECK(input_.is_alias_of(input));
  options_.lower = options_.upper = {};
  if (options.kind != AscentOptions::Kind::kMean) first_ = at::zeros_like(input_);
  if (options.kind == AscentOptions::Kind::kAdam) second_ = at::zeros_like(input_);
  const auto host = at::TensorOptions(at::kFloat).pinned_memory(input.is_cuda());
  steps_ = at::zeros({input_.size(0), kColumns}, host);
  sums_ = at::zeros({input_.size(0)}, host);
}

int64_t DeviceAscent::bytes() const {
  size_t sum = 0;
  for (const at::Tensor* tensor : {&lower_, &upper_, &first_, &second_, &steps_, &sums_})
    if (tensor->defined()) sum += tensor->nbytes();
  return static_cast<int64_t>(sum);
}

std::span<const float> DeviceAscent::step(const at::Tensor& gradient, std::span<const LaneStep> lanes) {
  const c10::NoGradGuard no_gradients;
  PHOSPHENE_CHECK_EQ(static_cast<int64_t>(lanes.size()), input_.size(0));
  float* row = steps_.data_ptr<float>();
  for (const LaneStep& lane : lanes) {
    const auto t = static_cast<double>(lane.step + 1);
    row[kSize] = static_cast<float>(lane.size);
    row[kMoves] = lane.step >= 0 ? 1 : 0;
    row[kContinues] = lane.step > 0 ? 1 : 0;
    row[kCorrection1] = static_cast<float>(1 / (1 - std::pow(kAdamBeta1, std::max(t, 1.0))));
    row[kCorrection2] = static_cast<float>(1 / (1 - std::pow(kAdamBeta2, std::max(t, 1.0))));
    row += kColumns;
  }
  const at::Tensor steps = steps_.to(input_.device(), /*non_blocking=*/true);
  const auto column = [&](Column which) { return steps.narrow(1, which, 1); };

  const at::Tensor g = gradient.defined() ? gradient.flatten(1).to(at::kFloat) : at::zeros_like(input_);
  const at::Tensor sums = g.abs().sum(1, /*keepdim=*/true);
  const auto over_mean = [&](const at::Tensor& direction, const at::Tensor& size) {
    return at::addcmul(input_, direction, column(kSize) * static_cast<double>(input_.size(1)) / size);
  };
  at::Tensor moved;
  if (options_.kind == AscentOptions::Kind::kMomentum) {
    first_.mul_(column(kContinues) * kMomentumBeta).add_(g, 1 - kMomentumBeta);
    moved = over_mean(first_, first_.abs().sum(1, true).clamp_min(kLeastMean * static_cast<double>(input_.size(1))));
  } else if (options_.kind == AscentOptions::Kind::kAdam) {
    first_.mul_(column(kContinues) * kAdamBeta1).add_(g, 1 - kAdamBeta1);
    second_.mul_(column(kContinues) * kAdamBeta2).addcmul_(g, g, 1 - kAdamBeta2);
    moved = input_ + column(kSize) * (first_ * column(kCorrection1)) / ((second_ * column(kCorrection2)).sqrt() + kAdamEpsilon);
  } else {
    moved = over_mean(g, sums);
  }
  if (lower_.defined()) moved = at::maximum(moved, lower_);
  if (upper_.defined()) moved = at::minimum(moved, upper_);
  const at::Tensor moves = column(kMoves).gt(0).logical_and(sums.gt(0));
  input_.copy_(at::where(moves, moved * options_.decay, input_));
  sums_.copy_(sums.squeeze(1));  // waits for the device
  return {sums_.data_ptr<float>(), lanes.size()};
}

}  // namespace phosphene::aten
