// Activations: y = f(x), dx = f'(x) dy, a line a function. At a kink the derivative is that of the flatter side.
#include "phosphene/graph/kernels/unary.h"

namespace phosphene::kernels {

namespace {

Parameters clip_bounds(const Node&, const ConstArrays& inputs) {
  const Array *low = at(inputs, 1), *high = at(inputs, 2);
  return {low ? low->values[0] : -INFINITY, high ? high->values[0] : INFINITY};
}

// The attributes alpha and beta or gamma, with their defaults.
Parameters leaky_slope(const Node& node, const ConstArrays&) { return {node.attributes.get_float("alpha", 0.01F), 0}; }
Parameters alpha_of_1(const Node& node, const ConstArrays&) { return {node.attributes.get_float("alpha", 1), 0}; }
Parameters selu_constants(const Node& node, const ConstArrays&) {
  return {node.attributes.get_float("alpha", 1.67326319217681884765625F), node.attributes.get_float("gamma", 1.05070102214813232421875F)};
}
Parameters hard_line(const Node& node, const ConstArrays&) {
  return {node.attributes.get_float("alpha", 0.2F), node.attributes.get_float("beta", 0.5F)};
}
Parameters shrink_bounds(const Node& node, const ConstArrays&) {
  return {node.attributes.get_float("lambd", 0.5F), node.attributes.get_float("bias", 0)};
}
// alpha is 1 for the approximation by tanh.
Parameters gelu_form(const Node& node, const ConstArrays&) {
  return {node.attributes.get_string("approximate", "none") == "tanh" ? 1.0 : 0.0, 0};
}

double hard_sigmoid(double x, double alpha, double beta) { return std::clamp(alpha * x + beta, 0.0, 1.0); }
bool on_line(double x, double alpha, double beta) { return alpha * x + beta > 0 && alpha * x + beta < 1; }

double mish_slope(double x) {
  const double t = std::tanh(softplus(x));
  return t + x * (1 - t * t) * logistic(x);
}

// x Phi(x), Phi the normal distribution, or its approximation (1 + tanh(c (x + 0.044715 x^3))) / 2, c = sqrt(2 / pi).
constexpr double kGeluScale = 0.7978845608028654, kGeluCube = 0.044715;
double gelu_share(double x, bool approximate) {
  if (approximate) return 0.5 * (1 + std::tanh(kGeluScale * (x + kGeluCube * x * x * x)));
  return 0.5 * (1 + std::erf(x * M_SQRT1_2));
}
double gelu_slope(double x, bool approximate) {
  const double share = gelu_share(x, approximate);
  if (approximate) return share + x * 2 * share * (1 - share) * kGeluScale * (1 + 3 * kGeluCube * x * x);
  return share + x * std::exp(-0.5 * x * x) * M_2_SQRTPI * M_SQRT1_2 / 2;
}

}  // namespace

std::vector<Kernel> activation_kernels() {
  return {
      smooth<F(std::max(x, 0.0)), D(x > 0 ? 1 : 0)>("Relu"),
      smooth<F(x >= 0 ? x : p.alpha * x), D(x >= 0 ? 1 : p.alpha), leaky_slope>("LeakyRelu"),
      smooth<F(x > p.alpha ? x : 0), D(x > p.alpha ? 1 : 0), alpha_of_1>("ThresholdedRelu"),
      // As numpy's clip: an upper bound below the lower one wins.
      smooth<F(std::min(std::max(x, p.alpha), p.beta)), D(x > p.alpha && x < p.beta ? 1 : 0), clip_bounds>("Clip"),
      smooth<F(x < -p.alpha  ? x + p.beta
               : x > p.alpha ? x - p.beta
                             : 0),
             D(std::abs(x) > p.alpha ? 1 : 0), shrink_bounds>("Shrink"),
      smooth<F(x >= 0 ? x : p.alpha * std::expm1(x)), D(x >= 0 ? 1 : y + p.alpha), alpha_of_1>("Elu"),
      smooth<F(p.beta * (x >= 0 ? x : p.alpha * std::expm1(x))), D(x >= 0 ? p.beta : y + p.alpha * p.beta), selu_constants>("Selu"),
      smooth<F(x >= 0 ? x : p.alpha * std::expm1(x / p.alpha)), D(x >= 0 ? 1 : std::exp(x / p.alpha)), alpha_of_1>("Celu"),
      smooth<F(logistic(x)), D(y * (1 - y))>("Sigmoid"),
      smooth<F(hard_sigmoid(x, p.alpha, p.beta)), D(on_line(x, p.alpha, p.beta) ? p.alpha : 0), hard_line>("HardSigmoid"),
      smooth<F(x * hard_sigmoid(x, 1.0 / 6, 0.5)), D(hard_sigmoid(x, 1.0 / 6, 0.5) + (on_line(x, 1.0 / 6, 0.5) ? x / 6 : 0))>("HardSwish"),
      smooth<F(std::tanh(x)), D(1 - y * y)>("Tanh"),
      smooth<F(softplus(x)), D(logistic(x))>("Softplus"),
      smooth<F(x / (1 + std::abs(x))), D(std::pow(1 + std::abs(x), -2))>("Softsign"),
      smooth<F(x * std::tanh(softplus(x))), D(mish_slope(x))>("Mish"),
      smooth<F(x * gelu_share(x, p.alpha != 0)), D(gelu_slope(x, p.alpha != 0)), gelu_form>("Gelu"),
  };
}

}  // namespace phosphene::kernels
