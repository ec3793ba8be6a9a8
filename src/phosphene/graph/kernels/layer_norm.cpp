// Normalisations by the moments of a set of numbers of x itself: z = (x - m) / sqrt(v + e), y = s z + b.
//
//                              the numbers that share m and v            s and b
//     InstanceNormalization    a plane: (n, c)                           a number a channel
//     GroupNormalization       the planes of num_groups channel groups   a number a channel, or a group
//     LayerNormalization       the axes from `axis` on                   of the shape of those axes
//     MeanVarianceNormalization  over `axes`                             none
//
//     LpNormalization          y = x / |x|_p along an axis, p = 1 or 2
#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

namespace {

// For every element of x its set, and its place in s and b.
struct Sets {
  std::vector<size_t> set, place;
  size_t count = 0;
  double epsilon = 0;
};

// Sets by axis: those not in `shared` tell sets apart.
void number_sets(const Shape& x, const std::vector<bool>& shared, Sets& sets) {
  std::vector<int64_t> strides(shared.size(), 0);
  int64_t size = 1;
  for (size_t axis = shared.size(); axis-- > 0;)
    if (!shared[axis]) {
      strides[axis] = size;
      size *= x[static_cast<int>(axis)];
    }
  sets.count = static_cast<size_t>(size);
  for (Odometer position(x); !position.done(); position.step()) {
    int64_t number = 0;
    for (size_t axis = 0; axis < strides.size(); ++axis) number += position[axis] * strides[axis];
    sets.set.push_back(static_cast<size_t>(number));
  }
}

Sets sets_of(const Node& node, const ConstArrays& inputs) {
  const Shape& x = inputs[0]->shape;
  const auto rank = static_cast<size_t>(x.rank());
  Sets sets;
  sets.epsilon = node.attributes.get_float("epsilon", 1e-5F);
  std::vector<bool> shared(rank, false);
  const auto elements = static_cast<size_t>(x.size());
  if (node.op == "LayerNormalization") {
    const int axis = normal_axis(node.attributes.get_int("axis", -1), x.rank());
    std::fill(shared.begin() + axis, shared.end(), true);
    number_sets(x, shared, sets);
    const Shape inner(std::vector<int64_t>(x.begin() + axis, x.end()));
    const auto map = broadcast_map(inputs[1]->shape, inner);
    for (size_t i = 0; i < elements; ++i) sets.place.push_back(static_cast<size_t>(map[i % map.size()]));
    return sets;
  }
  if (node.op == "MeanVarianceNormalization") {
    for (const int64_t axis : node.attributes.get_ints("axes", {0, 2, 3})) shared[static_cast<size_t>(normal_axis(axis, x.rank()))] = true;
    sets.epsilon = 1e-18;  // the specification adds 1e-9 to the deviation
    number_sets(x, shared, sets);
    return sets;
  }
  std::fill(shared.begin() + 2, shared.end(), true);
  number_sets(x, shared, sets);
  const auto channels = static_cast<size_t>(x[1]);
  const auto groups = node.op == "GroupNormalization" ? static_cast<size_t>(node.attributes.get_int("num_groups", 1)) : channels;
  const size_t in_group = channels / groups, places = inputs[1]->values.size();
  for (size_t& set : sets.set) {
    const size_t channel = set % channels;
    sets.place.push_back(places == channels ? channel : channel / in_group);
    set /= in_group;
  }
  sets.count /= in_group;
  return sets;
}

struct SetMoments {
  std::vector<double> mean, rate, size;  // rate = 1 / sqrt(v + e)
};

SetMoments moments_of(const Sets& sets, const std::vector<double>& x) {
  SetMoments m{std::vector<double>(sets.count, 0.0), std::vector<double>(sets.count, 0.0), std::vector<double>(sets.count, 0.0)};
  for (size_t i = 0; i < x.size(); ++i) {
    m.mean[sets.set[i]] += x[i];
    ++m.size[sets.set[i]];
  }
  for (size_t s = 0; s < sets.count; ++s) m.mean[s] /= m.size[s];
  for (size_t i = 0; i < x.size(); ++i) m.rate[sets.set[i]] += std::pow(x[i] - m.mean[sets.set[i]], 2);
  for (size_t s = 0; s < sets.count; ++s) m.rate[s] = 1 / std::sqrt(m.rate[s] / m.size[s] + sets.epsilon);
  return m;
}

void normalize_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const auto& x = inputs[0]->values;
  const Sets sets = sets_of(node, inputs);
  const SetMoments m = moments_of(sets, x);
  const Array *scale = at(inputs, 1), *bias = at(inputs, 2);
  for (size_t i = 0; i < x.size(); ++i) {
    const double z = (x[i] - m.mean[sets.set[i]]) * m.rate[sets.set[i]];
    outputs[0]->values[i] = (scale ? scale->values[sets.place[i]] : 1) * z + (bias ? bias->values[sets.place[i]] : 0);
  }
  if (Array* mean = at(outputs, 1)) mean->values = m.mean;  // LayerNormalization's further outputs
  if (Array* rate = at(outputs, 2)) rate->values = m.rate;
}

// With g = s dy:  dx = (g - mean g - z mean(g z)) / sqrt(v + e),  ds = sum dy z,  db = sum dy.
void normalize_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                        const Arrays& grad_inputs) {
  if (!grad_outputs[0]) return;
  if (at(grad_outputs, 1) || at(grad_outputs, 2)) throw Error("gradients of the moments of LayerNormalization", "use its first output");
  const auto &x = inputs[0]->values, &dy = grad_outputs[0]->values;
  const Sets sets = sets_of(node, inputs);
  const SetMoments m = moments_of(sets, x);
  const Array* scale = at(inputs, 1);
  Array *dx = at(grad_inputs, 0), *dscale = at(grad_inputs, 1), *dbias = at(grad_inputs, 2);
  const auto z = [&](size_t i) { return (x[i] - m.mean[sets.set[i]]) * m.rate[sets.set[i]]; };
  const auto g = [&](size_t i) { return (scale ? scale->values[sets.place[i]] : 1) * dy[i]; };
  std::vector<double> mean_g(sets.count, 0.0), mean_gz(sets.count, 0.0);
  for (size_t i = 0; i < x.size(); ++i) {
    mean_g[sets.set[i]] += g(i) / m.size[sets.set[i]];
    mean_gz[sets.set[i]] += g(i) * z(i) / m.size[sets.set[i]];
    if (dscale) dscale->values[sets.place[i]] += dy[i] * z(i);
    if (dbias) dbias->values[sets.place[i]] += dy[i];
  }
  for (size_t i = 0; i < x.size() && dx; ++i) {
    const size_t s = sets.set[i];
    dx->values[i] += (g(i) - mean_g[s] - z(i) * mean_gz[s]) * m.rate[s];
  }
}

// |x|_p of every line along the axis.
struct Lines {
  AxisView view;
  double p;
  std::vector<double> norm;
  Lines(const Node& node, const Array& x)
      : view(x.shape, node.attributes.get_int("axis", -1)),
        p(static_cast<double>(node.attributes.get_int("p", 2))),
        norm(static_cast<size_t>(view.outer * view.inner), 0.0) {
    for (size_t i = 0; i < x.values.size(); ++i) norm[line(i)] += std::pow(std::abs(x.values[i]), p);
    for (double& n : norm) n = std::pow(n, 1 / p);
  }
  size_t line(size_t i) const {
    const auto k = static_cast<int64_t>(i);
    return static_cast<size_t>(k / (view.extent * view.inner) * view.inner + k % view.inner);
  }
};

void lp_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const Lines lines(node, *inputs[0]);
  for (size_t i = 0; i < inputs[0]->values.size(); ++i) {
    const double norm = lines.norm[lines.line(i)];
    outputs[0]->values[i] = norm == 0 ? 0 : inputs[0]->values[i] / norm;
  }
}

// dx = (dy - sign(x) |y|^(p - 1) sum dy y) / |x|_p
void lp_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                 const Arrays& grad_inputs) {
  if (!grad_outputs[0] || !grad_inputs[0]) return;
  const Lines lines(node, *inputs[0]);
  const auto &y = outputs[0]->values, &dy = grad_outputs[0]->values;
  std::vector<double> sum(lines.norm.size(), 0.0);
  for (size_t i = 0; i < y.size(); ++i) sum[lines.line(i)] += dy[i] * y[i];
  for (size_t i = 0; i < y.size(); ++i) {
    const double norm = lines.norm[lines.line(i)];
    if (norm == 0) continue;
    grad_inputs[0]->values[i] += (dy[i] - std::copysign(std::pow(std::abs(y[i]), lines.p - 1), y[i]) * sum[lines.line(i)]) / norm;
  }
}

}  // namespace

std::vector<Kernel> layer_norm_kernels() {
  return {
      {"InstanceNormalization", normalize_forward, normalize_backward},
      {"GroupNormalization", normalize_forward, normalize_backward},
      {"LayerNormalization", normalize_forward, normalize_backward},
      {"MeanVarianceNormalization", normalize_forward, normalize_backward},
      {"LpNormalization", lp_forward, lp_backward},
  };
}

}  // namespace phosphene::kernels
