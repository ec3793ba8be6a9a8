// Functions of two or more numbers under broadcasting.
//
//     Min, Max of several: the gradient goes to the first that attains the extreme. What compares does so in float32: rounding makes
//     equals.
#include "phosphene/engine/torch/lower.h"

namespace phosphene::aten {

namespace {

using T = const at::Tensor&;

template <auto f>
Run binary(const Site&) {
  return [](const Tensors& inputs) -> Tensors { return {f(inputs[0], inputs[1])}; };
}
#define F(expression) [](T a, T b) -> at::Tensor { return expression; }

template <auto f>
Run folded(const Site&) {
  return [](const Tensors& inputs) -> Tensors {
    at::Tensor y = inputs[0];
    for (size_t k = 1; k < inputs.size(); ++k) y = f(y, inputs[k]);
    return {y};
  };
}

bool whole(const Site& site) { return site.output().type == DataType::kInt64; }

Run div(const Site& site) { return whole(site) ? binary<F(at::div(a, b, "trunc"))>(site) : binary<F(at::div(a, b))>(site); }

// Its derivative by the exponent exists where the base is positive; elsewhere the exponent is taken as fixed.
at::Tensor power(T a, T b) {
  if (!b.requires_grad()) return at::pow(a, b);
  const at::Tensor inside = a.gt(0);
  return at::where(inside, at::pow(a.masked_fill(inside.logical_not(), 1), b), at::pow(a, b.detach()));
}

Run pow(const Site& site) {
  if (whole(site)) return nullptr;
  if (const auto exponent = site.number(1); exponent && !site.reached.contains(site.node.inputs[1]))
    return [e = *exponent, shape = site.output().shape.dims()](const Tensors& inputs) -> Tensors {
      return {at::pow(inputs[0], e).expand(shape)};
    };
  return binary<power>(site);
}

Run mod(const Site& site) {
  return site.attributes().get_int("fmod", 0) != 0 ? binary<F(at::fmod(a, b))>(site) : binary<F(at::remainder(a, b))>(site);
}

Run bit_shift(const Site& site) {
  const bool left = site.attributes().get_string("direction", "") == "LEFT";
  return left ? binary<F(at::bitwise_left_shift(a, b))>(site) : binary<F(at::bitwise_right_shift(a, b))>(site);
}

Run mean(const Site&) {
  return [](const Tensors& inputs) -> Tensors {
    at::Tensor y = inputs[0];
    for (size_t k = 1; k < inputs.size(); ++k) y = y + inputs[k];
    return {y / static_cast<double>(inputs.size())};
  };
}

Run where(const Site&) {
  return [](const Tensors& inputs) -> Tensors { return {at::where(inputs[0].to(at::kBool), inputs[1], inputs[2])}; };
}

}  // namespace

std::vector<Rule> binary_rules() {
  return {
      {"Add", binary<F(a + b)>},
      {"Sub", binary<F(a - b)>},
      {"Mul", binary<F(a * b)>},
      {"Div", div},
      {"Mod", mod, Width::kFloat32},
      {"BitShift", bit_shift},
      {"BitwiseAnd", binary<F(a.bitwise_and(b))>},
      {"BitwiseOr", binary<F(a.bitwise_or(b))>},
      {"BitwiseXor", binary<F(a.bitwise_xor(b))>},
      {"Pow", pow, Width::kFloat32},
      {"PRelu", binary<F(at::where(a.ge(0), a, a * b))>},
      {"Min", folded<F(at::where(a.le(b), a, b))>, Width::kFloat32},
      {"Max", folded<F(at::where(a.ge(b), a, b))>, Width::kFloat32},
      {"Sum", folded<F(a + b)>},
      {"Mean", mean, Width::kFloat32},
      {"Equal", binary<F(a.eq(b))>, Width::kFloat32},
      {"Greater", binary<F(a.gt(b))>, Width::kFloat32},
      {"GreaterOrEqual", binary<F(a.ge(b))>, Width::kFloat32},
      {"Less", binary<F(a.lt(b))>, Width::kFloat32},
      {"LessOrEqual", binary<F(a.le(b))>, Width::kFloat32},
      {"And", binary<F(a.logical_and(b))>},
      {"Or", binary<F(a.logical_or(b))>},
      {"Xor", binary<F(a.logical_xor(b))>},
      {"Where", where},
  };
}

}  // namespace phosphene::aten
