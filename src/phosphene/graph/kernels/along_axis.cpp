// Operators along one axis.
//
//     ArgMax, ArgMin  the position of the extreme; the first one, or the last with select_last_index
//     TopK            the k largest (or smallest) and their positions, in order
//     Hardmax         1 at the first maximum, else 0
//     CumSum          y[k] = x[0] + .. + x[k]; exclusive: without x[k]; reverse: from the end
#include <numeric>

#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

namespace {

template <int kSign>
void arg_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const bool last = node.attributes.get_int("select_last_index", 0) != 0;
  const AxisView view(inputs[0]->shape, node.attributes.get_int("axis", 0));
  for_each_line(view, [&](auto index, size_t line) {
    const auto value = [&](int64_t k) { return kSign * inputs[0]->values[index(k)]; };
    int64_t best = 0;
    for (int64_t k = 1; k < view.extent; ++k)
      if (value(k) > value(best) || (last && value(k) == value(best))) best = k;
    outputs[0]->values[line] = static_cast<double>(best);
  });
}

void hardmax_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const AxisView view(inputs[0]->shape, node.attributes.get_int("axis", -1));
  std::fill(outputs[0]->values.begin(), outputs[0]->values.end(), 0.0);
  for_each_line(view, [&](auto index, size_t) {
    int64_t best = 0;
    for (int64_t k = 1; k < view.extent; ++k)
      if (inputs[0]->values[index(k)] > inputs[0]->values[index(best)]) best = k;
    outputs[0]->values[index(best)] = 1;
  });
}

// Calls visit(element of x, element of y) for what TopK takes, and the position along the axis.
template <typename Visit>
void for_each_top(const Node& node, const Array& x, const Shape& y, Visit visit) {
  const AxisView view(x.shape, node.attributes.get_int("axis", -1)), taken(y, node.attributes.get_int("axis", -1));
  const double sign = node.attributes.get_int("largest", 1) != 0 ? 1 : -1;
  for_each_line(view, [&](auto index, size_t line) {
    std::vector<int64_t> order(static_cast<size_t>(view.extent));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int64_t a, int64_t b) { return sign * x.values[index(a)] > sign * x.values[index(b)]; });
    const int64_t outer = static_cast<int64_t>(line) / taken.inner, inner = static_cast<int64_t>(line) % taken.inner;
    for (int64_t k = 0; k < taken.extent; ++k) {
      const int64_t position = order[static_cast<size_t>(k)];
      visit(index(position), static_cast<size_t>((outer * taken.extent + k) * taken.inner + inner), position);
    }
  });
}

void top_k_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const Array* any = outputs[0] ? outputs[0] : outputs[1];
  for_each_top(node, *inputs[0], any->shape, [&](size_t from, size_t to, int64_t position) {
    if (outputs[0]) outputs[0]->values[to] = inputs[0]->values[from];
    if (Array* indices = at(outputs, 1)) indices->values[to] = static_cast<double>(position);
  });
}

void top_k_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                    const Arrays& grad_inputs) {
  if (!grad_outputs[0] || !grad_inputs[0]) return;
  for_each_top(node, *inputs[0], grad_outputs[0]->shape,
               [&](size_t from, size_t to, int64_t) { grad_inputs[0]->values[from] += grad_outputs[0]->values[to]; });
}

// y += the running sums of x along the axis.
void add_sums(const Array& x, int64_t axis, bool exclusive, bool reverse, Array& y) {
  const AxisView view(x.shape, axis);
  for_each_line(view, [&](auto index, size_t) {
    double sum = 0;
    for (int64_t i = 0; i < view.extent; ++i) {
      const size_t k = index(reverse ? view.extent - 1 - i : i);
      if (exclusive) y.values[k] += sum;
      sum += x.values[k];
      if (!exclusive) y.values[k] += sum;
    }
  });
}

void cum_sum_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  std::fill(outputs[0]->values.begin(), outputs[0]->values.end(), 0.0);
  add_sums(*inputs[0], integers(*inputs[1])[0], node.attributes.get_int("exclusive", 0) != 0, node.attributes.get_int("reverse", 0) != 0,
           *outputs[0]);
}

// The transposed sum runs the other way.
void cum_sum_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                      const Arrays& grad_inputs) {
  if (!grad_outputs[0] || !grad_inputs[0]) return;
  add_sums(*grad_outputs[0], integers(*inputs[1])[0], node.attributes.get_int("exclusive", 0) != 0,
           node.attributes.get_int("reverse", 0) == 0, *grad_inputs[0]);
}

}  // namespace

std::vector<Kernel> along_axis_kernels() {
  return {
      {"ArgMax", arg_forward<1>, nullptr},     {"ArgMin", arg_forward<-1>, nullptr},          {"Hardmax", hardmax_forward, nullptr},
      {"TopK", top_k_forward, top_k_backward}, {"CumSum", cum_sum_forward, cum_sum_backward},
  };
}

}  // namespace phosphene::kernels
