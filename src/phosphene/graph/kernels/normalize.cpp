// Normalisations.
//
//     BatchNormalization     y = s (x - m) / sqrt(v + e) + b, a number a channel; m, v are inputs, or with training_mode the batch's own
//     mean and
//                            (population) variance, and then running = running * momentum + batch * (1 - momentum)
//     LRN                    y = x / d^beta,  d = bias + alpha / size * sum of x'^2 over the `size` channels around
//     Softmax                y = exp(x) / sum exp(x) along an axis;  LogSoftmax its logarithm
#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

namespace {

// x seen as [n, c, plane]
AxisView channels(const Shape& shape) { return {shape, 1, std::min(2, shape.rank())}; }

// A set of numbers that share a mean and a variance, given by index(k), k < count.
struct Moments {
  double mean = 0, variance = 0;
};

template <typename Index>
Moments moments(const std::vector<double>& x, int64_t count, Index index) {
  Moments result;
  for (int64_t k = 0; k < count; ++k) result.mean += x[index(k)] / static_cast<double>(count);
  for (int64_t k = 0; k < count; ++k) result.variance += std::pow(x[index(k)] - result.mean, 2) / static_cast<double>(count);
  return result;
}

// Gradient through y = (x - mean) / sqrt(variance + e) with the set's own moments. g(k) = dL/dy[k]; z[k] is y.
//     dx[k] = (g[k] - mean g - z[k] mean(g z)) / sqrt(variance + e)
template <typename Index, typename Gradient>
void add_whitening_gradient(const std::vector<double>& x, int64_t count, Index index, Gradient g, double epsilon, std::vector<double>& dx) {
  const Moments m = moments(x, count, index);
  const double r = 1 / std::sqrt(m.variance + epsilon), n = static_cast<double>(count);
  double mean_g = 0, mean_gz = 0;
  for (int64_t k = 0; k < count; ++k) {
    mean_g += g(k) / n;
    mean_gz += g(k) * (x[index(k)] - m.mean) * r / n;
  }
  for (int64_t k = 0; k < count; ++k) dx[index(k)] += (g(k) - mean_g - (x[index(k)] - m.mean) * r * mean_gz) * r;
}

struct BatchNorm {
  AxisView view;
  double epsilon, momentum;
  bool training;
  BatchNorm(const Node& node, const Shape& x)
      : view(channels(x)),
        epsilon(node.attributes.get_float("epsilon", 1e-5F)),
        momentum(node.attributes.get_float("momentum", 0.9F)),
        training(node.attributes.get_int("training_mode", 0) != 0) {}
  int64_t count() const { return view.outer * view.inner; }
  auto index_of(int64_t c) const {
    return [v = view, c](int64_t k) { return static_cast<size_t>((k / v.inner * v.extent + c) * v.inner + k % v.inner); };
  }
};

void batch_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const auto& x = inputs[0]->values;
  const BatchNorm bn(node, inputs[0]->shape);
  for (int64_t c = 0; c < bn.view.extent; ++c) {
    const auto ch = static_cast<size_t>(c);
    const auto index = bn.index_of(c);
    const double scale = inputs[1]->values[ch], bias = inputs[2]->values[ch];
    const Moments m = bn.training ? moments(x, bn.count(), index) : Moments{inputs[3]->values[ch], inputs[4]->values[ch]};
    const double r = 1 / std::sqrt(m.variance + bn.epsilon);
    for (int64_t k = 0; k < bn.count(); ++k) outputs[0]->values[index(k)] = scale * (x[index(k)] - m.mean) * r + bias;
    if (Array* mean = at(outputs, 1)) mean->values[ch] = inputs[3]->values[ch] * bn.momentum + m.mean * (1 - bn.momentum);
    if (Array* variance = at(outputs, 2)) variance->values[ch] = inputs[4]->values[ch] * bn.momentum + m.variance * (1 - bn.momentum);
  }
}

void batch_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                    const Arrays& grad_inputs) {
  const auto& x = inputs[0]->values;
  const BatchNorm bn(node, inputs[0]->shape);
  const Array *dy = grad_outputs[0], *drunning_mean = at(grad_outputs, 1), *drunning_variance = at(grad_outputs, 2);
  Array *dx = at(grad_inputs, 0), *dscale = at(grad_inputs, 1), *dbias = at(grad_inputs, 2), *dmean = at(grad_inputs, 3),
        *dvariance = at(grad_inputs, 4);
  for (int64_t c = 0; c < bn.view.extent; ++c) {
    const auto ch = static_cast<size_t>(c);
    const auto index = bn.index_of(c);
    const double scale = inputs[1]->values[ch], count = static_cast<double>(bn.count());
    const Moments m = bn.training ? moments(x, bn.count(), index) : Moments{inputs[3]->values[ch], inputs[4]->values[ch]};
    const double r = 1 / std::sqrt(m.variance + bn.epsilon);
    double sum_g = 0, sum_gz = 0;
    for (int64_t k = 0; k < bn.count() && dy; ++k) {
      sum_g += dy->values[index(k)];
      sum_gz += dy->values[index(k)] * (x[index(k)] - m.mean) * r;
    }
    if (dscale) dscale->values[ch] += sum_gz;
    if (dbias) dbias->values[ch] += sum_g;
    if (!bn.training) {
      for (int64_t k = 0; k < bn.count() && dx && dy; ++k) dx->values[index(k)] += scale * r * dy->values[index(k)];
      if (dmean) dmean->values[ch] -= scale * r * sum_g;
      if (dvariance) dvariance->values[ch] -= 0.5 * scale * r * r * sum_gz;
      continue;
    }
    if (dx && dy)
      add_whitening_gradient(
          x, bn.count(), index, [&](int64_t k) { return scale * dy->values[index(k)]; }, bn.epsilon, dx->values);
    const double to_mean = drunning_mean ? drunning_mean->values[ch] : 0,
                 to_variance = drunning_variance ? drunning_variance->values[ch] : 0;
    if (dmean) dmean->values[ch] += bn.momentum * to_mean;
    if (dvariance) dvariance->values[ch] += bn.momentum * to_variance;
    for (int64_t k = 0; k < bn.count() && dx; ++k)
      dx->values[index(k)] += (1 - bn.momentum) * (to_mean + 2 * to_variance * (x[index(k)] - m.mean)) / count;
  }
}

struct Lrn {
  AxisView view;
  int64_t size;
  double alpha, beta, bias;
  Lrn(const Node& node, const Shape& x)
      : view(channels(x)),
        size(node.attributes.get_int("size", 1)),
        alpha(node.attributes.get_float("alpha", 1e-4F)),
        beta(node.attributes.get_float("beta", 0.75F)),
        bias(node.attributes.get_float("bias", 1)) {}

  size_t index(int64_t n, int64_t c, int64_t i) const { return static_cast<size_t>((n * view.extent + c) * view.inner + i); }
  int64_t first(int64_t c) const { return std::max<int64_t>(0, c - (size - 1) / 2); }
  int64_t last(int64_t c) const { return std::min(view.extent - 1, c + size / 2); }
  double denominator(const std::vector<double>& x, int64_t n, int64_t c, int64_t i) const {
    double sum = 0;
    for (int64_t k = first(c); k <= last(c); ++k) sum += x[index(n, k, i)] * x[index(n, k, i)];
    return bias + alpha / static_cast<double>(size) * sum;
  }
};

void lrn_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const auto& x = inputs[0]->values;
  const Lrn lrn(node, inputs[0]->shape);
  for (int64_t n = 0; n < lrn.view.outer; ++n)
    for (int64_t c = 0; c < lrn.view.extent; ++c)
      for (int64_t i = 0; i < lrn.view.inner; ++i)
        outputs[0]->values[lrn.index(n, c, i)] = x[lrn.index(n, c, i)] * std::pow(lrn.denominator(x, n, c, i), -lrn.beta);
}

void lrn_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                  const Arrays& grad_inputs) {
  if (!grad_outputs[0] || !grad_inputs[0]) return;
  const auto &x = inputs[0]->values, &dy = grad_outputs[0]->values;
  auto& dx = grad_inputs[0]->values;
  const Lrn lrn(node, inputs[0]->shape);
  for (int64_t n = 0; n < lrn.view.outer; ++n)
    for (int64_t c = 0; c < lrn.view.extent; ++c)
      for (int64_t i = 0; i < lrn.view.inner; ++i) {
        const size_t here = lrn.index(n, c, i);
        const double d = lrn.denominator(x, n, c, i);
        dx[here] += dy[here] * std::pow(d, -lrn.beta);
        const double to_sum = -dy[here] * x[here] * lrn.beta * std::pow(d, -lrn.beta - 1) * lrn.alpha / static_cast<double>(lrn.size);
        for (int64_t k = lrn.first(c); k <= lrn.last(c); ++k) dx[lrn.index(n, k, i)] += to_sum * 2 * x[lrn.index(n, k, i)];
      }
}

template <bool kLog>
void softmax_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const auto& x = inputs[0]->values;
  const AxisView view(inputs[0]->shape, node.attributes.get_int("axis", -1));
  for_each_line(view, [&](auto index, size_t) {
    double largest = -INFINITY, sum = 0;
    for (int64_t k = 0; k < view.extent; ++k) largest = std::max(largest, x[index(k)]);
    for (int64_t k = 0; k < view.extent; ++k) sum += std::exp(x[index(k)] - largest);
    for (int64_t k = 0; k < view.extent; ++k) {
      const double log_y = x[index(k)] - largest - std::log(sum);
      outputs[0]->values[index(k)] = kLog ? log_y : std::exp(log_y);
    }
  });
}

// Softmax dx = y (dy - sum dy y);  LogSoftmax dx = dy - exp(y) sum dy.
template <bool kLog>
void softmax_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                      const Arrays& grad_inputs) {
  if (!grad_outputs[0] || !grad_inputs[0]) return;
  const auto &y = outputs[0]->values, &dy = grad_outputs[0]->values;
  const AxisView view(inputs[0]->shape, node.attributes.get_int("axis", -1));
  for_each_line(view, [&](auto index, size_t) {
    double sum = 0;
    for (int64_t k = 0; k < view.extent; ++k) sum += dy[index(k)] * (kLog ? 1 : y[index(k)]);
    for (int64_t k = 0; k < view.extent; ++k) {
      const size_t i = index(k);
      grad_inputs[0]->values[i] += kLog ? dy[i] - std::exp(y[i]) * sum : y[i] * (dy[i] - sum);
    }
  });
}

}  // namespace

std::vector<Kernel> normalize_kernels() {
  return {
      {"BatchNormalization", batch_forward, batch_backward},
      {"LRN", lrn_forward, lrn_backward},
      {"Softmax", softmax_forward<false>, softmax_backward<false>},
      {"LogSoftmax", softmax_forward<true>, softmax_backward<true>},
  };
}

}  // namespace phosphene::kernels
