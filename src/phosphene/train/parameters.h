// Parameters: the float32 master copy of a network's weights while it trains, with what an optimiser remembers of each.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "phosphene/engine/program.h"
#include "phosphene/graph/graph.h"

namespace phosphene {

struct Parameter {
  std::string name;
  Tensor value;
  std::vector<float> first, second;  // the optimiser's moments
  std::vector<float> average;        // moving average of value; empty when none is kept
  bool trained = true;               // false: a running statistic, set and not optimised
};

class Parameters {
 public:
  // Every float weight of the graph that some node reads. Weights named *.mean and *.variance are running statistics.
  Parameters(const Graph& graph, bool keep_average);

  std::vector<Parameter>& all() { return parameters_; }
  const std::vector<Parameter>& all() const { return parameters_; }
  std::vector<std::string> trained_names() const;
  int64_t count() const;  // numbers in all

  // Starts from another graph's weights of the same names, as training left them. Error when one is missing or has another shape.
  void start_from(const Graph& trained);
  // Hands every weight to a program; `averaged`: the moving average instead.
  void load_into(Program& program, bool averaged = false) const;
  // Takes running statistics from a batch-normalised program: the value "x/mean" becomes the weight "x.mean".
  void take_statistics(Program& program);
  static std::vector<std::string> statistic_values(const Graph& graph);
  // average = decay * average + (1 - decay) * value.
  void update_average(float decay);
  // The graph with these weights.
  Graph written_to(Graph graph, bool averaged = false) const;

 private:
  std::vector<Parameter> parameters_;
};

// Decoupled weight decay Adam (Loshchilov, Hutter, arXiv 1711.05101), or SGD with momentum. Decay applies to weights of two or more axes.
struct OptimiserOptions {
  enum class Kind { kAdamW, kSgd } kind = Kind::kAdamW;
  float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;  // SGD: beta1 is the momentum
  float weight_decay = 0.02f;
  float gradient_limit = 0;  // global norm to which gradients are scaled down; 0: none
};

// One update from gradients (one span a trained parameter, in trained_names() order); iteration counts from 0.
void optimise(Parameters& parameters, const std::vector<std::span<const float>>& gradients, const OptimiserOptions& options, float rate,
              int64_t iteration);

// Warm-up then cosine to zero: rate * min(1, (i + 1) / warm_up) * (1 + cos(pi * i / steps)) / 2.
float cosine_rate(float rate, int64_t i, int64_t warm_up, int64_t steps);

}  // namespace phosphene
