// Reductions over axes, and operators along one axis.
//
//     ReduceMax, ReduceMin  the reduced axes as one, so that the gradient goes to one number
//     ReduceProd            the same
//     TopK                  a stable sort, cut: equal numbers stay in order
//     CumSum                reverse: flipped before and after; exclusive: moved on by one
#include "phosphene/engine/torch/lower.h"
#include "phosphene/graph/op.h"

namespace phosphene::aten {

namespace {

using T = const at::Tensor&;

// What is reduced; nothing where the axes are computed.
std::optional<Ints> axes_of(const Site& site) {
  std::optional<Ints> axes = site.attributes().get_ints("axes", {});
  if (axes->empty() && site.has(1)) axes = site.ints(1);
  if (!axes) return std::nullopt;
  for (int64_t& axis : *axes) axis = normal_axis(axis, site.rank());
  if (axes->empty() && site.attributes().get_int("noop_with_empty_axes", 0) == 0) axes = all_axes(site.rank());
  return axes;
}

// y = f(x, axes); no axes at all: f of every number by itself.
template <auto f>
Run reduction(const Site& site) {
  const auto axes = axes_of(site);
  if (!axes || site.output().type != DataType::kFloat32) return nullptr;
  return [axes = *axes, shape = site.output().shape.dims()](const Tensors& inputs) -> Tensors {
    if (axes.empty()) return {f(inputs[0].unsqueeze(0), Ints{0}).view(shape)};
    return {f(inputs[0], axes).reshape(shape)};
  };
}

// The reduced axes as one, last.
at::Tensor gathered(T x, const Ints& axes) {
  Ints order;
  for (int64_t axis = 0; axis < x.dim(); ++axis)
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) order.push_back(axis);
  const auto kept = static_cast<int64_t>(order.size());
  order.insert(order.end(), axes.begin(), axes.end());
  return x.permute(order).flatten(kept);
}

// A long sum of numbers of both signs cancels; doubles cost nothing on a CPU and much on a GPU.
at::ScalarType sum_type(T x) { return x.is_cpu() ? at::kDouble : x.scalar_type(); }

#define F(expression) [](T x, const Ints& axes) -> at::Tensor { return expression; }

template <bool kMax>
Run arg_extreme(const Site& site) {
  const int axis = site.axis("axis", 0);
  const bool last = site.attributes().get_int("select_last_index", 0) != 0;
  return [axis, last, extent = site.shape(0)[axis], shape = site.output().shape.dims()](const Tensors& inputs) -> Tensors {
    const at::Tensor x = last ? inputs[0].flip({axis}) : inputs[0];
    const at::Tensor index = kMax ? x.argmax(axis) : x.argmin(axis);
    return {(last ? extent - 1 - index : index).reshape(shape)};
  };
}

Run top_k(const Site& site) {
  const int axis = site.axis("axis", -1);
  const bool largest = site.attributes().get_int("largest", 1) != 0;
  const size_t any = site.node.has_output(0) ? 0 : 1;
  return [axis, largest, outputs = site.node.outputs.size(), count = site.output(any).shape[axis]](const Tensors& inputs) -> Tensors {
    const auto [values, index] = at::sort(inputs[0], true, axis, largest);
    Tensors all{values.narrow(axis, 0, count), index.narrow(axis, 0, count)};
    all.resize(outputs);
    return all;
  };
}

Run cum_sum(const Site& site) {
  const auto given = site.ints(1);
  if (!given) return nullptr;
  const int axis = normal_axis(given->at(0), site.rank());
  const bool exclusive = site.attributes().get_int("exclusive", 0) != 0, reverse = site.attributes().get_int("reverse", 0) != 0;
  return [axis, exclusive, reverse, extent = site.shape(0)[axis]](const Tensors& inputs) -> Tensors {
    at::Tensor x = reverse ? inputs[0].flip({axis}) : inputs[0];
    if (exclusive) x = at::cat({at::zeros_like(x.narrow(axis, 0, 1)), x.narrow(axis, 0, extent - 1)}, axis);
    const at::Tensor y = x.cumsum(axis);
    return {reverse ? y.flip({axis}) : y};
  };
}

}  // namespace

std::vector<Rule> reduce_rules() {
  constexpr Width kWide = Width::kFloat32;
  return {
      {"ReduceMean", reduction<F(x.mean(axes, false, sum_type(x)).to(x.scalar_type()))>, kWide},
      {"ReduceSum", reduction<F(x.sum(axes, false, sum_type(x)).to(x.scalar_type()))>, kWide},
      {"ReduceMax", reduction<F(std::get<0>(gathered(x, axes).max(-1)))>},
      {"ReduceMin", reduction<F(std::get<0>(gathered(x, axes).min(-1)))>},
      {"ReduceProd", reduction<F(gathered(x, axes).prod(-1))>, kWide},
      {"ReduceL1", reduction<F(x.abs().sum(axes))>, kWide},
      {"ReduceL2", reduction<F(at::norm(x, 2, axes))>, kWide},
      {"ReduceSumSquare", reduction<F(x.square().sum(axes))>, kWide},
      {"ReduceLogSum", reduction<F(x.sum(axes).log())>, kWide},
      {"ReduceLogSumExp", reduction<F(at::logsumexp(x, axes))>, kWide},
      {"ArgMax", arg_extreme<true>},
      {"ArgMin", arg_extreme<false>},
      {"TopK", top_k, Width::kAny},
      {"CumSum", cum_sum, kWide},
  };
}

}  // namespace phosphene::aten
