// StepGraph: passes over a device recorded once as CUDA graphs and replayed, so that a step costs no launches of single operators.
//
// The passes must read and write the same tensors at every run and not wait for the host; what they allocate while they are recorded
// belongs to the recording and keeps its place.
#pragma once

#include <functional>
#include <memory>
#include <vector>

namespace phosphene::aten {

class StepGraph {
 public:
  virtual ~StepGraph() = default;
  // Built with the headers of CUDA.
  static bool available();
  // Runs the passes a few times, so that libraries choose and allocate what they need, then records them in their order. Null when
  // something in them cannot be recorded; they may simply be run then.
  static std::unique_ptr<StepGraph> record(const std::vector<std::function<void()>>& passes);
  virtual void replay(size_t pass) = 0;
};

}  // namespace phosphene::aten
