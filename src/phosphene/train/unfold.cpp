// A folded layer computes y = w' x + b'. With m and s the mean and deviation of y's channel over pictures, the layer
//
//     u = w x,   y = scale (u - mean) / sqrt(variance) + bias        w = w' / r,   mean = (m - b') / r,   variance = (s / r)^2,
//                                                                    scale = s,   bias = m
//
// is the same for every r > 0. What r is decides how far a step of the optimiser moves w: each channel gets the size of a first weight.
#include "phosphene/train/unfold.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "phosphene/base/error.h"
#include "phosphene/train/code_statistics.h"

namespace phosphene {

namespace {

constexpr int64_t kPictures = 2000;
constexpr float kLeastDeviation = 1e-3f;  // of units that no picture moves

struct ChannelStatistics {
  std::vector<float> mean, deviation;
};

// Over pictures and positions.
ChannelStatistics measure_channels(const Model& model, const std::string& layer, size_t channels, const Dataset& data,
                                   const std::string& engine) {
  const CodeStatistics values = measure_codes(model, layer, data, kPictures, engine);
  const size_t positions = values.mean.size() / channels;
  ChannelStatistics result;
  for (size_t c = 0; c < channels; ++c) {
    double mean = 0, square = 0;
    for (size_t i = c * positions; i < (c + 1) * positions; ++i) {
      const double m = values.mean[i], s = values.deviation[i];
      mean += m / static_cast<double>(positions);
      square += (m * m + s * s) / static_cast<double>(positions);
    }
    result.mean.push_back(static_cast<float>(mean));
    result.deviation.push_back(std::max(kLeastDeviation, static_cast<float>(std::sqrt(std::max(0.0, square - mean * mean)))));
  }
  return result;
}

}  // namespace

void start_from_folded(Parameters& parameters, const Graph& network, const Model& trained, const Dataset& data, const std::string& engine) {
  std::map<std::string, Parameter*> named;
  for (Parameter& p : parameters.all()) named[p.name] = &p;
  const std::string todo = "give a classifier that was trained with the same widths and classes";
  const auto take = [&](const std::string& name, const Tensor& tensor) {
    Tensor& value = named.at(name)->value;
    if (value.shape() != tensor.shape())
      throw Error(fmt::format("its weight {} is {}, here it is {}", name, tensor.shape(), value.shape()), todo);
    value = tensor;
    return value.floats();
  };
  std::map<std::string, const Node*> norms;  // by the value that they normalise
  for (const Node& node : network.nodes)
    if (node.op == "BatchNormalization") norms[node.inputs[0]] = &node;
  for (const Node& layer : network.nodes) {
    if (layer.op != "Conv" && layer.op != "Gemm") continue;
    const Node* norm = norms.contains(layer.outputs[0]) ? norms[layer.outputs[0]] : nullptr;
    const std::string& y = norm ? norm->outputs[0] : layer.outputs[0];
    const Node* folded = trained.graph.find_producer(y);
    if (!folded || folded->op != layer.op || folded->inputs.size() != 3) throw Error(fmt::format("it has no layer {}", y), todo);
    const Tensor& weight = *trained.graph.weights.at(folded->inputs[1]);
    const Tensor& bias = *trained.graph.weights.at(folded->inputs[2]);
    const std::span<float> w = take(layer.inputs[1], weight), b = take(layer.inputs[2], bias);
    if (!norm) continue;
    const auto channels = static_cast<size_t>(weight.shape()[0]), fan_in = static_cast<size_t>(weight.size()) / channels;
    const ChannelStatistics u = measure_channels(trained, y, channels, data, engine);
    std::ranges::fill(b, 0);
    const std::span<float> scale = take(norm->inputs[1], bias), shift = take(norm->inputs[2], bias), mean = take(norm->inputs[3], bias),
                           variance = take(norm->inputs[4], bias);
    for (size_t c = 0; c < channels; ++c) {
      const auto row = w.subspan(c * fan_in, fan_in);
      double square = 0;
      for (const float value : row) square += static_cast<double>(value) * value;
      const double size = std::sqrt(square / 2);  // of a first weight: 2 / fan_in a number
      const float r = size > 0 ? static_cast<float>(size) : 1.0f;
      for (float& value : row) value /= r;
      mean[c] = (u.mean[c] - bias.floats()[c]) / r;
      variance[c] = (u.deviation[c] / r) * (u.deviation[c] / r);
      scale[c] = u.deviation[c];
      shift[c] = u.mean[c];
    }
  }
}

}  // namespace phosphene
