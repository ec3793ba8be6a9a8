// Sums: ReduceSum, ReduceMean and ReduceL2 over neighbouring axes, sums over all axes but the channels (bias gradients), and sums that undo
// a broadcast.
#include "phosphene/engine/onednn/lower.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "phosphene/engine/onednn/channel_layout.h"
#include "phosphene/graph/op.h"

namespace phosphene::onednn {

namespace {

float read(const float* at) { return *at; }
float read(const uint16_t* at) { return std::bit_cast<float>(static_cast<uint32_t>(*at) << 16); }

template <typename T>
void sum_channels(const T* from, const ChannelLayout& c, float* to) {
  constexpr int64_t kWidth = 16;
  const int64_t groups = (c.channels + c.block - 1) / c.block;
#pragma omp parallel for schedule(static)
  for (int64_t g = 0; g < groups; ++g) {
    double total[kWidth] = {};
    const int64_t width = std::min(c.block, c.channels - g * c.block);
    for (int64_t n = 0; n < c.rows; ++n) {
      const T* at = from + n * c.row + g * c.group;
      float sum[kWidth] = {};
      if (c.block == 1 && c.pixel == 1) {  // planes: sixteen partial sums of one channel
        int64_t s = 0;
        for (; s + kWidth <= c.pixels; s += kWidth)
          for (int64_t k = 0; k < kWidth; ++k) sum[k] += read(at + s + k);
        for (; s < c.pixels; ++s) sum[0] += read(at + s);
        for (int64_t k = 1; k < kWidth; ++k) sum[0] += sum[k];
      } else if (width == kWidth) {
        for (int64_t s = 0; s < c.pixels; ++s)
          for (int64_t k = 0; k < kWidth; ++k) sum[k] += read(at + s * c.pixel + k);
      } else {
        for (int64_t s = 0; s < c.pixels; ++s)
          for (int64_t k = 0; k < width; ++k) sum[k] += read(at + s * c.pixel + k);
      }
      for (int64_t k = 0; k < kWidth; ++k) total[k] += static_cast<double>(sum[k]);
    }
    for (int64_t k = 0; k < width; ++k) to[g * c.block + k] = static_cast<float>(total[k]);
  }
}

// A plain array seen as [outer, count, inner], summed over the middle and scaled.
struct Run {
  int64_t outer, count, inner;
  float scale;
};

// Columns [first, last) of one row of `outer`: sums side by side, in double.
void sum_columns(const float* in, const Run& r, int64_t first, int64_t last, float* out) {
  constexpr int64_t kWidth = 16;
  for (int64_t i = first; i < last; i += kWidth) {
    const int64_t width = std::min(kWidth, last - i);
    double sum[kWidth] = {};
    if (width == kWidth)
      for (int64_t k = 0; k < r.count; ++k)
        for (int64_t j = 0; j < kWidth; ++j) sum[j] += static_cast<double>(in[k * r.inner + i + j]);
    else
      for (int64_t k = 0; k < r.count; ++k)
        for (int64_t j = 0; j < width; ++j) sum[j] += static_cast<double>(in[k * r.inner + i + j]);
    for (int64_t j = 0; j < width; ++j) out[i + j] = static_cast<float>(sum[j]) * r.scale;
  }
}

float sum_row(const float* in, const Run& r) {
  constexpr int64_t kWidth = 16;
  double sum[kWidth] = {}, total = 0;
  int64_t k = 0;
  for (; k + kWidth <= r.count; k += kWidth)
    for (int64_t j = 0; j < kWidth; ++j) sum[j] += static_cast<double>(in[k + j]);
  for (; k < r.count; ++k) total += static_cast<double>(in[k]);
  for (const double part : sum) total += part;
  return static_cast<float>(total) * r.scale;
}

Mem sum_run(Lowering& l, const Mem& from, const Run& run, const Desc& to, const std::string& label) {
  const Mem result = l.plan.allocate(to);
  Plan& plan = l.plan;
  plan.add_body(label, "loop:reduce", {{0, from}, {1, result}}, [&plan, from, result, r = run] {
    const auto* in = static_cast<const float*>(plan.data(from));
    auto* out = static_cast<float*>(plan.data(result));
    constexpr int64_t kColumns = 64;
    const int64_t pieces = (r.inner + kColumns - 1) / kColumns;
#pragma omp parallel for schedule(static)
    for (int64_t piece = 0; piece < r.outer * pieces; ++piece) {
      const int64_t o = piece / pieces, first = piece % pieces * kColumns;
      if (r.inner == 1)
        out[o] = sum_row(in + o * r.count, r);
      else
        sum_columns(in + o * r.count * r.inner, r, first, std::min(first + kColumns, r.inner), out + o * r.inner);
    }
  });
  return result;
}

}  // namespace

Mem channel_sums(Lowering& l, const Mem& gradient, const std::string& label) {
  Layouts layouts{gradient};
  Mem from = gradient;
  auto layout = channel_layout(from.desc);
  if (!layout || layout->block > 16) {
    from = l.lay(layouts, Lowering::plain(dims_of(gradient.desc), kind_of(gradient.desc)), label);
    layout = channel_layout(from.desc);
  }
  require(layout.has_value());
  const Mem to = l.plan.allocate(Lowering::plain({layout->channels}));
  Plan& plan = l.plan;
  plan.add_body(label, "loop:channel_sums", {{0, from}, {1, to}}, [&plan, from, to, c = *layout] {
    auto* out = static_cast<float*>(plan.data(to));
    if (kind_of(from.desc) == DataKind::bf16)
      sum_channels(static_cast<const uint16_t*>(plan.data(from)), c, out);
    else
      sum_channels(static_cast<const float*>(plan.data(from)), c, out);
  });
  return to;
}

Mem reduce_to(Lowering& l, Layouts& layouts, const Dims& target, const std::string& label) {
  const Mem from = layouts.front();
  const Dims dims = dims_of(from.desc);
  if (dims == target) return from;
  Dims kept(dims.size(), 1);
  std::copy(target.begin(), target.end(), kept.end() - static_cast<std::ptrdiff_t>(target.size()));
  Dims channels(dims.size(), 1);
  if (dims.size() > 1) channels[1] = dims[1];
  if (dims.size() > 1 && kept == channels) return {channel_sums(l, from, label).buffer, Lowering::plain(target)};
  if (kept == dims) return {l.lay(layouts, Lowering::plain(dims), label).buffer, Lowering::plain(target)};
  Mem mem = l.lay(layouts, Lowering::plain(dims), label);
  // Run by run of neighbouring axes, from the last.
  for (size_t end = dims.size(); end > 0;) {
    size_t first = end;
    while (first > 0 && (kept[first - 1] != dims[first - 1] || dims[first - 1] == 1)) --first;
    if (first < end) {
      Dims now = dims_of(mem.desc);
      const auto extent = [&](size_t begin, size_t stop) {
        int64_t product = 1;
        for (size_t axis = begin; axis < stop; ++axis) product *= now[axis];
        return product;
      };
      const Run run{extent(0, first), extent(first, end), extent(end, now.size()), 1};
      std::fill(now.begin() + static_cast<std::ptrdiff_t>(first), now.begin() + static_cast<std::ptrdiff_t>(end), 1);
      if (run.count > 1) mem = sum_run(l, mem, run, Lowering::plain(now), label);
    }
    end = first > 0 ? first - 1 : 0;
  }
  return {mem.buffer, Lowering::plain(target)};
}

namespace {

// The reduced axes of a node, which must be neighbours.
Run reduced_run(const Lowering& l, const Node& node) {
  const Shape shape = l.shape(node.inputs[0]);
  require(l.graph.type_of(node.inputs[0]).type == DataType::kFloat32 && shape.rank() > 0 && shape.size() > 0);
  std::vector<int64_t> axes = node.attributes.get_ints("axes", {});
  if (node.has_input(1)) {
    const TensorPtr tensor = l.graph.constant(node.inputs[1]);
    require(tensor != nullptr);
    axes.assign(tensor->ints().begin(), tensor->ints().end());
  }
  require(!axes.empty() || node.attributes.get_int("noop_with_empty_axes", 0) == 0);
  if (axes.empty())
    for (int i = 0; i < shape.rank(); ++i) axes.push_back(i);
  std::vector<int> sorted;
  for (int64_t axis : axes) sorted.push_back(normal_axis(axis, shape.rank()));
  std::sort(sorted.begin(), sorted.end());
  require(sorted.back() - sorted.front() + 1 == static_cast<int>(sorted.size()));
  return {shape.size(0, sorted.front()), shape.size(sorted.front(), sorted.back() + 1), shape.size(sorted.back() + 1, shape.rank()), 1};
}

}  // namespace

Backward lower_reduce(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], y = node.outputs[0];
  Run run = reduced_run(l, node);
  if (node.op == "ReduceMean") run.scale = 1.0f / static_cast<float>(run.count);
  const Desc from = Lowering::plain(Lowering::dims(l.shape(x))), to = Lowering::plain(Lowering::dims(l.shape(y)));
  l.define(y, sum_run(l, l.value(x, from), run, to, node.name));
  if (!l.wants(y)) return nullptr;
  return [=, &l, &node] {
    Plan& steps = l.plan;
    const Mem diff = l.gradient(y, to), out = steps.allocate(from);
    steps.add_body(node.name + " gradient", "loop:spread", {{0, diff}, {1, out}}, [&steps, diff, out, r = run] {
      const auto* dy = static_cast<const float*>(steps.data(diff));
      auto* dx = static_cast<float*>(steps.data(out));
#pragma omp parallel for schedule(static)
      for (int64_t o = 0; o < r.outer; ++o)
        for (int64_t k = 0; k < r.count; ++k)
          for (int64_t i = 0; i < r.inner; ++i) dx[(o * r.count + k) * r.inner + i] = dy[o * r.inner + i] * r.scale;
    });
    l.contribute(x, out);
  };
}

// ReduceL2: y = sqrt(sum x^2), dx = dy x / y, and 0 where y is.
Backward lower_norm(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], y = node.outputs[0];
  const Run run = reduced_run(l, node);
  const Desc from = Lowering::plain(Lowering::dims(l.shape(x))), to = Lowering::plain(Lowering::dims(l.shape(y)));
  const Mem source = l.value(x, from), squares = l.plan.allocate(from);
  Plan& plan = l.plan;
  const auto count = l.shape(x).size(), results = l.shape(y).size();
  plan.add_body(node.name + " squares", "loop:square", {{0, source}, {1, squares}}, [&plan, source, squares, count] {
    const auto* in = static_cast<const float*>(plan.data(source));
    auto* out = static_cast<float*>(plan.data(squares));
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < count; ++i) out[i] = in[i] * in[i];
  });
  const Mem sums = sum_run(l, squares, run, to, node.name), result = plan.allocate(to);
  plan.add_body(node.name + " root", "loop:root", {{0, sums}, {1, result}}, [&plan, sums, result, results] {
    const auto* in = static_cast<const float*>(plan.data(sums));
    auto* out = static_cast<float*>(plan.data(result));
    for (int64_t i = 0; i < results; ++i) out[i] = std::sqrt(in[i]);
  });
  l.define(y, result);
  if (!l.wants(y)) return nullptr;
  return [=, &l, &node] {
    Plan& steps = l.plan;
    const Mem diff = l.gradient(y, to), out = steps.allocate(from);
    steps.add_body(node.name + " gradient", "loop:norm_gradient", {{0, diff}, {1, source}, {2, result}, {3, out}}, [=, &steps, r = run] {
      const auto *dy = static_cast<const float*>(steps.data(diff)), *in = static_cast<const float*>(steps.data(source)),
                 *norm = static_cast<const float*>(steps.data(result));
      auto* dx = static_cast<float*>(steps.data(out));
#pragma omp parallel for schedule(static)
      for (int64_t o = 0; o < r.outer; ++o)
        for (int64_t k = 0; k < r.count; ++k)
          for (int64_t i = 0; i < r.inner; ++i) {
            const int64_t at = (o * r.count + k) * r.inner + i, set = o * r.inner + i;
            dx[at] = norm[set] > 0 ? dy[set] * in[at] / norm[set] : 0;
          }
    });
    l.contribute(x, out);
  };
}

}  // namespace phosphene::onednn
