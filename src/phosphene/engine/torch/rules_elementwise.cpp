// Functions of one number: y = f(x), a line a function.
#include <cmath>

#include "phosphene/engine/torch/lower.h"

namespace phosphene::aten {

namespace {

using T = const at::Tensor&;

// f(x) of no attributes.
template <auto f>
Run unary(const Site&) {
  return [](const Tensors& inputs) -> Tensors { return {f(inputs[0])}; };
}
#define F(expression) [](T x) -> at::Tensor { return expression; }

template <typename Function>
Run of_first(Function f) {
  return [f](const Tensors& inputs) -> Tensors { return {f(inputs[0])}; };
}

double alpha(const Site& site, float fallback) { return site.attributes().get_float("alpha", fallback); }

Run leaky_relu(const Site& site) {
  return of_first([a = alpha(site, 0.01F)](T x) { return at::leaky_relu(x, a); });
}
Run thresholded_relu(const Site& site) {
  return of_first([a = alpha(site, 1)](T x) { return at::threshold(x, a, 0); });
}
Run elu(const Site& site) {
  return of_first([a = alpha(site, 1)](T x) { return at::elu(x, a); });
}
Run celu(const Site& site) {
  return of_first([a = alpha(site, 1)](T x) { return at::celu(x, a); });
}
Run selu(const Site& site) {
  const double scale = site.attributes().get_float("gamma", 1.05070102214813232421875F);
  return of_first([a = alpha(site, 1.67326319217681884765625F), scale](T x) { return at::elu(x, a, scale); });
}
Run hard_sigmoid(const Site& site) {
  const double beta = site.attributes().get_float("beta", 0.5F);
  return of_first([a = alpha(site, 0.2F), beta](T x) { return (x * a + beta).clamp(0, 1); });
}
Run shrink(const Site& site) {
  const double lambda = site.attributes().get_float("lambd", 0.5F), bias = site.attributes().get_float("bias", 0);
  return of_first([=](T x) { return (x + bias).masked_fill(x.ge(-lambda), 0) + (x - bias).masked_fill(x.le(lambda), 0); });
}
Run gelu(const Site& site) {
  const bool tanh = site.attributes().get_string("approximate", "none") == "tanh";
  return of_first([tanh](T x) { return at::gelu(x, tanh ? "tanh" : "none"); });
}

// Bounds are constants almost always; a bound that is computed goes the long way.
Run clip(const Site& site) {
  const auto low = site.number(1), high = site.number(2);
  if ((site.has(1) && !low) || (site.has(2) && !high)) {
    return [](const Tensors& inputs) -> Tensors {
      at::Tensor y = inputs[0];
      if (inputs.size() > 1 && inputs[1].defined()) y = at::maximum(y, inputs[1].reshape({}));
      if (inputs.size() > 2 && inputs[2].defined()) y = at::minimum(y, inputs[2].reshape({}));
      return {y};
    };
  }
  if (low && high) return of_first([l = *low, h = *high](T x) { return at::clamp(x, l, h); });
  if (low) return of_first([l = *low](T x) { return at::clamp_min(x, l); });
  if (high) return of_first([h = *high](T x) { return at::clamp_max(x, h); });
  return unary<F(x)>(site);
}

Run is_inf(const Site& site) {
  const bool negative = site.attributes().get_int("detect_negative", 1) != 0,
             positive = site.attributes().get_int("detect_positive", 1) != 0;
  return of_first([=](T x) {
    if (negative && positive) return x.isinf();
    return negative ? x.eq(-INFINITY) : positive ? x.eq(INFINITY) : at::zeros_like(x, at::kBool);
  });
}

Run cast(const Site& site) {
  return of_first([type = type_of(site.output().type)](T x) {
    return type == at::kFloat && at::isFloatingType(x.scalar_type()) ? x : x.to(type);  // among floats it is the program that chooses
  });
}

// Of a network that is used, not trained: y = x. A mask, or a ratio beside training, is the kernel's matter.
Run dropout(const Site& site) {
  if (site.node.has_output(1) || site.has(2)) return nullptr;
  return unary<F(x)>(site);
}

// One number, or one along `axis`.
at::Tensor along(T p, int axis, int64_t rank) {
  if (p.numel() == 1) return p.reshape({});
  Ints shape(static_cast<size_t>(rank), 1);
  shape[static_cast<size_t>(axis)] = -1;
  return p.reshape(shape);
}

int quantisation_axis(const Site& site) { return site.shape(1).size() == 1 ? 0 : site.axis("axis", 1); }

at::Tensor zero_point(const Tensors& inputs, int axis) {
  if (inputs.size() < 3 || !inputs[2].defined()) return at::zeros({}, inputs[0].options());
  return along(inputs[2].to(inputs[0].scalar_type()), axis, inputs[0].dim());
}

// y = clamp(round(x / s) + z), and gradients pass straight through the rounding where it does not saturate.
Run quantize_linear(const Site& site) {
  double low = 0, high = 255;
  switch (site.attributes().get_int("output_dtype", 2)) {
    case 3: low = -128, high = 127; break;
    case 4: high = 65535; break;
    case 5: low = -32768, high = 32767; break;
    default: break;
  }
  return [=, axis = quantisation_axis(site)](const Tensors& inputs) -> Tensors {
    const at::Tensor quotient = inputs[0] / along(inputs[1].detach(), axis, inputs[0].dim()), zero = zero_point(inputs, axis);
    const at::Tensor through = (quotient + zero).clamp(low, high), y = (quotient.detach().round() + zero).clamp(low, high);
    return {through + (y - through.detach())};
  };
}

Run dequantize_linear(const Site& site) {
  return [axis = quantisation_axis(site)](const Tensors& inputs) -> Tensors {
    const at::Tensor x = inputs[0].to(inputs[1].scalar_type());
    return {(x - zero_point({x, inputs[1], inputs.size() > 2 ? inputs[2] : at::Tensor()}, axis)) *
            along(inputs[1].detach(), axis, x.dim())};
  };
}

}  // namespace

std::vector<Rule> elementwise_rules() {
  constexpr Width kWide = Width::kFloat32;
  return {
      {"Relu", unary<F(at::relu(x))>},
      {"LeakyRelu", leaky_relu},
      {"ThresholdedRelu", thresholded_relu, kWide},
      {"Shrink", shrink, kWide},
      {"Elu", elu},
      {"Selu", selu},
      {"Celu", celu},
      {"Sigmoid", unary<F(at::sigmoid(x))>},
      {"HardSigmoid", hard_sigmoid, kWide},
      {"HardSwish", unary<F(at::hardswish(x))>, kWide},
      {"Tanh", unary<F(at::tanh(x))>},
      {"Softplus", unary<F(at::softplus(x))>, kWide},
      {"Softsign", unary<F(x / (1 + x.abs()))>, kWide},
      {"Mish", unary<F(at::mish(x))>, kWide},
      {"Gelu", gelu},
      {"Clip", clip},
      {"Exp", unary<F(at::exp(x))>},
      {"Log", unary<F(at::log(x))>},
      {"Sqrt", unary<F(at::sqrt(x))>},
      {"Reciprocal", unary<F(at::reciprocal(x))>},
      {"Erf", unary<F(at::erf(x))>},
      {"Sin", unary<F(at::sin(x))>, kWide},
      {"Cos", unary<F(at::cos(x))>, kWide},
      {"Tan", unary<F(at::tan(x))>, kWide},
      {"Asin", unary<F(at::asin(x))>, kWide},
      {"Acos", unary<F(at::acos(x))>, kWide},
      {"Atan", unary<F(at::atan(x))>, kWide},
      {"Sinh", unary<F(at::sinh(x))>, kWide},
      {"Cosh", unary<F(at::cosh(x))>, kWide},
      {"Asinh", unary<F(at::asinh(x))>, kWide},
      {"Acosh", unary<F(at::acosh(x))>, kWide},
      {"Atanh", unary<F(at::atanh(x))>, kWide},
      {"Floor", unary<F(at::floor(x))>},
      {"Ceil", unary<F(at::ceil(x))>},
      {"Round", unary<F(at::round(x))>},
      {"Abs", unary<F(at::abs(x))>},
      {"Neg", unary<F(at::neg(x))>},
      {"Sign", unary<F(at::sign(x))>},
      {"IsNaN", unary<F(at::isnan(x))>},
      {"IsInf", is_inf},
      {"Not", unary<F(at::logical_not(x))>},
      {"Cast", cast, Width::kAny},
      {"CastLike", cast, Width::kAny},
      {"Identity", unary<F(x)>, Width::kAny},
      {"Dropout", dropout, Width::kAny},
      {"QuantizeLinear", quantize_linear, kWide},
      {"DequantizeLinear", dequantize_linear, kWide},
  };
}

}  // namespace phosphene::aten
