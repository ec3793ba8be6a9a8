// Layers that work element by element:
//
//     ReLU   max(x, 0) + slope min(x, 0)            Power  (shift + scale x)^power
//     PReLU  max(x, 0) + a[c] min(x, 0)             Exp    base^(shift + scale x), base e when it is -1
//     ELU    max(x, 0) + alpha (exp(min(x, 0)) - 1) Log    log_base(shift + scale x)
//     BNLL   log(1 + exp(x))
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/formats/caffe/layer.h"

namespace phosphene::caffe {

namespace {

std::string times(Layer& layer, const std::string& x, float factor) {
  return factor == 1 ? x : layer.add("Mul", {x, layer.scalar(factor)});
}

std::string plus(Layer& layer, const std::string& x, float summand) {
  return summand == 0 ? x : layer.add("Add", {x, layer.scalar(summand)});
}

// ln(base) where -1 stands for e.
double log_of_base(float base) {
  if (base == -1) return 1;
  if (!(base > 0)) throw Error(fmt::format("the base {} is not positive", base), "correct the layer's parameters");
  return std::log(static_cast<double>(base));
}

}  // namespace

Values relu(Layer& layer) {
  const float slope = layer.param.relu_param().negative_slope();
  if (slope == 0) return {layer.add("Relu", {layer.bottoms[0]})};
  return {layer.add("LeakyRelu", {layer.bottoms[0]}, {{"alpha", slope}})};
}

Values prelu(Layer& layer) {
  const std::string& x = layer.bottoms[0];
  const Shape& shape = layer.shape();
  if (shape.rank() < 2) throw Error(fmt::format("its bottom has the shape {}, which has no channels", shape));
  const bool shared = layer.param.prelu_param().channel_shared();
  Tensor slopes = layer.blob({shared ? 1 : shape[1]}, {0.25f, 0.05f});
  Shape over_channels(std::vector<int64_t>(static_cast<size_t>(shape.rank() - 1), 1));
  over_channels[0] = slopes.size();
  const std::string a = layer.store("slope", slopes.reshaped(over_channels));
  // min(x, 0) = x - max(x, 0). PRelu itself has no fast kernel.
  const std::string positive = layer.add("Relu", {x}), negative = layer.add("Sub", {x, positive});
  return {layer.add("Add", {positive, layer.add("Mul", {negative, a})})};
}

Values elu(Layer& layer) { return {layer.add("Elu", {layer.bottoms[0]}, {{"alpha", layer.param.elu_param().alpha()}})}; }
Values sigmoid(Layer& layer) { return {layer.add("Sigmoid", {layer.bottoms[0]})}; }
Values tanh(Layer& layer) { return {layer.add("Tanh", {layer.bottoms[0]})}; }
Values abs_val(Layer& layer) { return {layer.add("Abs", {layer.bottoms[0]})}; }
Values bnll(Layer& layer) { return {layer.add("Softplus", {layer.bottoms[0]})}; }
Values dropout(Layer& layer) { return {layer.add("Dropout", {layer.bottoms[0]})}; }

Values power(Layer& layer) {
  const PowerParameter& p = layer.param.power_param();
  const std::string base = plus(layer, times(layer, layer.bottoms[0], p.scale()), p.shift());
  return {p.power() == 1 ? base : layer.add("Pow", {base, layer.scalar(p.power())})};
}

Values exponential(Layer& layer) {
  const ExpParameter& p = layer.param.exp_param();
  const double log_base = log_of_base(p.base());
  const std::string scaled = times(layer, layer.bottoms[0], static_cast<float>(log_base * p.scale()));
  return {layer.add("Exp", {plus(layer, scaled, static_cast<float>(log_base * p.shift()))})};
}

Values logarithm(Layer& layer) {
  const LogParameter& p = layer.param.log_param();
  const double log_base = log_of_base(p.base());
  if (log_base == 0) throw Error("the base is 1", "correct log_param");
  const std::string shifted = plus(layer, times(layer, layer.bottoms[0], p.scale()), p.shift());
  return {times(layer, layer.add("Log", {shifted}), static_cast<float>(1 / log_base))};
}

}  // namespace phosphene::caffe
