// Reductions: the reduced axes become 1 (keepdims) or vanish.
#include "phosphene/graph/ops/rules.h"

namespace phosphene::ops {

namespace {

Shape reduced(const Shape& input, const std::vector<int>& axes, bool keep) {
  std::vector<int64_t> dims;
  for (int axis = 0; axis < input.rank(); ++axis) {
    const bool gone = std::binary_search(axes.begin(), axes.end(), axis);
    if (!gone)
      dims.push_back(input[axis]);
    else if (keep)
      dims.push_back(1);
  }
  return Shape(std::move(dims));
}

}  // namespace

Types reduce(const OpInputs& in) {
  const ValueType& x = type_at(in, 0);
  std::vector<int64_t> axes = in.has(1) ? in.ints(1) : in.node.attributes.get_ints("axes", {});
  if (axes.empty() && in.node.attributes.get_int("noop_with_empty_axes", 0) != 0) return {x};
  if (axes.empty())
    for (int axis = 0; axis < x.shape.rank(); ++axis) axes.push_back(axis);
  const bool keep = in.node.attributes.get_int("keepdims", 1) != 0;
  return {{x.type, reduced(x.shape, normal_axes(axes, x.shape.rank()), keep)}};
}

Types arg_max(const OpInputs& in) {
  const Shape& shape = type_at(in, 0).shape;
  const int axis = normal_axis(in.node.attributes.get_int("axis", 0), shape.rank());
  if (shape[axis] == 0) throw Error(fmt::format("axis {} is empty", axis));
  return {{DataType::kInt64, reduced(shape, {axis}, in.node.attributes.get_int("keepdims", 1) != 0)}};
}

}  // namespace phosphene::ops
