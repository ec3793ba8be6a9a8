// A folded layer computes y = w' x + b'. With m and s the mean and deviation of y's channel over pictures, the layer
//
//     u = w x,   y = scale (u - mean) / sqrt(variance) + bias        w = w' / r,   mean = (m - b') / r,   variance = (s / r)^2,
//                                                                    scale = s,   bias = m
//
// is the same for every r > 0. What r is decides how far a step of the optimiser moves w: each channel gets the size of a first weight.
#include "phosphene/train/unfold.h"

#include <cmath>
#include <map>
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/train/code_statistics.h"
#include "phosphene/train/trunk.h"

namespace phosphene {

namespace {

constexpr int64_t kPictures = 2000;
constexpr float kLeastDeviation = 1e-3f;  // of units that no picture moves
const std::string kNorm = "/norm";

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

void start_from_folded(Parameters& parameters, const Model& trained, const Dataset& data, const std::string& engine) {
  std::map<std::string, Parameter*> named;
  for (Parameter& p : parameters.all()) named[p.name] = &p;
  const auto take = [&](const std::string& name, const Tensor& tensor) {
    Parameter* p = named.contains(name) ? named[name] : nullptr;
    if (!p || p->value.shape() != tensor.shape())
      throw Error(p ? fmt::format("its weight {} is {}, here it is {}", name, tensor.shape(), p->value.shape())
                    : fmt::format("it has a weight {}, this network none", name),
                  "give a classifier that was trained with the same widths and classes");
    p->value = tensor;
    named.erase(name);
    return p;
  };
  std::set<std::string> of_trunk;
  for (const Node& node : trunk_of(trained.graph).value_or(Graph{}).nodes) of_trunk.insert(node.outputs[0]);
  for (const Node& node : trained.graph.nodes) {
    if ((node.op != "Conv" && node.op != "Gemm") || of_trunk.contains(node.outputs[0])) continue;
    const Tensor& weight = *trained.graph.weights.at(node.inputs.at(1));
    const Tensor& bias = *trained.graph.weights.at(node.inputs.at(2));
    const std::string& y = node.outputs[0];
    if (!y.ends_with(kNorm)) {
      take(y + ".weight", weight);
      take(y + ".bias", bias);
      continue;
    }
    const auto channels = static_cast<size_t>(weight.shape()[0]), fan_in = static_cast<size_t>(weight.size()) / channels;
    const ChannelStatistics u = measure_channels(trained, y, channels, data, engine);
    const std::string linear = y.substr(0, y.size() - kNorm.size()) + "/linear";
    const auto w = take(linear + ".weight", weight)->value.floats();
    take(linear + ".bias", Tensor::zeros(bias.shape()));
    const auto scale = take(y + ".scale", bias)->value.floats(), shift = take(y + ".bias", bias)->value.floats();
    const auto mean = take(y + ".mean", bias)->value.floats(), variance = take(y + ".variance", bias)->value.floats();
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
  if (!named.empty())
    throw Error(fmt::format("it has no weight {}", named.begin()->first), "give a classifier that was trained with the same widths");
}

}  // namespace phosphene
