// Reductions over axes: y[o] = R of the x[i] with out(i) = o. Axes come from the attribute or from the second input; none means all.
//
//     ReduceSum  sum x     ReduceMean  sum x / n     ReduceMax, ReduceMin  the extreme, gradient to the first
//     ReduceProd  product  ReduceL2  sqrt(sum x^2)
#include "phosphene/engine/reference/families.h"

namespace phosphene::reference {

namespace {

enum class Rule { kSum, kMean, kMax, kMin, kProd, kL2 };

// For every element of x, its element of y.
std::vector<int64_t> out_map(const Node& node, const ConstArrays& inputs) {
  const Shape& x = inputs[0]->shape;
  const auto axes = integers(node, "axes", inputs, 1);
  const bool all = axes.empty() && node.attributes.get_int("noop_with_empty_axes", 0) == 0;
  std::vector<bool> reduced(static_cast<size_t>(x.rank()), all);
  for (const int64_t axis : axes) reduced[static_cast<size_t>(normal_axis(axis, x.rank()))] = true;
  std::vector<int64_t> strides(reduced.size(), 0), map;
  int64_t size = 1;
  for (size_t axis = reduced.size(); axis-- > 0;)
    if (!reduced[axis]) {
      strides[axis] = size;
      size *= x[static_cast<int>(axis)];
    }
  for (Odometer position(x); !position.done(); position.step()) {
    int64_t index = 0;
    for (size_t axis = 0; axis < strides.size(); ++axis) index += position[axis] * strides[axis];
    map.push_back(index);
  }
  return map;
}

// For every element of y, the index of the first greatest (sign 1) or least (sign -1) element of x.
std::vector<size_t> extremes(const Array& x, const std::vector<int64_t>& map, size_t outputs, double sign) {
  constexpr auto kNone = static_cast<size_t>(-1);
  std::vector<size_t> best(outputs, kNone);
  for (size_t i = 0; i < map.size(); ++i) {
    size_t& b = best[static_cast<size_t>(map[i])];
    if (b == kNone || sign * x.values[i] > sign * x.values[b]) b = i;
  }
  return best;
}

template <Rule rule>
void reduce_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const Array& x = *inputs[0];
  Array& y = *outputs[0];
  const auto map = out_map(node, inputs);
  if (rule == Rule::kMax || rule == Rule::kMin) {
    const auto best = extremes(x, map, y.values.size(), rule == Rule::kMax ? 1 : -1);
    for (size_t o = 0; o < best.size(); ++o) y.values[o] = x.values[best[o]];
    return;
  }
  std::fill(y.values.begin(), y.values.end(), rule == Rule::kProd ? 1.0 : 0.0);
  for (size_t i = 0; i < map.size(); ++i) {
    const auto o = static_cast<size_t>(map[i]);
    const double value = x.values[i];
    switch (rule) {
      case Rule::kProd: y.values[o] *= value; break;
      case Rule::kL2: y.values[o] += value * value; break;
      default: y.values[o] += value;
    }
  }
  const double count = y.values.empty() ? 1 : static_cast<double>(x.values.size() / y.values.size());
  for (size_t o = 0; o < y.values.size(); ++o) {
    if (rule == Rule::kMean) y.values[o] /= count;
    if (rule == Rule::kL2) y.values[o] = std::sqrt(y.values[o]);
  }
}

template <Rule rule>
void reduce_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                     const Arrays& grad_inputs) {
  const Array &x = *inputs[0], &y = *outputs[0], *dy = grad_outputs[0];
  Array* dx = grad_inputs[0];
  if (!dy || !dx) return;
  const auto map = out_map(node, inputs);
  if (rule == Rule::kMax || rule == Rule::kMin) {
    const auto best = extremes(x, map, y.values.size(), rule == Rule::kMax ? 1 : -1);
    for (size_t o = 0; o < best.size(); ++o) dx->values[best[o]] += dy->values[o];
    return;
  }
  const double count = y.values.empty() ? 1 : static_cast<double>(x.values.size() / y.values.size());
  // Products of all others, so that a zero among the factors does no harm: from the left times from the right.
  std::vector<double> others(rule == Rule::kProd ? x.values.size() : 0), running(y.values.size(), 1.0);
  for (size_t i = 0; i < others.size(); ++i) {
    others[i] = running[static_cast<size_t>(map[i])];
    running[static_cast<size_t>(map[i])] *= x.values[i];
  }
  std::fill(running.begin(), running.end(), 1.0);
  for (size_t i = others.size(); i-- > 0;) {
    others[i] *= running[static_cast<size_t>(map[i])];
    running[static_cast<size_t>(map[i])] *= x.values[i];
  }
  for (size_t i = 0; i < map.size(); ++i) {
    const auto o = static_cast<size_t>(map[i]);
    const double value = x.values[i];
    double slope = 1;
    switch (rule) {
      case Rule::kMean: slope = 1 / count; break;
      case Rule::kProd: slope = others[i]; break;
      case Rule::kL2: slope = y.values[o] == 0 ? 0 : value / y.values[o]; break;
      default: break;
    }
    dx->values[i] += slope * dy->values[o];
  }
}

// The position of the greatest number along one axis; the first, or the last with select_last_index.
void arg_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const AxisView view(inputs[0]->shape, node.attributes.get_int("axis", 0));
  const bool last = node.attributes.get_int("select_last_index", 0) != 0;
  for (int64_t outer = 0; outer < view.outer; ++outer)
    for (int64_t inner = 0; inner < view.inner; ++inner) {
      const auto value = [&](int64_t k) { return inputs[0]->values[static_cast<size_t>((outer * view.extent + k) * view.inner + inner)]; };
      int64_t best = 0;
      for (int64_t k = 1; k < view.extent; ++k)
        if (value(k) > value(best) || (last && value(k) == value(best))) best = k;
      outputs[0]->values[static_cast<size_t>(outer * view.inner + inner)] = static_cast<double>(best);
    }
}

template <Rule rule>
Kernel reduction(const char* op) {
  return {op, reduce_forward<rule>, reduce_backward<rule>};
}

}  // namespace

std::vector<Kernel> reduce_kernels() {
  return {
      reduction<Rule::kSum>("ReduceSum"), reduction<Rule::kMean>("ReduceMean"), reduction<Rule::kMax>("ReduceMax"),
      reduction<Rule::kMin>("ReduceMin"), reduction<Rule::kProd>("ReduceProd"), reduction<Rule::kL2>("ReduceL2"),
      {"ArgMax", arg_forward, nullptr},
  };
}

}  // namespace phosphene::reference
