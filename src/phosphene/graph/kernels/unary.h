// What functions of one number share: y = f(x), dx = f'(x) dy. Only the families of such functions include this.
#pragma once

#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

// What a node's attributes or further inputs say about f.
struct Parameters {
  double alpha = 0, beta = 0;
};

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

inline Parameters none(const Node&, const ConstArrays&) { return {}; }

// f and its derivative D(x, y, p); p comes from `read`.
template <auto f, auto df, auto read = none>
Kernel smooth(const char* op) {
  return {op, unary_forward<f, read>, unary_backward<df, read>};
}

// Constant wherever it is smooth.
template <auto f, auto read = none>
Kernel step(const char* op) {
  return {op, unary_forward<f, read>, nullptr};
}

using P = const Parameters&;
#define F(expression) [](double x, P p) -> double { return (void)x, (void)p, (expression); }
#define D(expression) [](double x, double y, P p) -> double { return (void)x, (void)y, (void)p, (expression); }

inline double logistic(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
inline double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

}  // namespace phosphene::kernels
