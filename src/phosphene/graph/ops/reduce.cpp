// Reductions: the reduced axes become 1 (keepdims) or vanish. And what else works along one axis.
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

Types arg_extreme(const OpInputs& in) {
  const Shape& shape = type_at(in, 0).shape;
  const int axis = normal_axis(in.node.attributes.get_int("axis", 0), shape.rank());
  if (shape[axis] == 0) throw Error(fmt::format("axis {} is empty", axis));
  return {{DataType::kInt64, reduced(shape, {axis}, in.node.attributes.get_int("keepdims", 1) != 0)}};
}

// The k largest along an axis, and their positions.
Types top_k(const OpInputs& in) {
  ValueType x = type_at(in, 0);
  const int axis = normal_axis(in.node.attributes.get_int("axis", -1), x.shape.rank());
  const auto k = in.ints(1);
  if (k.size() != 1 || k[0] < 0) throw Error("k is not one number of 0 or more");
  if (x.shape[axis] != kUnknown && k[0] > x.shape[axis]) throw Error(fmt::format("{} largest of {}", k[0], x.shape[axis]));
  x.shape[axis] = k[0];
  return {x, {DataType::kInt64, x.shape}};
}

Types cum_sum(const OpInputs& in) {
  const auto axis = in.ints(1);
  if (axis.size() != 1) throw Error("the axis is not one number");
  normal_axis(axis[0], type_at(in, 0).shape.rank());
  return {type_at(in, 0)};
}

}  // namespace phosphene::ops
