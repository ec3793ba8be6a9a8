// Gemm: y = alpha A' B' + beta C, A' [m, k], B' [k, n] after transA and transB, C broadcast to [m, n].
// MatMul: numpy's; the last two axes multiply, those before broadcast, a vector counts as a row or a column.
#include "phosphene/graph/ops/rules.h"

namespace phosphene::ops {

namespace {

void require_inner(int64_t a, int64_t b, const OpInputs& in) {
  if (!may_equal(a, b)) throw Error(fmt::format("the shapes {} and {} do not multiply: {} and {} differ", in.shape(0), in.shape(1), a, b));
}

}  // namespace

Types gemm(const OpInputs& in) {
  const Shape &a = float_at(in, 0).shape, &b = float_at(in, 1).shape;
  if (a.rank() != 2 || b.rank() != 2) throw Error(fmt::format("the shapes {} and {} are not two matrices", a, b));
  const int ta = in.node.attributes.get_int("transA", 0) != 0, tb = in.node.attributes.get_int("transB", 0) != 0;
  require_inner(a[1 - ta], b[tb], in);
  const Shape output{a[ta], b[1 - tb]};
  if (in.has(2)) {
    const Shape& c = float_at(in, 2).shape;
    if (c.rank() > 2 || broadcast(c, output).rank() != 2) throw Error(fmt::format("C has the shape {}, which does not fit {}", c, output));
    for (int axis = -1; axis >= -c.rank(); --axis)
      if (c[axis] != 1 && !may_equal(c[axis], output[axis]))
        throw Error(fmt::format("C has the shape {}, which does not fit {}", c, output));
  }
  return {{DataType::kFloat32, output}};
}

Types matmul(const OpInputs& in) {
  const Shape &a = float_at(in, 0).shape, &b = float_at(in, 1).shape;
  shape_at_least(in, 0, 1);
  shape_at_least(in, 1, 1);
  require_inner(a[-1], b.rank() == 1 ? b[0] : b[-2], in);
  const auto head = [](const Shape& shape) {
    return shape.rank() <= 2 ? Shape{} : Shape(std::vector<int64_t>(shape.begin(), shape.end() - 2));
  };
  Shape output = broadcast(head(a), head(b));
  if (a.rank() > 1) output.push_back(a[-2]);
  if (b.rank() > 1) output.push_back(b[-1]);
  return {{DataType::kFloat32, output}};
}

}  // namespace phosphene::ops
