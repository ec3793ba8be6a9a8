// DeviceAscent: a search's step on an input where it lies.
#pragma once

#include <ATen/ATen.h>

#include "phosphene/engine/ascent.h"

namespace phosphene::aten {

class DeviceAscent {
 public:
  DeviceAscent() = default;
  // input: [lanes, ...] of float32; it is moved in place.
  DeviceAscent(const at::Tensor& input, const AscentOptions& options);
  bool empty() const { return !input_.defined(); }
  int64_t bytes() const;
  // Moves every lane whose gradient (of the input's shape; undefined: zero) is not exactly zero. sum |gradient| of each lane, on the host.
  std::span<const float> step(const at::Tensor& gradient, std::span<const LaneStep> lanes);

 private:
  AscentOptions options_;  // without the bounds
  at::Tensor input_, lower_, upper_, first_, second_;
  at::Tensor steps_, sums_;  // on the host, pinned for a device that is a GPU
};

}  // namespace phosphene::aten
