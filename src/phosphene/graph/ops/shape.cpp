// Operators that change the shape of a value, or that make values from shapes.
#include "phosphene/graph/ops/rules.h"

#include <cmath>

namespace phosphene::ops {

namespace {

// Product of known extents, or kUnknown when one is open.
int64_t product_of(const Shape& shape, int first, int last) {
  for (int axis = first; axis < last; ++axis)
    if (shape[axis] == kUnknown) return kUnknown;
  return shape.size(first, last);
}

Shape shape_of_ints(const std::vector<int64_t>& values) {
  std::vector<int64_t> dims;
  for (int64_t value : values) {
    if (value < 0 && value != kOpen) throw Error(fmt::format("a wanted extent is {}", value));
    dims.push_back(value_or_unknown(value));
  }
  Shape shape(std::move(dims));
  require_sane(shape);
  return shape;
}

}  // namespace

Types flatten(const OpInputs& in) {
  const ValueType& x = type_at(in, 0);
  const int rank = x.shape.rank();
  int64_t axis = in.node.attributes.get_int("axis", 1);
  if (axis < -rank || axis > rank) throw Error(fmt::format("axis {} is outside a value of rank {}", axis, rank));
  if (axis < 0) axis += rank;
  return {{x.type, Shape{product_of(x.shape, 0, static_cast<int>(axis)), product_of(x.shape, static_cast<int>(axis), rank)}}};
}

// 0 copies the input's extent (unless allowzero), one -1 takes what is left.
Types reshape(const OpInputs& in) {
  const ValueType& x = type_at(in, 0);
  const std::vector<int64_t> target = open_ints(in, 1);
  const bool zero_is_zero = in.node.attributes.get_int("allowzero", 0) != 0;
  std::vector<int64_t> dims;
  int inferred = -1, copied_open = 0;
  bool open = false;
  for (size_t i = 0; i < target.size(); ++i) {
    int64_t extent = target[i];
    if (extent == 0 && !zero_is_zero) {
      if (static_cast<int>(i) >= x.shape.rank()) throw Error(fmt::format("the target copies axis {} of {}", i, x.shape));
      extent = x.shape[static_cast<int>(i)];
      if (extent == kUnknown) ++copied_open, open = true;
    } else if (extent == -1) {
      if (inferred >= 0) throw Error("the target has two extents of -1");
      inferred = static_cast<int>(i);
    } else if (extent == kOpen) {
      extent = kUnknown;
      open = true;
    } else if (extent < 0) {
      throw Error(fmt::format("the target has an extent of {}", extent));
    }
    dims.push_back(extent);
  }
  Shape output(dims);
  require_sane(output);
  // Products of what is known on both sides; where every open input extent was copied the rest must still agree.
  int64_t known_in = 1, known_out = 1, open_in = 0;
  for (int64_t extent : x.shape) extent == kUnknown ? void(++open_in) : void(known_in *= extent);
  for (size_t i = 0; i < dims.size(); ++i)
    if (dims[i] != kUnknown) known_out *= dims[i];
  const bool comparable = open_in == 0 ? !open : (open_in == copied_open && std::find(target.begin(), target.end(), kOpen) == target.end());
  if (inferred >= 0) {
    // One unknown batch on the input, and one open element in the target that stands for it: the rest is left for -1.
    const bool batch_copied = open_in == 1 && x.shape[0] == kUnknown && !target.empty() && target[0] == kOpen &&
                              std::count(target.begin(), target.end(), kOpen) == 1 && copied_open == 0;
    if (comparable || batch_copied) {
      const bool divides = known_out != 0 && known_in % known_out == 0;
      if (!divides && comparable) throw Error(fmt::format("{} does not fit the target {}", x.shape, output));
      if (divides) output[inferred] = known_in / known_out;
    }
  } else if (comparable && known_in != known_out) {
    throw Error(fmt::format("{} does not have the size of the target {}", x.shape, output));
  } else if (open_in == 0 && std::count(dims.begin(), dims.end(), kUnknown) == 1 && known_out != 0 && known_in % known_out == 0) {
    *std::find_if(dims.begin(), dims.end(), [](int64_t d) { return d == kUnknown; }) = known_in / known_out;
    output = Shape(dims);
  }
  return {{x.type, output}};
}

Types transpose(const OpInputs& in) {
  const ValueType& x = type_at(in, 0);
  const int rank = x.shape.rank();
  std::vector<int64_t> reversed;
  for (int axis = rank; axis-- > 0;) reversed.push_back(axis);
  const auto perm = in.node.attributes.get_ints("perm", reversed);
  if (static_cast<int>(perm.size()) != rank) throw Error(fmt::format("attribute perm has {} entries for {}", perm.size(), x.shape));
  normal_axes(perm, rank);
  std::vector<int64_t> dims;
  for (int64_t axis : perm) dims.push_back(x.shape[normal_axis(axis, rank)]);
  return {{x.type, Shape(std::move(dims))}};
}

Types squeeze(const OpInputs& in) {
  const ValueType& x = type_at(in, 0);
  std::vector<int64_t> dims;
  std::vector<int> axes;
  if (in.has(1)) axes = normal_axes(in.ints(1), x.shape.rank());
  for (int axis = 0; axis < x.shape.rank(); ++axis) {
    const bool named = std::binary_search(axes.begin(), axes.end(), axis);
    if (named && !may_equal(x.shape[axis], 1)) throw Error(fmt::format("axis {} of {} is not 1", axis, x.shape));
    if (!in.has(1) && x.shape[axis] == kUnknown) throw Error("which axes are squeezed depends on an extent that is not known");
    if (!(in.has(1) ? named : x.shape[axis] == 1)) dims.push_back(x.shape[axis]);
  }
  return {{x.type, Shape(std::move(dims))}};
}

Types unsqueeze(const OpInputs& in) {
  const ValueType& x = type_at(in, 0);
  const auto wanted = in.ints(1);
  const int rank = x.shape.rank() + static_cast<int>(wanted.size());
  const auto axes = normal_axes(wanted, rank);
  std::vector<int64_t> dims;
  int next = 0;
  for (int axis = 0; axis < rank; ++axis) dims.push_back(std::binary_search(axes.begin(), axes.end(), axis) ? 1 : x.shape[next++]);
  return {{x.type, Shape(std::move(dims))}};
}

Types shape(const OpInputs& in) {
  const int64_t rank = type_at(in, 0).shape.rank();
  const auto clamped = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const int64_t start = clamped(in.node.attributes.get_int("start", 0)), end = clamped(in.node.attributes.get_int("end", rank));
  return {{DataType::kInt64, Shape{std::max<int64_t>(0, end - start)}}};
}

Types size(const OpInputs& in) {
  type_at(in, 0);
  return {{DataType::kInt64, Shape{}}};
}

Types expand(const OpInputs& in) {
  const ValueType& x = type_at(in, 0);
  return {{x.type, broadcast(x.shape, shape_of_ints(open_ints(in, 1)))}};
}

TensorPtr constant_tensor(const Node& node) {
  const Attributes& a = node.attributes;
  if (TensorPtr tensor = a.get_tensor("value")) return tensor;
  if (a.has("value_float")) return std::make_shared<const Tensor>(Tensor::scalar(a.get_float("value_float", 0)));
  if (a.has("value_int")) return std::make_shared<const Tensor>(Shape{}, std::vector<int64_t>{a.get_int("value_int", 0)});
  if (a.has("value_ints")) return std::make_shared<const Tensor>(Tensor::ints(a.get_ints("value_ints", {})));
  if (a.has("value_floats")) {
    auto values = a.get_floats("value_floats", {});
    const auto size = static_cast<int64_t>(values.size());
    return std::make_shared<const Tensor>(Shape{size}, std::move(values));
  }
  throw Error("the constant has no value of a supported type");
}

Types constant(const OpInputs& in) {
  const TensorPtr tensor = constant_tensor(in.node);
  return {{tensor->type(), tensor->shape()}};
}

Types constant_of_shape(const OpInputs& in) {
  const TensorPtr value = in.node.attributes.get_tensor("value");
  if (value && value->size() != 1) throw Error("attribute value is not one element");
  return {{value ? value->type() : DataType::kFloat32, shape_of_ints(open_ints(in, 0))}};
}

// start, limit, delta -> ceil((limit - start) / delta) elements
Types range(const OpInputs& in) {
  const DataType type = type_at(in, 0).type;
  if (type == DataType::kBool) throw Error("a range of bool");
  bool known = true;
  for (size_t index = 0; index < 3; ++index) {
    if (type_at(in, index).type != type) throw Error("start, limit and delta differ in type");
    if (!in.constants[index])
      known = false;
    else if (in.constants[index]->size() != 1)
      throw Error(fmt::format("input {} is not a scalar", index));
  }
  if (!known) return {{type, Shape{kUnknown}}};
  const auto value = [&](size_t index) -> long double {
    return type == DataType::kFloat32 ? in.constants[index]->floats()[0] : static_cast<long double>(in.constants[index]->ints()[0]);
  };
  if (type == DataType::kInt64)
    for (size_t index = 0; index < 3; ++index)
      if (in.constants[index]->ints()[0] == kOpen) return {{type, Shape{kUnknown}}};
  if (value(2) == 0) throw Error("the delta is 0");
  const long double count = std::ceil((value(1) - value(0)) / value(2));
  if (!(count < static_cast<long double>(kMaxElements))) throw Error("the range is too long");
  return {{type, Shape{std::max<int64_t>(0, static_cast<int64_t>(std::max(count, 0.0L)))}}};
}

}  // namespace phosphene::ops
