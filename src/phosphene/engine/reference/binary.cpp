// Functions of two or more numbers under broadcasting: y = f(a, b). The gradient of a broadcast input is summed over where it was repeated.
#include "phosphene/engine/reference/families.h"

namespace phosphene::reference {

namespace {

template <auto f>
void binary_forward(const Node&, const ConstArrays& inputs, const Arrays& outputs) {
  const Array &a = *inputs[0], &b = *inputs[1];
  Array& y = *outputs[0];
  const auto a_map = broadcast_map(a.shape, y.shape), b_map = broadcast_map(b.shape, y.shape);
  for (size_t i = 0; i < y.values.size(); ++i)
    y.values[i] = f(a.values[static_cast<size_t>(a_map[i])], b.values[static_cast<size_t>(b_map[i])]);
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
Kernel smooth(const char* op) {
  return {op, binary_forward<f>, binary_backward<da, db>};
}

template <auto f>
Kernel test(const char* op) {
  return {op, binary_forward<f>, nullptr};
}

#define F(expression) [](double a, double b) -> double { return (void)a, (void)b, (expression); }
#define D(expression) [](double a, double b, double y) -> double { return (void)a, (void)b, (void)y, (expression); }

}  // namespace

std::vector<Kernel> binary_kernels() {
  return {
      smooth<F(a + b), D(1), D(1)>("Add"),
      smooth<F(a - b), D(1), D(-1)>("Sub"),
      smooth<F(a * b), D(b), D(a)>("Mul"),
      smooth<F(a / b), D(1 / b), D(-y / b)>("Div"),
      // d(a^b)/db = y log a exists for positive a only; elsewhere the exponent is taken as fixed.
      smooth<F(std::pow(a, b)), D(b == 0 ? 0 : b * std::pow(a, b - 1)), D(a > 0 ? y * std::log(a) : 0)>("Pow"),
      {"Min", extreme_forward<-1>, extreme_backward},
      {"Max", extreme_forward<1>, extreme_backward},
      {"Where", where_forward, where_backward},
      test<F(a == b)>("Equal"),
      test<F(a > b)>("Greater"),
      test<F(a < b)>("Less"),
      test<F(a != 0 && b != 0)>("And"),
      test<F(a != 0 || b != 0)>("Or"),
  };
}

}  // namespace phosphene::reference
