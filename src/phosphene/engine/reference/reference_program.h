// ReferenceProgram: the reference engine's program, with access to the doubles inside. Tests of gradients use that; everybody else has
// Program.
#pragma once

#include <map>
#include <set>

#include "phosphene/engine/program.h"
#include "phosphene/graph/kernels/kernels.h"

namespace phosphene::reference {

using kernels::Array;
using kernels::Arrays;
using kernels::ConstArrays;
using kernels::Kernel;

class ReferenceProgram : public Program {
 public:
  ReferenceProgram(const Graph& graph, const CompileOptions& options);

  std::span<float> input(const std::string& name) override;
  void set_weight(const std::string& name, std::span<const float> values) override;
  void forward() override;
  std::span<const float> value(const std::string& name) override;
  std::span<float> seed(const std::string& name) override;
  void backward() override;
  std::span<const float> gradient(const std::string& name) override;
  const Graph& graph() const override { return graph_; }
  int64_t bytes() const override;
  std::string to_string() const override;

  // Any value of the prepared graph, in double. Writing to an input or a weight and then calling run() is forward() without the float32
  // border.
  Array& array(const std::string& name);
  void run();
  // dL/d(value) after backward(), in double; Error for a value that is not between a seed and a wanted gradient.
  const Array& gradient_array(const std::string& name) const;

 private:
  struct Step {
    const Node* node;
    const Kernel* kernel;
    ConstArrays inputs;
    Arrays outputs;
    ConstArrays grad_outputs;
    Arrays grad_inputs;  // all null: not on a path from a seed to a wanted gradient
    bool backward = false;
  };

  void plan_backward();

  Graph graph_;
  CompileOptions options_;
  std::map<std::string, Array> arrays_;     // every value
  std::map<std::string, Array> gradients_;  // of the values between seeds and wanted gradients
  std::vector<Step> steps_;
  std::map<std::string, std::vector<float>> inputs_, values_, seeds_, wanted_gradients_;  // the float32 border
};

}  // namespace phosphene::reference
