// Reductions over axes: y[o] = R of the x[i] with out(i) = o. Axes come from the attribute or from the second input; none means all.
//
//     ReduceSum  sum x     ReduceMean  sum x / n     ReduceMax, ReduceMin  the extreme, gradient to the first
//     ReduceProd  product   ReduceL1  sum |x|       ReduceL2  sqrt(sum x^2)    ReduceSumSquare  sum x^2
//     ReduceLogSum  log sum x      ReduceLogSumExp  log sum exp x
#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

namespace {

enum class Rule { kSum, kMean, kMax, kMin, kProd, kL1, kL2, kSumSquare, kLogSum, kLogSumExp };

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
    const bool bools = y.type == DataType::kBool;
    const double least = rule == Rule::kMax ? (bools ? 0 : -INFINITY) : (bools ? 1 : INFINITY);  // of nothing
    for (size_t o = 0; o < best.size(); ++o) y.values[o] = best[o] < x.values.size() ? x.values[best[o]] : least;
    return;
  }
  std::fill(y.values.begin(), y.values.end(), rule == Rule::kProd ? 1.0 : 0.0);
  // exp(x - largest) cannot overflow
  std::vector<double> largest(rule == Rule::kLogSumExp ? y.values.size() : 0, 0.0);
  if (rule == Rule::kLogSumExp) {
    const auto best = extremes(x, map, y.values.size(), 1);
    for (size_t o = 0; o < best.size(); ++o)
      if (best[o] < x.values.size() && std::isfinite(x.values[best[o]])) largest[o] = x.values[best[o]];
  }
  for (size_t i = 0; i < map.size(); ++i) {
    const auto o = static_cast<size_t>(map[i]);
    const double value = x.values[i];
    switch (rule) {
      case Rule::kProd: y.values[o] *= value; break;
      case Rule::kL1: y.values[o] += std::abs(value); break;
      case Rule::kL2:
      case Rule::kSumSquare: y.values[o] += value * value; break;
      case Rule::kLogSumExp: y.values[o] += std::exp(value - largest[o]); break;
      default: y.values[o] += value;
    }
  }
  const double count = y.values.empty() ? 1 : static_cast<double>(x.values.size() / y.values.size());
  for (size_t o = 0; o < y.values.size(); ++o) {
    if (rule == Rule::kMean) y.values[o] = y.type == DataType::kInt64 ? std::trunc(y.values[o] / count) : y.values[o] / count;
    if (rule == Rule::kL2) y.values[o] = std::sqrt(y.values[o]);
    if (rule == Rule::kLogSum) y.values[o] = std::log(y.values[o]);
    if (rule == Rule::kLogSumExp) y.values[o] = std::log(y.values[o]) + largest[o];
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
    for (size_t o = 0; o < best.size(); ++o)
      if (best[o] < x.values.size()) dx->values[best[o]] += dy->values[o];
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
      case Rule::kL1: slope = (value > 0) - (value < 0); break;
      case Rule::kSumSquare: slope = 2 * value; break;
      case Rule::kLogSum: slope = std::exp(-y.values[o]); break;
      case Rule::kLogSumExp: slope = std::exp(value - y.values[o]); break;
      case Rule::kL2: slope = y.values[o] == 0 ? 0 : value / y.values[o]; break;
      default: break;
    }
    dx->values[i] += slope * dy->values[o];
  }
}

template <Rule rule>
Kernel reduction(const char* op) {
  return {op, reduce_forward<rule>, reduce_backward<rule>};
}

}  // namespace

std::vector<Kernel> reduce_kernels() {
  return {
      reduction<Rule::kSum>("ReduceSum"),       reduction<Rule::kMean>("ReduceMean"),
      reduction<Rule::kMax>("ReduceMax"),       reduction<Rule::kMin>("ReduceMin"),
      reduction<Rule::kProd>("ReduceProd"),     reduction<Rule::kL1>("ReduceL1"),
      reduction<Rule::kL2>("ReduceL2"),         reduction<Rule::kSumSquare>("ReduceSumSquare"),
      reduction<Rule::kLogSum>("ReduceLogSum"), reduction<Rule::kLogSumExp>("ReduceLogSumExp"),
  };
}

}  // namespace phosphene::kernels
