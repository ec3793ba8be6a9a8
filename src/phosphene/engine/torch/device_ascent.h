// DeviceAscent: a search's step on an input where it lies.
#pragma once

#include <vector>

#include <ATen/ATen.h>

#include "phosphene/engine/ascent_step.h"

namespace phosphene::aten {

// What a program says of the codes of all lanes.
struct Answers {
  at::Tensor gradient;  // of the input's shape; undefined: zero
  at::Tensor denoised;  // what a density makes of the input's first channels; undefined: nothing
  at::Tensor encoded;   // what an encoder makes of the pictures, of the input's first elements; undefined: nothing
};

class DeviceAscent : private AscentStep {
 public:
  DeviceAscent() = default;
  // input: [lanes, ...] of float32; it is moved in place.
  DeviceAscent(const at::Tensor& input, const AscentOptions& options);
  bool empty() const { return !input_.defined(); }
  int64_t bytes() const;
  // Moves every lane whose gradient is not exactly zero. sum |gradient| of each lane, on the host.
  std::span<const float> step(const Answers& answers, std::span<const LaneStep> lanes);

 private:
  Values size() override;
  Values code() override;
  Values gradient() override;
  Values noise() override;
  Values denoised() override;
  Values covered() override;
  Values encoded() override;
  Values state(size_t index) override;
  Values keep(size_t index, const Values& state) override;
  Values of_step(const StepNumber& number) override;
  void move(const Values& by) override;
  Values combine(Arithmetic how, const Values& a, const Values& b) override;
  Values root(const Values& of) override;
  Values mean_size(const Values& of) override;

  Values result(at::Tensor tensor);
  static at::Tensor tensor_of(const Values& values);
  at::Tensor of_lanes(const std::function<double(const LaneStep& lane)>& number);

  AscentOptions options_;  // without the spans
  std::vector<double> own_parameters_;
  at::Tensor input_, lower_, upper_;
  std::vector<at::Tensor> states_;
  // On the host, pinned for a device that is a GPU: numbers of the lanes, [lanes, 1] each; normal numbers; what step() gives.
  std::vector<at::Tensor> numbers_;
  at::Tensor noise_, sums_;
  // Of this step.
  std::span<const LaneStep> lanes_;
  at::Tensor gradient_, denoised_, encoded_, moves_, drawn_;
  size_t used_numbers_ = 0;
};

}  // namespace phosphene::aten
