// Functions of two or more numbers under broadcasting: y = f(a, b). The gradient of a broadcast input is summed over where it was repeated.
#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

namespace {

template <auto f>
void binary_forward(const Node&, const ConstArrays& inputs, const Arrays& outputs) {
  const Array &a = *inputs[0], &b = *inputs[1];
  Array& y = *outputs[0];
  const auto a_map = broadcast_map(a.shape, y.shape), b_map = broadcast_map(b.shape, y.shape);
  for (size_t i = 0; i < y.values.size(); ++i)
    y.values[i] = f(a.values[static_cast<size_t>(a_map[i])], b.values[static_cast<size_t>(b_map[i])]);
  if (y.type == DataType::kInt64)  // a quotient or a power of integers
    for (double& value : y.values) value = std::trunc(value);
}

template <auto da, auto db>
void binary_backward(const Node&, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                     const Arrays& grad_inputs) {
  const Array &a = *inputs[0], &b = *inputs[1], &y = *outputs[0], *dy = grad_outputs[0];
  if (!dy) return;
  const auto a_map = broadcast_map(a.shape, y.shape), b_map = broadcast_map(b.shape, y.shape);
  for (size_t i = 0; i < y.values.size(); ++i) {
    const auto ia = static_cast<size_t>(a_map[i]), ib = static_cast<size_t>(b_map[i]);
    if (Array* grad_a = at(grad_inputs, 0)) grad_a->values[ia] += da(a.values[ia], b.values[ib], y.values[i]) * dy->values[i];
    if (Array* grad_b = at(grad_inputs, 1)) grad_b->values[ib] += db(a.values[ia], b.values[ib], y.values[i]) * dy->values[i];
  }
}

// Min and Max of any number of inputs: sign * y = max sign * x. The gradient goes to the first input that attains the extreme.
template <int kSign>
void extreme_forward(const Node&, const ConstArrays& inputs, const Arrays& outputs) {
  Array& y = *outputs[0];
  std::fill(y.values.begin(), y.values.end(), -kSign * INFINITY);
  for (const Array* x : inputs) {
    const auto map = broadcast_map(x->shape, y.shape);
    for (size_t i = 0; i < map.size(); ++i) {
      const double value = x->values[static_cast<size_t>(map[i])];
      if (kSign * value > kSign * y.values[i]) y.values[i] = value;
    }
  }
}

void extreme_backward(const Node&, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                      const Arrays& grad_inputs) {
  const Array &y = *outputs[0], *dy = grad_outputs[0];
  if (!dy) return;
  std::vector<bool> given(y.values.size(), false);  // the extreme was found in an earlier input
  for (size_t k = 0; k < inputs.size(); ++k) {
    const auto map = broadcast_map(inputs[k]->shape, y.shape);
    for (size_t i = 0; i < map.size(); ++i) {
      const auto source = static_cast<size_t>(map[i]);
      if (given[i] || inputs[k]->values[source] != y.values[i]) continue;
      given[i] = true;
      if (Array* dx = at(grad_inputs, k)) dx->values[source] += dy->values[i];
    }
  }
}

// Sum and Mean of any number of inputs.
double share(const Node& node, const ConstArrays& inputs) { return node.op == "Mean" ? 1.0 / static_cast<double>(inputs.size()) : 1.0; }

void sum_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  Array& y = *outputs[0];
  std::fill(y.values.begin(), y.values.end(), 0.0);
  for (const Array* x : inputs) {
    const auto map = broadcast_map(x->shape, y.shape);
    for (size_t i = 0; i < map.size(); ++i) y.values[i] += share(node, inputs) * x->values[static_cast<size_t>(map[i])];
  }
}

void sum_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                  const Arrays& grad_inputs) {
  if (!grad_outputs[0]) return;
  for (size_t k = 0; k < inputs.size(); ++k) {
    Array* dx = at(grad_inputs, k);
    if (!dx) continue;
    const auto map = broadcast_map(dx->shape, outputs[0]->shape);
    for (size_t i = 0; i < map.size(); ++i) dx->values[static_cast<size_t>(map[i])] += share(node, inputs) * grad_outputs[0]->values[i];
  }
}

// Where: y = condition ? a : b.
void where_forward(const Node&, const ConstArrays& inputs, const Arrays& outputs) {
  Array& y = *outputs[0];
  const auto c_map = broadcast_map(inputs[0]->shape, y.shape), a_map = broadcast_map(inputs[1]->shape, y.shape),
             b_map = broadcast_map(inputs[2]->shape, y.shape);
  for (size_t i = 0; i < y.values.size(); ++i)
    y.values[i] = inputs[0]->values[static_cast<size_t>(c_map[i])] != 0 ? inputs[1]->values[static_cast<size_t>(a_map[i])]
                                                                        : inputs[2]->values[static_cast<size_t>(b_map[i])];
}

void where_backward(const Node&, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                    const Arrays& grad_inputs) {
  const Array &y = *outputs[0], *dy = grad_outputs[0];
  if (!dy) return;
  const auto c_map = broadcast_map(inputs[0]->shape, y.shape);
  for (const size_t k : {size_t{1}, size_t{2}}) {
    Array* dx = at(grad_inputs, k);
    if (!dx) continue;
    const auto map = broadcast_map(dx->shape, y.shape);
    for (size_t i = 0; i < map.size(); ++i)
      if ((inputs[0]->values[static_cast<size_t>(c_map[i])] != 0) == (k == 1)) dx->values[static_cast<size_t>(map[i])] += dy->values[i];
  }
}

template <auto f, auto da, auto db>
Kernel pairwise(const char* op) {
  return {op, binary_forward<f>, binary_backward<da, db>};
}

template <auto f>
Kernel test(const char* op) {
  return {op, binary_forward<f>, nullptr};
}

#define F(expression) [](double a, double b) -> double { return (void)a, (void)b, (expression); }
#define D(expression) [](double a, double b, double y) -> double { return (void)a, (void)b, (void)y, (expression); }

// Mod: the remainder has the divisor's sign, or the dividend's with the attribute fmod. Both are exact, also where a quotient has no place
// in a double; -1 by infinity is infinity.
double floored_remainder(double a, double b) {
  const double r = std::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

bool truncates(const Node& node) { return node.attributes.get_int("fmod", 0) != 0; }

void mod_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  (truncates(node) ? binary_forward<F(std::fmod(a, b))> : binary_forward<F(floored_remainder(a, b))>)(node, inputs, outputs);
}

void mod_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                  const Arrays& grad_inputs) {
  (truncates(node) ? binary_backward<D(1), D(-std::trunc(a / b))>
                   : binary_backward<D(1), D(-std::floor(a / b))>)(node, inputs, outputs, grad_outputs, grad_inputs);
}

int64_t bits(double x) { return std::abs(x) < 0x1p62 ? static_cast<int64_t>(x) : 0; }
double number(int64_t x) { return static_cast<double>(x); }

void shift_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const bool left = node.attributes.get_string("direction", "") == "LEFT";
  (left ? binary_forward<F(std::ldexp(a, static_cast<int>(b)))>
        : binary_forward<F(std::floor(std::ldexp(a, -static_cast<int>(b))))>)(node, inputs, outputs);
}

}  // namespace

std::vector<Kernel> binary_kernels() {
  return {
      pairwise<F(a + b), D(1), D(1)>("Add"),
      pairwise<F(a - b), D(1), D(-1)>("Sub"),
      pairwise<F(a * b), D(b), D(a)>("Mul"),
      pairwise<F(a / b), D(1 / b), D(-y / b)>("Div"),
      // d(a^b)/db = y log a exists for positive a only; elsewhere the exponent is taken as fixed.
      pairwise<F(std::pow(a, b)), D(b == 0 ? 0 : b * std::pow(a, b - 1)), D(a > 0 ? y * std::log(a) : 0)>("Pow"),
      pairwise<F(a >= 0 ? a : a * b), D(a >= 0 ? 1 : b), D(a >= 0 ? 0 : a)>("PRelu"),
      {"Mod", mod_forward, mod_backward},
      {"BitShift", shift_forward, nullptr},
      {"Sum", sum_forward, sum_backward},
      {"Mean", sum_forward, sum_backward},
      {"Min", extreme_forward<-1>, extreme_backward},
      {"Max", extreme_forward<1>, extreme_backward},
      {"Where", where_forward, where_backward},
      test<F(a == b)>("Equal"),
      test<F(a > b)>("Greater"),
      test<F(a < b)>("Less"),
      test<F(a >= b)>("GreaterOrEqual"),
      test<F(a <= b)>("LessOrEqual"),
      test<F(a != 0 && b != 0)>("And"),
      test<F(a != 0 || b != 0)>("Or"),
      test<F((a != 0) != (b != 0))>("Xor"),
      test<F(number(bits(a) & bits(b)))>("BitwiseAnd"),
      test<F(number(bits(a) | bits(b)))>("BitwiseOr"),
      test<F(number(bits(a) ^ bits(b)))>("BitwiseXor"),
  };
}

}  // namespace phosphene::kernels
