// MatMul of two values: y[i] = a[i] b[i] for every matrix i of the batch; da = dy b^T, db = a^T dy. A b of two axes is one matrix for all
// rows of a.
#include <numeric>

#include "phosphene/engine/onednn/lower.h"

namespace phosphene::onednn {

namespace {

struct Product {
  int64_t batch, m, k, n;
};

// A plain array of matrices, [batch, rows, columns], or each of them transposed.
Desc matrices(int64_t batch, int64_t rows, int64_t columns, DataKind kind) { return Lowering::plain({batch, rows, columns}, kind); }
Desc transposed(int64_t batch, int64_t rows, int64_t columns, DataKind kind) {
  return Desc({batch, columns, rows}, kind, Dims{rows * columns, 1, columns});
}

bool lies_transposed(const View& view) {
  const auto &rows = view.axes[view.axes.size() - 2], &columns = view.axes.back();
  return !rows.empty() && !columns.empty() && rows.back().stride == 1 && columns.back().stride != 1;
}

View with_last_axes_swapped(const View& view) {
  std::vector<int> order(view.axes.size());
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[order.size() - 2], order.back());
  return permuted(view, order);
}

Mem multiply(Lowering& l, const Mem& a, const Mem& b, const Desc& to, const std::string& label) {
  const auto description = describe<dnnl::matmul>(l.plan.engine(), l.plan.attributes(), a.desc, b.desc, to);
  const Mem out = l.plan.allocate(to);
  l.plan.add(label, description, dnnl::matmul(description), {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, out}});
  return out;
}

}  // namespace

Backward lower_product(Lowering& l, const Node& node) {
  const std::string a = node.inputs[0], b = node.inputs[1], y = node.outputs[0];
  const Shape from = l.shape(a), by = l.shape(b), to = l.shape(y);
  require(l.graph.type_of(a).type == DataType::kFloat32 && from.rank() >= 2 && by.rank() >= 2 && to.size() > 0 && from.size() > 0);
  Product p{from.size(0, from.rank() - 2), from[-2], from[-1], by[-1]};
  if (by.rank() == 2) {
    p = {1, p.batch * p.m, p.k, p.n};
  } else {
    require(from.rank() == by.rank());
    for (int axis = 0; axis < from.rank() - 2; ++axis) require(from[axis] == by[axis]);
  }
  const DataKind kind = l.activation_kind();
  const View left = l.view_of(a);
  View right = l.view_of(b);
  // Multiplied as it lies, without a copy that turns it.
  const View swapped = with_last_axes_swapped(right);
  const bool turned = lies_transposed(right) && is_describable(swapped);
  if (turned) right = swapped;
  const auto array = [&l, kind](const View& view, const Desc& desc) { return Mem{l.array_of(view, kind).buffer, desc}; };

  const Desc result = matrices(p.batch, p.m, p.n, kind);
  Mem out = multiply(l, array(left, matrices(p.batch, p.m, p.k, kind)),
                     array(right, turned ? transposed(p.batch, p.n, p.k, kind) : matrices(p.batch, p.k, p.n, kind)), result, node.name);
  out.desc = Lowering::plain(Lowering::dims(to), kind);
  l.define(y, out);
  if (!l.wants(y)) return nullptr;

  return [=, &l, &node] {
    const auto diff = [&](const Desc& desc) { return Mem{l.gradient(y, Lowering::plain(Lowering::dims(to), kind)).buffer, desc}; };
    const auto give = [&](const View& view, Mem gradient) {
      gradient.desc = Lowering::plain(dims_of(view), kind);
      l.contribute(view, gradient);
    };
    if (l.wants(a)) {
      const Mem other = array(right, turned ? matrices(p.batch, p.n, p.k, kind) : transposed(p.batch, p.k, p.n, kind));
      give(left, multiply(l, diff(result), other, matrices(p.batch, p.m, p.k, kind), node.name + " gradient of the left"));
    }
    if (l.wants(b)) {
      const std::string label = node.name + " gradient of the right";
      if (turned)
        give(right, multiply(l, diff(transposed(p.batch, p.m, p.n, kind)), array(left, matrices(p.batch, p.m, p.k, kind)),
                             matrices(p.batch, p.n, p.k, kind), label));
      else
        give(right, multiply(l, array(left, transposed(p.batch, p.m, p.k, kind)), diff(result), matrices(p.batch, p.k, p.n, kind), label));
    }
  };
}

}  // namespace phosphene::onednn
