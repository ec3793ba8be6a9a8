// All lanes at once, [lanes, elements]; numbers of a lane are [lanes, 1]. A step ends with the copy of its sums, which waits for the
// device: what lies on the host for it may be written again in the next.
#include "phosphene/engine/torch/device_ascent.h"

#include <algorithm>

#include <c10/core/GradMode.h>

#include "phosphene/base/error.h"
#include "phosphene/base/rng.h"

namespace phosphene::aten {

namespace {

at::Tensor row_of(std::span<const float> values, const at::Tensor& like) {
  if (values.empty()) return {};
  return at::from_blob(const_cast<float*>(values.data()), {1, static_cast<int64_t>(values.size())}, at::kFloat).clone().to(like.device());
}

at::Tensor on_host_for(const at::Tensor& device, at::IntArrayRef sizes) {
  return at::zeros(sizes, at::TensorOptions(at::kFloat).pinned_memory(device.is_cuda()));
}

}  // namespace

DeviceAscent::DeviceAscent(const at::Tensor& input, const AscentOptions& options)
    : options_(options),
      own_parameters_(options.parameters.begin(), options.parameters.end()),
      input_(input.detach().flatten(1)),
      lower_(row_of(options.lower, input)),
      upper_(row_of(options.upper, input)),
      sums_(on_host_for(input, {input.size(0)})) {
  PHOSPHENE_CHECK(input_.is_alias_of(input));
  options_.lower = options_.upper = {};
  options_.parameters = {};
  for (int64_t i = 0; i < options.states; ++i) states_.push_back(at::zeros_like(input_));
  if (options.random) noise_ = on_host_for(input, input_.sizes());
}

int64_t DeviceAscent::bytes() const {
  size_t sum = 0;
  const auto add = [&](const at::Tensor& tensor) { sum += tensor.defined() ? tensor.nbytes() : 0; };
  for (const at::Tensor* tensor : {&lower_, &upper_, &noise_, &sums_}) add(*tensor);
  for (const auto* tensors : {&states_, &numbers_})
    for (const at::Tensor& tensor : *tensors) add(tensor);
  return static_cast<int64_t>(sum);
}

std::span<const float> DeviceAscent::step(const Answers& answers, std::span<const LaneStep> lanes) {
  const c10::NoGradGuard no_gradients;
  PHOSPHENE_CHECK_EQ(static_cast<int64_t>(lanes.size()), input_.size(0));
  parameters_ = own_parameters_;
  lanes_ = lanes;
  used_numbers_ = 0;
  const auto flat = [](const at::Tensor& values) { return values.defined() ? values.detach().flatten(1).to(at::kFloat) : at::Tensor(); };
  gradient_ = answers.gradient.defined() ? flat(answers.gradient) : at::zeros_like(input_);
  denoised_ = flat(answers.denoised);
  encoded_ = flat(answers.encoded);
  const at::Tensor sums = gradient_.abs().sum(1, /*keepdim=*/true);
  moves_ = of_lanes([](const LaneStep& lane) { return lane.step >= 0 ? 1 : 0; }).gt(0).logical_and(sums.gt(0));
  if (!states_.empty() && std::ranges::any_of(lanes, [](const LaneStep& lane) { return lane.step == 0; })) {
    const at::Tensor begins = of_lanes([](const LaneStep& lane) { return lane.step == 0 ? 1 : 0; }).gt(0);
    for (at::Tensor& state : states_) state.masked_fill_(begins, 0);
  }
  options_.move(*this);
  drawn_.reset();
  sums_.copy_(sums.squeeze(1));  // waits for the device
  return {sums_.data_ptr<float>(), lanes.size()};
}

Values DeviceAscent::result(at::Tensor tensor) { return {*this, std::make_shared<const at::Tensor>(std::move(tensor))}; }

at::Tensor DeviceAscent::tensor_of(const Values& values) {
  if (!values.step) return at::scalar_tensor(values.constant, at::kDouble);  // of rank 0: what is float32 stays float32
  return *static_cast<const at::Tensor*>(values.body.get());
}

at::Tensor DeviceAscent::of_lanes(const std::function<double(const LaneStep& lane)>& number) {
  if (used_numbers_ == numbers_.size()) numbers_.push_back(on_host_for(input_, {input_.size(0), 1}));
  const at::Tensor& numbers = numbers_[used_numbers_++];
  std::ranges::transform(lanes_, numbers.data_ptr<float>(), [&](const LaneStep& lane) { return static_cast<float>(number(lane)); });
  return numbers.to(input_.device(), /*non_blocking=*/true);
}

Values DeviceAscent::size() {
  return result(of_lanes([](const LaneStep& lane) { return lane.size; }));
}
Values DeviceAscent::code() { return result(input_); }
Values DeviceAscent::gradient() { return result(gradient_); }
Values DeviceAscent::state(size_t index) { return result(states_.at(index)); }

Values DeviceAscent::noise() {
  PHOSPHENE_CHECK(options_.random);
  if (!drawn_.defined()) {
    const auto size = static_cast<size_t>(input_.size(1));
    const std::span<float> all(noise_.data_ptr<float>(), lanes_.size() * size);
    for (size_t i = 0; i < lanes_.size(); ++i)
      if (lanes_[i].step >= 0) Rng(lanes_[i].seed, "rule", static_cast<uint64_t>(lanes_[i].step)).fill_normal(all.subspan(i * size, size));
    drawn_ = noise_.to(input_.device(), /*non_blocking=*/true);
  }
  return result(drawn_);
}

Values DeviceAscent::denoised() {
  PHOSPHENE_CHECK(denoised_.defined());
  const int64_t covered = denoised_.size(1);
  return result(at::cat({denoised_, input_.slice(1, covered)}, 1));
}

Values DeviceAscent::covered() {
  at::Tensor mask = at::zeros({1, input_.size(1)}, input_.options());
  mask.slice(1, 0, denoised_.size(1)).fill_(1);
  return result(mask);
}

Values DeviceAscent::encoded() {
  PHOSPHENE_CHECK(encoded_.defined());
  return result(at::constant_pad_nd(encoded_, {0, input_.size(1) - encoded_.size(1)}));
}

Values DeviceAscent::keep(size_t index, const Values& state) {
  at::Tensor& kept = states_.at(index);
  kept = at::where(moves_, tensor_of(state), kept);  // another tensor: what state() gave stays as it was
  return result(kept);
}

Values DeviceAscent::of_step(const StepNumber& number) {
  return result(of_lanes([&](const LaneStep& lane) { return number(std::max<int64_t>(lane.step, 0), lane.steps); }));
}

void DeviceAscent::move(const Values& by) {
  at::Tensor moved = input_ + tensor_of(by);
  if (lower_.defined()) moved = at::maximum(moved, lower_);
  if (upper_.defined()) moved = at::minimum(moved, upper_);
  input_.copy_(at::where(moves_, moved * options_.decay, input_));
}

Values DeviceAscent::combine(Arithmetic how, const Values& a, const Values& b) {
  const at::Tensor x = tensor_of(a), y = tensor_of(b);
  switch (how) {
    case Arithmetic::kAdd: return result(x + y);
    case Arithmetic::kSubtract: return result(x - y);
    case Arithmetic::kMultiply: return result(x * y);
    case Arithmetic::kDivide: return result(x / y);
    case Arithmetic::kLarger: return result(b.step ? at::maximum(x, y) : x.clamp_min(b.constant));
  }
  return a;
}

Values DeviceAscent::root(const Values& of) { return result(tensor_of(of).sqrt()); }
Values DeviceAscent::mean_size(const Values& of) { return result(tensor_of(of).abs().mean(1, /*keepdim=*/true)); }

}  // namespace phosphene::aten
