// y = a op b with numpy broadcasting of one operand.
//     Add: da = dy, db = dy      Sub: db = -dy      Mul: da = dy b, db = dy a      Div: da = dy / b, db = -dy y / b
// each summed over the axes along which the operand was repeated. oneDNN repeats a scalar and a number a channel fast; every other
// repetition is a loop over plain arrays here.
#include "phosphene/engine/onednn/lower.h"

#include <algorithm>

namespace phosphene::onednn {

namespace {

using Algorithm = dnnl::algorithm;

Algorithm algorithm_of(const std::string& op) {
  if (op == "Add") return Algorithm::binary_add;
  if (op == "Sub") return Algorithm::binary_sub;
  if (op == "Mul") return Algorithm::binary_mul;
  if (op == "Div") return Algorithm::binary_div;
  return op == "Min" ? Algorithm::binary_min : Algorithm::binary_max;
}

Dims padded(const Dims& dims, size_t rank) {
  Dims out(rank, 1);
  std::copy(dims.begin(), dims.end(), out.end() - static_cast<std::ptrdiff_t>(dims.size()));
  return out;
}

bool is_channels(const Dims& dims, const Dims& full) {
  Dims channels(full.size(), 1);
  if (full.size() > 1) channels[1] = full[1];
  return full.size() > 1 && full[1] > 1 && padded(dims, full.size()) == channels;
}

// Neither alike, nor a scalar, nor a number a channel.
bool is_loop(const Dims& dims, const Dims& full) {
  const bool scalar = std::all_of(dims.begin(), dims.end(), [](int64_t extent) { return extent == 1; });
  return padded(dims, full.size()) != full && !scalar && !is_channels(dims, full);
}

// Layouts in which oneDNN repeats a number a channel by its slow reference: blocks of 8, and channels that do not fill the last block.
bool repeats_slowly(const Desc& data) {
  const Blocks blocks = blocks_of(data);
  return !blocks.inner_sizes.empty() && (blocks.inner_sizes[0] != 16 || dims_of(data)[1] % 16 != 0);
}

// An operand of a result with layout `data`: laid out alike when it has all extents, else a small plain array with ones before its extents.
Mem operand(Lowering& l, const std::string& name, const Desc& data) {
  const Dims dims = Lowering::dims(l.shape(name)), full = dims_of(data);
  if (dims == full) return l.value(name, data);
  if (is_channels(dims, full)) return channel_operand(l, name, data);
  Mem mem = l.value(name, Lowering::plain(dims));
  mem.desc = Lowering::plain(padded(dims, full.size()));
  return mem;
}

// Runs of a, [outer..., run], beside b: stride 1 or 0 along the run, strides of b along the outer axes.
struct Repeats {
  Dims extents, strides;
  int64_t outer = 1, run = 1;
  bool moves = false;
};

Repeats repeats_of(const Dims& full, const Dims& b) {
  Dims extents, kinds;  // neighbouring axes alike in b are one
  for (size_t axis = 0; axis < full.size(); ++axis) {
    if (full[axis] == 1) continue;
    const int64_t kind = b[axis] != 1;
    if (!kinds.empty() && kinds.back() == kind)
      extents.back() *= full[axis];
    else
      extents.push_back(full[axis]), kinds.push_back(kind);
  }
  Repeats r;
  r.run = extents.back();
  r.moves = kinds.back() != 0;
  int64_t step = r.moves ? r.run : 1;
  extents.pop_back();
  r.extents = extents;
  r.strides.assign(extents.size(), 0);
  for (size_t axis = extents.size(); axis-- > 0;) {
    r.outer *= extents[axis];
    if (kinds[axis]) r.strides[axis] = step, step *= extents[axis];
  }
  return r;
}

template <typename Op>
void loop(const Repeats& r, const float* a, const float* b, float* y, Op op) {
#pragma omp parallel for schedule(static)
  for (int64_t o = 0; o < r.outer; ++o) {
    int64_t at = 0, rest = o;
    for (size_t axis = r.extents.size(); axis-- > 0; rest /= r.extents[axis]) at += rest % r.extents[axis] * r.strides[axis];
    const float *from = a + o * r.run, *by = b + at;
    float* to = y + o * r.run;
    if (r.moves)
      for (int64_t i = 0; i < r.run; ++i) to[i] = op(from[i], by[i]);
    else
      for (int64_t i = 0; i < r.run; ++i) to[i] = op(from[i], *by);
  }
}

Mem apply_loop(Lowering& l, Algorithm algorithm, const Mem& a, const Mem& b, const Desc& to, const std::string& label) {
  const Repeats r = repeats_of(dims_of(to), dims_of(b.desc));
  const Mem out = l.plan.allocate(to);
  Plan& plan = l.plan;
  plan.add_body(label, "loop:binary", {{0, a}, {1, b}, {2, out}}, [&plan, a, b, out, r, algorithm] {
    const auto *x = static_cast<const float*>(plan.data(a)), *z = static_cast<const float*>(plan.data(b));
    auto* y = static_cast<float*>(plan.data(out));
    if (algorithm == Algorithm::binary_add) return loop(r, x, z, y, [](float p, float q) { return p + q; });
    if (algorithm == Algorithm::binary_sub) return loop(r, x, z, y, [](float p, float q) { return p - q; });
    if (algorithm == Algorithm::binary_mul) return loop(r, x, z, y, [](float p, float q) { return p * q; });
    if (algorithm == Algorithm::binary_div) return loop(r, x, z, y, [](float p, float q) { return p / q; });
    if (algorithm == Algorithm::binary_min) return loop(r, x, z, y, [](float p, float q) { return std::min(p, q); });
    loop(r, x, z, y, [](float p, float q) { return std::max(p, q); });
  });
  return out;
}

Mem apply(Lowering& l, Algorithm algorithm, const Mem& a, const Mem& b, const Desc& to, const std::string& label) {
  if (is_loop(dims_of(b.desc), dims_of(to))) return apply_loop(l, algorithm, a, b, to, label);
  const auto description = describe<dnnl::binary>(l.plan.engine(), l.plan.attributes(), algorithm, a.desc, b.desc, to);
  const Mem out = l.plan.allocate(to);
  l.plan.add(label, description, dnnl::binary(description), {{DNNL_ARG_SRC_0, a}, {DNNL_ARG_SRC_1, b}, {DNNL_ARG_DST, out}});
  return out;
}

Mem negative(Lowering& l, const Mem& mem, const std::string& label) {
  const auto description = describe<dnnl::eltwise_forward>(l.plan.engine(), l.plan.attributes(), dnnl::prop_kind::forward_inference,
                                                           Algorithm::eltwise_linear, Both{mem.desc}, -1, 0);
  const Mem out = l.plan.allocate(mem.desc);
  l.plan.add(label, description, dnnl::eltwise_forward(description), {{DNNL_ARG_SRC, mem}, {DNNL_ARG_DST, out}});
  return out;
}

void contribute_reduced(Lowering& l, const std::string& name, const Mem& mem, const std::string& label) {
  if (!l.wants(name)) return;
  Layouts layouts{mem};
  l.contribute(name, reduce_to(l, layouts, Lowering::dims(l.shape(name)), label));
}

}  // namespace

Mem channel_operand(Lowering& l, const std::string& name, const Desc& data) {
  Dims channels(dims_of(data).size(), 1);
  channels[1] = dims_of(data)[1];
  const Desc view = Lowering::plain(channels),
             desc = dense_like(as_kind(data, DataKind::f32), channels);  // oneDNN's fast code wants like layouts
  if (l.is_weight(name)) return l.weight(name, view, desc);
  Layouts layouts{l.value(name, Lowering::plain(Lowering::dims(l.shape(name))))};
  layouts.front().desc = view;
  return l.lay(layouts, desc, name);
}

Backward lower_binary(Lowering& l, const Node& node) {
  require(node.inputs.size() == 2 && l.graph.type_of(node.inputs[0]).type == DataType::kFloat32);
  std::string a = node.inputs[0], b = node.inputs[1];
  const std::string y = node.outputs[0];
  const Shape shape = l.shape(y);
  const bool commutes = node.op != "Sub" && node.op != "Div";
  if (commutes && (l.shape(a) != shape || (l.is_weight(a) && l.shape(b) == shape))) std::swap(a, b);
  require(l.shape(a) == shape && shape.size() > 0);
  require((node.op != "Min" && node.op != "Max") || !l.wants(y));

  const auto half = [&](const std::string& name) { return !l.is_weight(name) && kind_of(l.value(name).desc) == DataKind::bf16; };
  const bool b_leads = l.shape(b) == shape && !l.is_weight(b) && !blocks_of(l.value(b).desc).inner_sizes.empty();
  const Dims full = Lowering::dims(shape), other = Lowering::dims(l.shape(b));
  Desc data = as_kind(l.value(b_leads ? b : a).desc, half(a) || half(b) ? DataKind::bf16 : DataKind::f32);
  if (is_channels(other, full) && repeats_slowly(data)) data = Lowering::plain(full, kind_of(data));
  if (is_loop(other, full)) data = Lowering::plain(full);
  const Algorithm algorithm = algorithm_of(node.op);
  const Mem out = apply(l, algorithm, operand(l, a, data), operand(l, b, data), data, node.name);
  l.define(y, out);
  if (!l.wants(y)) return nullptr;

  return [=, &l, &node] {
    const std::string label = node.name + " gradient";
    if (algorithm == Algorithm::binary_add || algorithm == Algorithm::binary_sub) {
      const Mem diff = l.gradient(y).front();
      contribute_reduced(l, a, diff, label);
      if (l.wants(b)) contribute_reduced(l, b, algorithm == Algorithm::binary_sub ? negative(l, diff, label) : diff, label);
      return;
    }
    const Mem diff = l.gradient(y, data);
    if (algorithm == Algorithm::binary_mul) {
      if (l.wants(a)) contribute_reduced(l, a, apply(l, Algorithm::binary_mul, diff, operand(l, b, data), data, label), label);
      if (l.wants(b)) contribute_reduced(l, b, apply(l, Algorithm::binary_mul, diff, operand(l, a, data), data, label), label);
      return;
    }
    const Mem quotient = apply(l, Algorithm::binary_div, diff, operand(l, b, data), data, label);
    contribute_reduced(l, a, quotient, label);
    if (l.wants(b)) contribute_reduced(l, b, negative(l, apply(l, Algorithm::binary_mul, quotient, out, data, label), label), label);
  };
}

}  // namespace phosphene::onednn
