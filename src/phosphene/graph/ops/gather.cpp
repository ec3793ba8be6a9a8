// Operators that read or write at positions given by integers.
#include "phosphene/graph/ops/rules.h"

namespace phosphene::ops {

namespace {

const ValueType& indices_at(const OpInputs& in, size_t index) {
  const ValueType& type = type_at(in, index);
  if (type.type != DataType::kInt64) throw Error("the indices are not integers");
  return type;
}

void append(std::vector<int64_t>& dims, const Shape& shape, int first, int last) {
  dims.insert(dims.end(), shape.begin() + first, shape.begin() + last);
}

void require_reduction(const Node& node) {
  const std::string reduction = node.attributes.get_string("reduction", "none");
  if (reduction != "none" && reduction != "add" && reduction != "mul")
    throw Error(fmt::format("attribute reduction is \"{}\"", reduction), "none, add and mul are supported");
}

}  // namespace

Types gather(const OpInputs& in) {
  const ValueType &x = type_at(in, 0), &indices = indices_at(in, 1);
  const int axis = normal_axis(in.node.attributes.get_int("axis", 0), x.shape.rank());
  std::vector<int64_t> dims;
  append(dims, x.shape, 0, axis);
  append(dims, indices.shape, 0, indices.shape.rank());
  append(dims, x.shape, axis + 1, x.shape.rank());
  return {{x.type, Shape(std::move(dims))}};
}

Types gather_elements(const OpInputs& in) {
  const ValueType &x = type_at(in, 0), &indices = indices_at(in, 1);
  const int axis = normal_axis(in.node.attributes.get_int("axis", 0), x.shape.rank());
  if (indices.shape.rank() != x.shape.rank()) throw Error(fmt::format("indices {} do not fit {}", indices.shape, x.shape));
  for (int a = 0; a < x.shape.rank(); ++a)
    if (a != axis && x.shape[a] != kUnknown && indices.shape[a] > x.shape[a])
      throw Error(fmt::format("indices {} do not fit {}", indices.shape, x.shape));
  return {{x.type, indices.shape}};
}

Types gather_nd(const OpInputs& in) {
  const ValueType &x = type_at(in, 0), &indices = indices_at(in, 1);
  const int64_t batch = in.node.attributes.get_int("batch_dims", 0);
  shape_at_least(in, 1, 1);
  const int64_t depth = indices.shape[-1];
  if (batch < 0 || batch >= indices.shape.rank() || depth < 1 || batch + depth > x.shape.rank())
    throw Error(fmt::format("indices {} do not fit {} after {} axes", indices.shape, x.shape, batch));
  for (int axis = 0; axis < batch; ++axis)
    if (!may_equal(x.shape[axis], indices.shape[axis])) throw Error(fmt::format("indices {} do not fit {}", indices.shape, x.shape));
  std::vector<int64_t> dims;
  append(dims, indices.shape, 0, indices.shape.rank() - 1);
  append(dims, x.shape, static_cast<int>(batch + depth), x.shape.rank());
  return {{x.type, Shape(std::move(dims))}};
}

Types scatter_elements(const OpInputs& in) {
  const ValueType &x = type_at(in, 0), &indices = indices_at(in, 1), &updates = type_at(in, 2);
  normal_axis(in.node.attributes.get_int("axis", 0), x.shape.rank());
  require_reduction(in.node);
  if (updates.type != x.type || updates.shape.rank() != x.shape.rank() || indices.shape.rank() != x.shape.rank())
    throw Error(fmt::format("indices {} and updates {} do not fit {}", indices.shape, updates.shape, x.shape));
  for (int axis = 0; axis < x.shape.rank(); ++axis)
    if (!may_equal(updates.shape[axis], indices.shape[axis]) || (x.shape[axis] != kUnknown && indices.shape[axis] > x.shape[axis]))
      throw Error(fmt::format("indices {} and updates {} do not fit {}", indices.shape, updates.shape, x.shape));
  return {x};
}

Types scatter_nd(const OpInputs& in) {
  const ValueType &x = type_at(in, 0), &indices = indices_at(in, 1), &updates = type_at(in, 2);
  shape_at_least(in, 1, 1);
  require_reduction(in.node);
  const int64_t depth = indices.shape[-1];
  if (depth < 1 || depth > x.shape.rank()) throw Error(fmt::format("indices {} do not fit {}", indices.shape, x.shape));
  std::vector<int64_t> dims;
  append(dims, indices.shape, 0, indices.shape.rank() - 1);
  append(dims, x.shape, static_cast<int>(depth), x.shape.rank());
  const Shape expected(std::move(dims));
  bool fits = updates.type == x.type && updates.shape.rank() == expected.rank();
  for (int axis = 0; fits && axis < expected.rank(); ++axis) fits = may_equal(updates.shape[axis], expected[axis]);
  if (!fits) throw Error(fmt::format("the updates are {}, not {}", updates.shape, expected));
  return {x};
}

Types compress(const OpInputs& in) {
  ValueType x = type_at(in, 0);
  if (type_at(in, 1).type != DataType::kBool) throw Error("the condition is not bool");
  const auto condition = in.ints(1);
  const auto kept = static_cast<int64_t>(std::count_if(condition.begin(), condition.end(), [](int64_t c) { return c != 0; }));
  const bool flat = !in.node.attributes.has("axis");
  const int axis = flat ? 0 : normal_axis(in.node.attributes.get_int("axis", 0), x.shape.rank());
  const int64_t extent = flat ? (x.shape.known() ? x.shape.size() : kUnknown) : x.shape[axis];
  if (extent != kUnknown && static_cast<int64_t>(condition.size()) > extent)
    throw Error(fmt::format("a condition of {} for {} entries", condition.size(), extent));
  if (flat) return {{x.type, Shape{kept}}};
  x.shape[axis] = kept;
  return {x};
}

// indices, depth, values (off, on) -> a new axis of `depth`
Types one_hot(const OpInputs& in) {
  const ValueType &indices = type_at(in, 0), &values = type_at(in, 2);
  const TensorPtr& depth = in.constants.at(1);
  if (!depth || depth->size() != 1) throw Error("the depth is no constant", "export the model with fixed shapes");
  const int64_t extent = depth->type() == DataType::kFloat32 ? static_cast<int64_t>(depth->floats()[0]) : depth->ints()[0];
  if (extent < 1 || extent > kMaxElements) throw Error(fmt::format("the depth is {}", extent));
  const int axis = normal_axis(in.node.attributes.get_int("axis", -1), indices.shape.rank() + 1);
  std::vector<int64_t> dims = indices.shape.dims();
  dims.insert(dims.begin() + axis, extent);
  return {{values.type, Shape(std::move(dims))}};
}

// [rank, count]; the count depends on the data.
Types non_zero(const OpInputs& in) {
  const ValueType& x = type_at(in, 0);
  const TensorPtr& constant = in.constants.at(0);
  int64_t count = kUnknown;
  if (constant && x.type == DataType::kFloat32)
    count = std::ranges::count_if(constant->floats(), [](float v) { return v != 0; });
  else if (constant && std::ranges::find(constant->ints(), kOpen) == constant->ints().end())
    count = std::ranges::count_if(constant->ints(), [](int64_t v) { return v != 0; });
  return {{DataType::kInt64, Shape{x.shape.rank(), count}}};
}

}  // namespace phosphene::ops
