// AdamW:  m = b1 m + (1 - b1) g      v = b2 v + (1 - b2) g^2
//         w = w - rate * (m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps) + decay * w)
// SGD:    m = b1 m + g               w = w - rate * (m + decay * w)
// and in each row and each column of a transposed convolution's kernel, of stride s, with S_a = the sum of the n taps a, a + s, ..:
//         w = w - (S_a - mean of S) / n
#include "phosphene/train/parameters.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

void even_phases(std::span<float> weight, const Shape& shape, int64_t stride) {
  if (stride <= 1) return;
  const int64_t rows = shape[2], columns = shape[3], kernels = shape[0] * shape[1];
  // A line of `length` values, each `apart` from the next.
  const auto even = [stride](float* w, int64_t length, int64_t apart) {
    float mean = 0;
    for (int64_t i = 0; i < length; ++i) mean += w[i * apart] / static_cast<float>(stride);
    for (int64_t phase = 0; phase < stride; ++phase) {
      float sum = 0, taps = 0;
      for (int64_t i = phase; i < length; i += stride) sum += w[i * apart], taps += 1;
      for (int64_t i = phase; i < length; i += stride) w[i * apart] -= (sum - mean) / taps;
    }
  };
#pragma omp parallel for schedule(static)
  for (int64_t k = 0; k < kernels; ++k) {
    float* w = weight.data() + k * rows * columns;
    for (int64_t y = 0; y < rows; ++y) even(w + y * columns, columns, 1);
    for (int64_t x = 0; x < columns; ++x) even(w + x, rows, columns);
  }
}

OptimiserState state_of(Parameter& p) { return {p.value.floats(), p.first, p.second, p.average, p.stride}; }

}  // namespace

Parameters::Parameters(const TrainableGraph& network, bool keep_average) {
  std::map<std::string, int64_t> strides;  // of kernels whose every phase has taps
  for (const Node& node : network.graph.nodes) {
    if (node.op != "ConvTranspose") continue;
    const auto stride = node.attributes.get_ints("strides", {1, 1}), kernel = node.attributes.get_ints("kernel_shape", {});
    if (stride.size() == 2 && stride[0] == stride[1] && kernel.size() == 2 && std::ranges::min(kernel) >= stride[0])
      strides[node.inputs[1]] = stride[0];
  }
  for (const auto& [name, tensor] : network.graph.weights) {
    const auto statistic = network.statistics.find(name);
    if (statistic == network.statistics.end() && !network.trained.contains(name)) continue;
    Parameter parameter{.name = name, .value = *tensor};
    if (statistic != network.statistics.end()) parameter.source = statistic->second;
    const auto size = static_cast<size_t>(tensor->size());
    if (parameter.trained()) parameter.first.resize(size), parameter.second.resize(size);
    if (strides.contains(name)) parameter.stride = strides[name];
    if (keep_average) parameter.average.assign(tensor->floats().begin(), tensor->floats().end());
    parameters_.push_back(std::move(parameter));
  }
}

std::vector<std::string> Parameters::trained_names() const {
  std::vector<std::string> names;
  for (const Parameter& p : parameters_)
    if (p.trained()) names.push_back(p.name);
  return names;
}

int64_t Parameters::count() const {
  int64_t sum = 0;
  for (const Parameter& p : parameters_) sum += p.value.size();
  return sum;
}

void Parameters::start_from(const Graph& trained, const std::string& prefix) {
  for (Parameter& p : parameters_) {
    if (!p.trained()) continue;
    const std::string name = prefix + p.name;
    const auto found = trained.weights.find(name);
    if (found == trained.weights.end() || found->second->shape() != p.value.shape())
      throw Error(found == trained.weights.end()
                      ? fmt::format("it has no weight {}", name)
                      : fmt::format("its weight {} is {}, here it is {}", name, found->second->shape(), p.value.shape()),
                  "give a model that was trained with the same network and widths");
    p.value = *found->second;
    even_phases(p.value.floats(), p.value.shape(), p.stride);
    if (!p.average.empty()) p.average.assign(p.value.floats().begin(), p.value.floats().end());
  }
}

void Parameters::load_into(Program& program, bool averaged) {
  WeightOptimiser* optimiser = program.optimiser();
  PHOSPHENE_CHECK(!averaged || !optimiser);
  for (Parameter& p : parameters_)
    if (p.trained() && optimiser)
      optimiser->set_state(p.name, state_of(p));
    else
      program.set_weight(p.name, averaged ? std::span<const float>(p.average) : p.value.floats());
}

void Parameters::step(Program& program, const OptimiserStep& step) {
  if (WeightOptimiser* optimiser = program.optimiser()) return optimiser->optimise(step);
  std::vector<std::span<const float>> gradients;
  for (const Parameter& p : parameters_)
    if (p.trained()) gradients.push_back(program.gradient(p.name));
  optimise(*this, gradients, step);
  for (const Parameter& p : parameters_)
    if (p.trained()) program.set_weight(p.name, p.value.floats());
}

void Parameters::bring_back(Program& program) {
  const WeightOptimiser* optimiser = program.optimiser();
  if (!optimiser) return;
  for (Parameter& p : parameters_)
    if (p.trained()) optimiser->get_state(p.name, state_of(p));
}

std::vector<std::string> Parameters::statistic_values() const {
  std::vector<std::string> names;
  for (const Parameter& p : parameters_)
    if (!p.trained()) names.push_back(p.source);
  return names;
}

void Parameters::take_statistics(Program& program) {
  for (Parameter& p : parameters_) {
    if (p.trained()) continue;
    const std::span<const float> now = program.value(p.source);
    std::copy(now.begin(), now.end(), p.value.floats().begin());
    program.set_weight(p.name, p.value.floats());
  }
}

TrainableGraph Parameters::written_to(TrainableGraph network, bool averaged) const {
  for (const Parameter& p : parameters_) network.graph.add_weight(p.name, averaged ? Tensor(p.value.shape(), p.average) : p.value);
  return network;
}

void optimise(Parameters& parameters, const std::vector<std::span<const float>>& gradients, const OptimiserStep& step) {
  const OptimiserOptions& options = step.options;
  const float rate = step.rate;
  float shrink = 1;
  if (options.gradient_limit > 0) {
    double square = 0;
    for (const auto& gradient : gradients) {
      const float* g = gradient.data();
      const auto size = static_cast<int64_t>(gradient.size());
      double part = 0;
#pragma omp parallel for simd reduction(+ : part) schedule(static)
      for (int64_t i = 0; i < size; ++i) part += static_cast<double>(g[i]) * g[i];
      square += part;
    }
    if (square > static_cast<double>(options.gradient_limit) * options.gradient_limit)
      shrink = options.gradient_limit / static_cast<float>(std::sqrt(square));
  }
  const double t = static_cast<double>(step.iteration) + 1;
  const float b1 = options.beta1, b2 = options.beta2, eps = options.epsilon;
  const auto unbias1 = static_cast<float>(1 / (1 - std::pow(b1, t))), unbias2 = static_cast<float>(1 / (1 - std::pow(b2, t)));
  size_t next = 0;
  for (Parameter& p : parameters.all()) {
    if (!p.trained()) continue;
    const float* g = gradients.at(next++).data();
    float *w = p.value.floats().data(), *m = p.first.data(), *v = p.second.data();
    const int64_t size = p.value.size();
    const float decay = p.value.shape().rank() >= 2 ? options.weight_decay : 0;
    if (options.kind == OptimiserOptions::Kind::kAdamW) {
#pragma omp parallel for simd
      for (int64_t i = 0; i < size; ++i) {
        const float gi = g[i] * shrink;
        m[i] = b1 * m[i] + (1 - b1) * gi;
        v[i] = b2 * v[i] + (1 - b2) * gi * gi;
        w[i] -= rate * (m[i] * unbias1 / (std::sqrt(v[i] * unbias2) + eps) + decay * w[i]);
      }
    } else {
#pragma omp parallel for simd
      for (int64_t i = 0; i < size; ++i) {
        m[i] = b1 * m[i] + g[i] * shrink;
        w[i] -= rate * (m[i] + decay * w[i]);
      }
    }
    even_phases(p.value.floats(), p.value.shape(), p.stride);
  }
  for (Parameter& p : parameters.all()) {
    float* average = p.average.data();
    const float *value = p.value.floats().data(), decay = step.average_decay;
    const auto size = static_cast<int64_t>(p.average.size());
#pragma omp parallel for simd
    for (int64_t i = 0; i < size; ++i) average[i] = decay * average[i] + (1 - decay) * value[i];
  }
}

float cosine_rate(float rate, int64_t i, int64_t warm_up, int64_t steps) {
  const double rise = std::min(1.0, static_cast<double>(i + 1) / static_cast<double>(std::max<int64_t>(1, warm_up)));
  const double fall = 0.5 * (1 + std::cos(std::numbers::pi * static_cast<double>(i) / static_cast<double>(std::max<int64_t>(1, steps))));
  return static_cast<float>(rate * rise * fall);
}

}  // namespace phosphene
