// DeviceOptimiser: the optimiser's step where the weights lie.
#pragma once

#include <map>
#include <string>

#include <ATen/ATen.h>

#include "phosphene/engine/optimiser.h"

namespace phosphene::aten {

class DeviceOptimiser {
 public:
  // Takes a weight of the program, its state from the host. Where the weight is float32 it is its own master.
  void set(const std::string& name, const at::Tensor& weight, const OptimiserState& state);
  void get(const std::string& name, const OptimiserState& state) const;
  bool empty() const { return kept_.empty(); }
  int64_t bytes() const;  // beside the weights themselves
  // gradients: of every weight that was set; undefined ones are zero.
  void step(const std::map<std::string, at::Tensor>& gradients, const OptimiserStep& step);

 private:
  struct Kept {
    at::Tensor weight, master, first, second, average;
    int64_t stride = 1;
  };
  std::map<std::string, Kept> kept_;
};

}  // namespace phosphene::aten
