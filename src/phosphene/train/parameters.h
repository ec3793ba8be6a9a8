// Parameters: the float32 master copy of a network's weights while it trains, with an optimiser's state for each. If a program has an
// optimiser, the program holds the master copy, and the values here are those of the last bring_back().
#pragma once

#include <string>
#include <vector>

#include "phosphene/engine/optimiser.h"
#include "phosphene/engine/program.h"
#include "phosphene/train/trainable.h"

namespace phosphene {

struct Parameter {
  std::string name;
  Tensor value;
  std::vector<float> first, second;  // the optimiser's moments
  std::vector<float> average;        // moving average of value; empty when none is kept
  std::string source;                // of a running statistic: the value of the graph that it takes; empty: the optimiser moves it
  int64_t stride = 1;                // as OptimiserState has it

  bool trained() const { return source.empty(); }
};

class Parameters {
 public:
  // The trained weights and the running statistics of the network.
  Parameters(const TrainableGraph& network, bool keep_average);

  std::vector<Parameter>& all() { return parameters_; }
  const std::vector<Parameter>& all() const { return parameters_; }
  std::vector<std::string> trained_names() const;
  int64_t count() const;  // numbers in all

  // Starts from another graph's weights, as training left them, kernels of transposed convolutions evened: the weight w from `prefix` + w.
  // Running statistics stay. Error when one is missing or has another shape.
  void start_from(const Graph& trained, const std::string& prefix = "");
  // Hands every weight to a program, with its state where the program has an optimiser; `averaged`, for one that has none: the moving
  // average.
  void load_into(Program& program, bool averaged = false);
  // One step from the gradients of the program's last backward(), by the program's optimiser where it has one, else here. The program has
  // the new weights; here they are, and the moving averages, after bring_back().
  void step(Program& program, const OptimiserStep& step);
  void bring_back(Program& program);
  // Takes running statistics from a program that was compiled with statistic_values(), and lets it have them.
  void take_statistics(Program& program);
  std::vector<std::string> statistic_values() const;
  // The network with these weights.
  TrainableGraph written_to(TrainableGraph network, bool averaged = false) const;

 private:
  std::vector<Parameter> parameters_;
};

// One step from gradients (one span a trained parameter, in trained_names() order).
void optimise(Parameters& parameters, const std::vector<std::span<const float>>& gradients, const OptimiserStep& step);

// Warm-up then cosine to zero: rate * min(1, (i + 1) / warm_up) * (1 + cos(pi * i / steps)) / 2.
float cosine_rate(float rate, int64_t i, int64_t warm_up, int64_t steps);

}  // namespace phosphene
