// Every result is an array of its own, of float64: one number, or one for each element. Arrays are used again, so a step allocates little.
#include "phosphene/engine/host_ascent.h"

#include <algorithm>
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/base/rng.h"

namespace phosphene {

namespace {

template <typename Function>
void for_each_pair(std::span<const double> a, std::span<const double> b, std::span<double> result, Function&& function) {
  const size_t step_a = a.size() > 1 ? 1 : 0, step_b = b.size() > 1 ? 1 : 0;
  for (size_t i = 0; i < result.size(); ++i) result[i] = function(a[i * step_a], b[i * step_b]);
}

}  // namespace

double HostAscent::step(const AscentOptions& options, const LaneStep& lane, const LaneAnswers& answers, std::span<float> code,
                        std::span<float> states) {
  PHOSPHENE_CHECK_EQ(states.size(), static_cast<size_t>(options.states) * code.size());
  double sum = 0;
  for (const float g : answers.gradient) sum += std::fabs(g);
  if (sum == 0 || !std::isfinite(sum)) return sum;
  options_ = options;
  lane_ = lane;
  answers_ = answers;
  code_ = code;
  states_ = states;
  parameters_ = options.parameters;
  options.move(*this);
  return sum;
}

std::shared_ptr<HostAscent::Array> HostAscent::begin_array(size_t size) {
  if (unused_.empty()) unused_.push_back(std::make_unique<Array>());
  std::unique_ptr<Array> array = std::move(unused_.back());
  unused_.pop_back();
  array->resize(size);
  return {array.release(), [this](Array* gone) { unused_.emplace_back(gone); }};
}

Values HostAscent::widened(std::span<const float> values) {
  const auto array = begin_array(values.size());
  std::ranges::copy(values, array->begin());
  return {*this, array};
}

std::span<const double> HostAscent::values_of(const Values& values) {
  return values.step ? std::span<const double>(*static_cast<const Array*>(values.body.get())) : std::span(&values.constant, 1);
}

Values HostAscent::size() {
  return of_step([&](int64_t, int64_t) { return lane_.size; });
}
Values HostAscent::code() { return widened(code_); }
Values HostAscent::gradient() { return widened(answers_.gradient); }
Values HostAscent::state(size_t index) { return widened(state_values(index)); }

Values HostAscent::noise() {
  PHOSPHENE_CHECK(options_.random);
  std::vector<float> values(code_.size());
  Rng(lane_.seed, "rule", static_cast<uint64_t>(lane_.step)).fill_normal(values);
  return widened(values);
}

Values HostAscent::denoised() {
  const std::span<const float> denoised = answers_.denoised;
  PHOSPHENE_CHECK(!denoised.empty() && denoised.size() <= code_.size());
  const auto array = begin_array(code_.size());
  std::ranges::copy(code_, array->begin());
  std::ranges::copy(denoised, array->begin());
  return {*this, array};
}

Values HostAscent::covered() {
  const auto array = begin_array(code_.size());
  std::ranges::fill(*array, 0.0);
  std::fill_n(array->begin(), answers_.denoised.size(), 1.0);
  return {*this, array};
}

Values HostAscent::encoded() {
  const std::span<const float> encoded = answers_.encoded;
  PHOSPHENE_CHECK(!encoded.empty() && encoded.size() <= code_.size());
  const auto array = begin_array(code_.size());
  std::ranges::fill(*array, 0.0);
  std::ranges::copy(encoded, array->begin());
  return {*this, array};
}

Values HostAscent::keep(size_t index, const Values& state) {
  std::ranges::transform(values_of(state), state_values(index).begin(), [](double value) { return static_cast<float>(value); });
  return this->state(index);
}

Values HostAscent::of_step(const StepNumber& number) {
  const auto array = begin_array(1);
  array->front() = number(lane_.step, lane_.steps);
  return {*this, array};
}

void HostAscent::move(const Values& by) {
  const std::span<const double> values = values_of(by);
  for (size_t i = 0; i < code_.size(); ++i) {
    double moved = code_[i] + values[i];
    if (!options_.lower.empty()) moved = std::max<double>(moved, options_.lower[i]);
    if (!options_.upper.empty()) moved = std::min<double>(moved, options_.upper[i]);
    code_[i] = static_cast<float>(moved * options_.decay);
  }
}

Values HostAscent::combine(Arithmetic how, const Values& a, const Values& b) {
  const auto array = begin_array(std::max(values_of(a).size(), values_of(b).size()));
  const auto each = [&](auto&& function) { for_each_pair(values_of(a), values_of(b), *array, function); };
  switch (how) {
    case Arithmetic::kAdd: each([](double x, double y) { return x + y; }); break;
    case Arithmetic::kSubtract: each([](double x, double y) { return x - y; }); break;
    case Arithmetic::kMultiply: each([](double x, double y) { return x * y; }); break;
    case Arithmetic::kDivide: each([](double x, double y) { return x / y; }); break;
    case Arithmetic::kLarger: each([](double x, double y) { return std::max(x, y); }); break;
  }
  return {*this, array};
}

Values HostAscent::root(const Values& of) {
  const auto array = begin_array(values_of(of).size());
  std::ranges::transform(values_of(of), array->begin(), [](double value) { return std::sqrt(value); });
  return {*this, array};
}

Values HostAscent::mean_size(const Values& of) {
  double sum = 0;
  for (const double value : values_of(of)) sum += std::fabs(value);
  return of_step([&](int64_t, int64_t) { return sum / static_cast<double>(values_of(of).size()); });
}

}  // namespace phosphene
