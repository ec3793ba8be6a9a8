// MatMul of two values: y[i] = a[i] b[i] for every matrix i of the batch; da = dy b^T, db = a^T dy. A b of two axes is one matrix for all
// rows of a.
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
  const auto array = [&, kind](const std::string& name, const Desc& desc) {
    return Mem{l.value(name, Lowering::plain(Lowering::dims(l.shape(name)), kind)).buffer, desc};
  };
  const Desc result = matrices(p.batch, p.m, p.n, kind);
  Mem out = multiply(l, array(a, matrices(p.batch, p.m, p.k, kind)), array(b, matrices(p.batch, p.k, p.n, kind)), result, node.name);
  out.desc = Lowering::plain(Lowering::dims(to), kind);
  l.define(y, out);
  if (!l.wants(y)) return nullptr;

  return [=, &l, &node] {
    const Mem diff{l.gradient(y, Lowering::plain(Lowering::dims(to), kind)).buffer, result};
    const auto give = [&](const std::string& name, Mem gradient) {
      gradient.desc = Lowering::plain(Lowering::dims(l.shape(name)), kind);
      l.contribute(name, gradient);
    };
    if (l.wants(a)) {
      const Mem other{l.value(b, Lowering::plain(Lowering::dims(by), kind)).buffer, transposed(p.batch, p.k, p.n, kind)};
      give(a, multiply(l, diff, other, matrices(p.batch, p.m, p.k, kind), node.name + " gradient of the left"));
    }
    if (l.wants(b)) {
      const Mem other{l.value(a, Lowering::plain(Lowering::dims(from), kind)).buffer, transposed(p.batch, p.m, p.k, kind)};
      give(b, multiply(l, other, diff, matrices(p.batch, p.k, p.n, kind), node.name + " gradient of the right"));
    }
  };
}

}  // namespace phosphene::onednn
