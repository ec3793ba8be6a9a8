// Functions of mathematics: y = f(x), dx = f'(x) dy, a line a function.
#include "phosphene/graph/kernels/unary.h"

namespace phosphene::kernels {

namespace {

// alpha, beta: whether the negative and the positive infinity count.
Parameters counted_infinities(const Node& node, const ConstArrays&) {
  return {static_cast<double>(node.attributes.get_int("detect_negative", 1)),
          static_cast<double>(node.attributes.get_int("detect_positive", 1))};
}

double sign(double x) { return (x > 0) - (x < 0); }

}  // namespace

std::vector<Kernel> mathematics_kernels() {
  return {
      smooth<F(std::exp(x)), D(y)>("Exp"),
      smooth<F(std::log(x)), D(1 / x)>("Log"),
      smooth<F(std::abs(x)), D(sign(x))>("Abs"),
      smooth<F(-x), D(-1)>("Neg"),
      smooth<F(std::sqrt(x)), D(0.5 / y)>("Sqrt"),
      smooth<F(1 / x), D(-y * y)>("Reciprocal"),
      smooth<F(std::erf(x)), D(M_2_SQRTPI * std::exp(-x * x))>("Erf"),
      smooth<F(std::sin(x)), D(std::cos(x))>("Sin"),
      smooth<F(std::cos(x)), D(-std::sin(x))>("Cos"),
      smooth<F(std::tan(x)), D(1 + y * y)>("Tan"),
      smooth<F(std::asin(x)), D(1 / std::sqrt(1 - x * x))>("Asin"),
      smooth<F(std::acos(x)), D(-1 / std::sqrt(1 - x * x))>("Acos"),
      smooth<F(std::atan(x)), D(1 / (1 + x * x))>("Atan"),
      smooth<F(std::sinh(x)), D(std::cosh(x))>("Sinh"),
      smooth<F(std::cosh(x)), D(std::sinh(x))>("Cosh"),
      smooth<F(std::asinh(x)), D(1 / std::sqrt(x * x + 1))>("Asinh"),
      smooth<F(std::acosh(x)), D(1 / std::sqrt(x * x - 1))>("Acosh"),
      smooth<F(std::atanh(x)), D(1 / (1 - x * x))>("Atanh"),
      step<F(sign(x))>("Sign"),
      step<F(std::floor(x))>("Floor"),
      step<F(std::ceil(x))>("Ceil"),
      step<F(std::nearbyint(x))>("Round"),  // halves go to the even neighbour
      step<F(x == 0 ? 1 : 0)>("Not"),
      step<F(std::isnan(x) ? 1 : 0)>("IsNaN"),
      step<F(std::isinf(x) && (x < 0 ? p.alpha : p.beta) != 0 ? 1 : 0), counted_infinities>("IsInf"),
  };
}

}  // namespace phosphene::kernels
