// TorchProgram: a graph on ATen, on the CPU or a CUDA device.
//
//     forward   for each node in order: y = f(x);  autograd notes what it needs
//     backward  dL/dx = autograd from the seeds to the wanted inputs and weights
//
// Weights lie on the device from compiling on, with what an optimiser remembers of them, and so does an input that a search moves. What
// crosses the border at every step are the other inputs, the seeds, and those values and gradients that are asked for, in pinned memory
// where the device is a GPU; there both passes are recorded once and replayed (step_graph.h).
#pragma once

#include <map>
#include <memory>

#include <c10/util/Exception.h>

#include "phosphene/base/error.h"
#include "phosphene/engine/optimiser.h"
#include "phosphene/engine/program.h"
#include "phosphene/engine/torch/device_ascent.h"
#include "phosphene/engine/torch/device_optimiser.h"
#include "phosphene/engine/torch/lower.h"
#include "phosphene/engine/torch/step_graph.h"

namespace phosphene::aten {

// What libtorch throws becomes the one Error, without its stack.
template <typename Body>
decltype(auto) translated(Body&& body) {
  try {
    return body();
  } catch (const c10::OutOfMemoryError&) {
    throw Error("the device has too little memory", "use a smaller batch, or precision bf16");
  } catch (const c10::Error& error) {
    throw Error(fmt::format("libtorch: {}", error.what_without_backtrace()));
  }
}

class TorchProgram : public Program, private WeightOptimiser, private InputAscent {
 public:
  TorchProgram(const Graph& graph, const CompileOptions& options, at::Device device);

  std::span<float> input(const std::string& name) override;
  void set_weight(const std::string& name, std::span<const float> values) override;
  void forward() override;
  std::span<const float> value(const std::string& name) override;
  std::span<float> seed(const std::string& name) override;
  void backward() override;
  std::span<const float> gradient(const std::string& name) override;
  void take(const Part& to, Program& from, const Part& part, int64_t rows, std::span<const float> factors) override;
  double seed_squared_error(const std::string& of, Program& from, const Part& target, const SquaredErrorOptions& options) override;
  WeightOptimiser* optimiser() override { return options_.mutable_weights && differentiates() ? this : nullptr; }
  InputAscent* ascent() override;
  const Graph& graph() const override { return graph_; }
  int64_t bytes() const override;
  std::string to_string() const override;

 private:
  // A value at the border: float32 on the host, and where the program reads or writes it. On a CPU an input is both at once.
  struct Border {
    at::Tensor host, device;
    size_t slot = 0;
    bool fetched = true;  // host has what the device has
  };
  using Borders = std::map<std::string, Border>;
  struct Step {
    const Node* node;
    Lowered lowered;
    std::vector<std::optional<size_t>> inputs, outputs;  // slots
    std::vector<size_t> last_read;                       // slots that nobody reads after this step
  };

  void set_state(const std::string& name, const OptimiserState& state) override;
  void get_state(const std::string& name, const OptimiserState& state) const override;
  void optimise(const OptimiserStep& step) override;
  void begin_ascent(const std::string& input, const AscentOptions& options) override;
  std::span<const float> ascend(std::span<const LaneStep> steps) override;

  Border& border_of(const Part& part);
  at::Tensor on_device(const Part& part);
  void check_gradients() const;
  std::set<std::string> reached_values() const;
  void place_leaves();
  at::ScalarType weight_type(const std::string& name) const;
  void lower_nodes();
  void release_early();
  size_t slot_of(const std::string& name) const { return slots_.at(name); }
  bool differentiates() const { return !options_.gradients.empty(); }
  at::Tensor host_buffer(const std::string& name) const;

  // The two passes on the device, without the border.
  void run_forward();
  void run_backward();
  // Brings what the host has to the device.
  void send(Borders& borders);
  // The end of a pass: fetched() brings these.
  void finish(Borders& borders);
  // Brings what the device has to the host, once a pass.
  std::span<const float> fetched(Border& border);
  // Records both passes, once, where the device and the graph allow it.
  void record();

  CompileOptions options_;
  Graph graph_;
  at::Device device_;
  at::ScalarType type_;  // of activations
  std::map<std::string, size_t> slots_;
  std::vector<at::Tensor> values_;  // by slot; inputs and weights always, the rest while it is needed
  std::vector<Step> steps_;
  Borders inputs_, outputs_, seeds_, gradients_;
  DeviceOptimiser optimiser_;
  DeviceAscent ascent_;
  std::string ascended_;            // the input that it moves
  std::string denoised_, encoded_;  // as in AscentOptions
  std::unique_ptr<StepGraph> recorded_;
  bool may_record_;
};

}  // namespace phosphene::aten
