// InstanceNormalization and GroupNormalization: of each picture, groups of channels with all their pixels are normalised as one row of N
// numbers (an instance is a group of one channel), then scaled and shifted by channel, or by group as opset 18 has it:
//
//     z = (x - m) r, r = 1 / sqrt(v + e),   y = s z + b
//     dx = r (s dy - mean(s dy) - z mean(s dy z)),   ds = sum dy z,   db = sum dy
//
// Loops over plain arrays, a row a thread. Sums are double: a map has a hundred thousand pixels. Sums over a batch are taken in order.
#include <cmath>

#include "phosphene/engine/onednn/lower.h"

namespace phosphene::onednn {

namespace {

struct Rows {
  int64_t batch, channels, groups, inner, scales;
  float epsilon;

  int64_t per_group() const { return channels / groups; }
  int64_t count() const { return batch * groups; }
  int64_t length() const { return per_group() * inner; }
  // Of channel c of the picture's group g.
  int64_t scale_of(int64_t g, int64_t c) const { return scales == channels ? g * per_group() + c : g; }
};

Rows rows_of(const Lowering& l, const Node& node) {
  const Shape shape = l.shape(node.inputs[0]);
  const int64_t channels = shape[1], groups = node.op == "InstanceNormalization" ? channels : node.attributes.get_int("num_groups", 1);
  Rows rows{
      shape[0], channels, groups, shape.size(2, shape.rank()), l.shape(node.inputs[1]).size(), node.attributes.get_float("epsilon", 1e-5f)};
  require(shape.size() > 0 && l.shape(node.inputs[2]).size() == rows.scales && (rows.scales == channels || rows.scales == groups));
  return rows;
}

struct Moments {
  float mean, inverse;
};

Moments moments_of(const float* x, int64_t count, float epsilon) {
  double sum = 0, square = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]);
  const double mean = sum / static_cast<double>(count);
#pragma omp simd reduction(+ : square)
  for (int64_t i = 0; i < count; ++i) square += (static_cast<double>(x[i]) - mean) * (static_cast<double>(x[i]) - mean);
  return {static_cast<float>(mean), static_cast<float>(1 / std::sqrt(square / static_cast<double>(count) + static_cast<double>(epsilon)))};
}

void normalise(const Rows& rows, const float* x, const float* scale, const float* shift, float* y, Moments* kept) {
#pragma omp parallel for schedule(static)
  for (int64_t row = 0; row < rows.count(); ++row) {
    const int64_t at = row * rows.length(), group = row % rows.groups;
    const Moments m = kept[row] = moments_of(x + at, rows.length(), rows.epsilon);
    for (int64_t c = 0; c < rows.per_group(); ++c) {
      const int64_t which = rows.scale_of(group, c), begin = at + c * rows.inner;
      const float factor = m.inverse * scale[which], offset = shift[which] - m.mean * factor;
#pragma omp simd
      for (int64_t i = begin; i < begin + rows.inner; ++i) y[i] = x[i] * factor + offset;
    }
  }
}

// sums: of dy z and of dy, [picture, channel] each.
void denormalise(const Rows& rows, const float* x, const float* dy, const float* scale, const Moments* kept, float* dx, double* sums) {
#pragma omp parallel for schedule(static)
  for (int64_t row = 0; row < rows.count(); ++row) {
    const int64_t at = row * rows.length(), group = row % rows.groups, first = row / rows.groups * rows.channels + group * rows.per_group();
    const Moments m = kept[row];
    double mean_g = 0, mean_gz = 0;
    for (int64_t c = 0; c < rows.per_group(); ++c) {
      const float *from = x + at + c * rows.inner, *grad = dy + at + c * rows.inner;
      double sum = 0, sum_z = 0;
#pragma omp simd reduction(+ : sum, sum_z)
      for (int64_t i = 0; i < rows.inner; ++i) {
        sum += static_cast<double>(grad[i]);
        sum_z += static_cast<double>(grad[i]) * static_cast<double>((from[i] - m.mean) * m.inverse);
      }
      const auto s = static_cast<double>(scale[rows.scale_of(group, c)]);
      mean_g += s * sum, mean_gz += s * sum_z;
      sums[first + c] = sum_z, sums[rows.batch * rows.channels + first + c] = sum;
    }
    const auto g = static_cast<float>(mean_g / static_cast<double>(rows.length())),
               gz = static_cast<float>(mean_gz / static_cast<double>(rows.length()));
    for (int64_t c = 0; c < rows.per_group(); ++c) {
      const float s = scale[rows.scale_of(group, c)];
      const int64_t begin = at + c * rows.inner;
#pragma omp simd
      for (int64_t i = begin; i < begin + rows.inner; ++i) dx[i] = m.inverse * (s * dy[i] - g - (x[i] - m.mean) * m.inverse * gz);
    }
  }
}

void add_up(const Rows& rows, const double* sums, float* to) {
  std::vector<double> total(static_cast<size_t>(rows.scales), 0.0);
  for (int64_t n = 0; n < rows.batch; ++n)
    for (int64_t c = 0; c < rows.channels; ++c)
      total[static_cast<size_t>(rows.scale_of(c / rows.per_group(), c % rows.per_group()))] += sums[n * rows.channels + c];
  for (size_t i = 0; i < total.size(); ++i) to[i] = static_cast<float>(total[i]);
}

}  // namespace

Backward lower_channel_normalization(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], scale = node.inputs[1], shift = node.inputs[2], y = node.outputs[0];
  const Rows rows = rows_of(l, node);
  const Desc whole = Lowering::plain(Lowering::dims(l.shape(x))), row = Lowering::plain(Lowering::dims(l.shape(scale)));
  const Mem from = l.value(x, whole), s = l.value(scale, row), b = l.value(shift, row), to = l.plan.allocate(whole),
            kept = l.plan.allocate(Lowering::plain({rows.count(), 2}));
  Plan& plan = l.plan;
  plan.add_body(node.name, "loop:channel_normalization", {{0, from}, {1, s}, {2, b}, {3, to}, {4, kept}}, [=, &plan] {
    normalise(rows, static_cast<const float*>(plan.data(from)), static_cast<const float*>(plan.data(s)),
              static_cast<const float*>(plan.data(b)), static_cast<float*>(plan.data(to)), static_cast<Moments*>(plan.data(kept)));
  });
  l.define(y, to);
  if (!l.wants(y)) return nullptr;

  return [=, &l, &node, &plan] {
    const Mem grad = l.gradient(y, whole), out = plan.allocate(whole), ds = plan.allocate(row), db = plan.allocate(row),
              sums = plan.allocate(Lowering::plain({2, rows.batch, rows.channels, 2}));  // doubles
    plan.add_body(node.name + " gradient", "loop:channel_normalization",
                  {{0, from}, {1, s}, {2, kept}, {3, grad}, {4, out}, {5, sums}, {6, ds}, {7, db}}, [=, &plan] {
                    auto* partial = static_cast<double*>(plan.data(sums));
                    denormalise(rows, static_cast<const float*>(plan.data(from)), static_cast<const float*>(plan.data(grad)),
                                static_cast<const float*>(plan.data(s)), static_cast<const Moments*>(plan.data(kept)),
                                static_cast<float*>(plan.data(out)), partial);
                    add_up(rows, partial, static_cast<float*>(plan.data(ds)));
                    add_up(rows, partial + rows.batch * rows.channels, static_cast<float*>(plan.data(db)));
                  });
    if (l.wants(x)) l.contribute(x, out);
    if (l.wants(scale)) l.contribute(scale, ds);
    if (l.wants(shift)) l.contribute(shift, db);
  };
}

}  // namespace phosphene::onednn
