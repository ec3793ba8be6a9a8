// Activations and other functions of one number: y = f(x), dx = f'(x) dy. A line a function; p are the node's parameters.
#include "phosphene/engine/reference/families.h"

namespace phosphene::reference {

namespace {

// LeakyRelu: alpha is the slope below zero. Clip: alpha and beta are the bounds.
struct Parameters {
  double alpha, beta;
};

double logistic(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }

template <auto f, auto read>
void unary_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const Parameters p = read(node, inputs);
  for (size_t i = 0; i < outputs[0]->values.size(); ++i) outputs[0]->values[i] = f(inputs[0]->values[i], p);
}

template <auto df, auto read>
void unary_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                    const Arrays& grad_inputs) {
  if (!grad_outputs[0] || !grad_inputs[0]) return;
  const Parameters p = read(node, inputs);
  for (size_t i = 0; i < grad_inputs[0]->values.size(); ++i)
    grad_inputs[0]->values[i] += df(inputs[0]->values[i], outputs[0]->values[i], p) * grad_outputs[0]->values[i];
}

Parameters none(const Node&, const ConstArrays&) { return {}; }

Parameters clip_bounds(const Node&, const ConstArrays& inputs) {
  const Array *low = at(inputs, 1), *high = at(inputs, 2);
  return {low ? low->values[0] : -INFINITY, high ? high->values[0] : INFINITY};
}

Parameters leaky_slope(const Node& node, const ConstArrays&) { return {node.attributes.get_float("alpha", 0.01F), 0}; }

template <auto f, auto df, auto read = none>
Kernel smooth(const char* op) {
  return {op, unary_forward<f, read>, unary_backward<df, read>};
}

template <auto f>
Kernel step(const char* op) {
  return {op, unary_forward<f, none>, nullptr};
}

using P = const Parameters&;
#define F(expression) [](double x, P p) -> double { return (void)x, (void)p, (expression); }
#define D(expression) [](double x, double y, P p) -> double { return (void)x, (void)y, (void)p, (expression); }

}  // namespace

std::vector<Kernel> activation_kernels() {
  return {
      smooth<F(std::max(x, 0.0)), D(x > 0 ? 1 : 0)>("Relu"),
      smooth<F(x >= 0 ? x : p.alpha * x), D(x >= 0 ? 1 : p.alpha), leaky_slope>("LeakyRelu"),
      smooth<F(logistic(x)), D(y * (1 - y))>("Sigmoid"),
      smooth<F(std::tanh(x)), D(1 - y * y)>("Tanh"),
      // As numpy's clip: an upper bound below the lower one wins.
      smooth<F(std::min(std::max(x, p.alpha), p.beta)), D(x > p.alpha && x < p.beta ? 1 : 0), clip_bounds>("Clip"),
      smooth<F(std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)))), D(logistic(x))>("Softplus"),
      smooth<F(std::exp(x)), D(y)>("Exp"),
      smooth<F(std::log(x)), D(1 / x)>("Log"),
      smooth<F(std::abs(x)), D(x > 0   ? 1
                               : x < 0 ? -1
                                       : 0)>("Abs"),
      smooth<F(-x), D(-1)>("Neg"),
      smooth<F(std::sqrt(x)), D(0.5 / y)>("Sqrt"),
      smooth<F(1 / x), D(-y * y)>("Reciprocal"),
      smooth<F(std::erf(x)), D(2 / std::sqrt(M_PI) * std::exp(-x * x))>("Erf"),
      step<F(std::floor(x))>("Floor"),
      step<F(std::ceil(x))>("Ceil"),
      step<F(x == 0 ? 1 : 0)>("Not"),
  };
}

}  // namespace phosphene::reference
