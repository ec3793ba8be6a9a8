// Elementwise operators: one input keeps its shape, several broadcast as numpy does.
#include "phosphene/graph/ops/rules.h"

namespace phosphene::ops {

namespace {

Shape broadcast_all(const OpInputs& in) {
  Shape shape = type_at(in, 0).shape;
  for (size_t index = 1; index < in.types.size(); ++index) shape = broadcast(shape, type_at(in, index).shape);
  return shape;
}

void require_type(const OpInputs& in, size_t index, DataType type) {
  const DataType found = type_at(in, index).type;
  if (found != type) throw Error(fmt::format("input {} is {}, not {}", index, to_string(found), to_string(type)));
}

void require_one_type(const OpInputs& in) {
  for (size_t index = 1; index < in.types.size(); ++index) require_type(in, index, type_at(in, 0).type);
}

void require_number(const OpInputs& in, size_t index) {
  if (type_at(in, index).type == DataType::kBool) throw Error(fmt::format("input {} is bool, not a number", index));
}

}  // namespace

Types float_unary(const OpInputs& in) { return {float_at(in, 0)}; }

Types any_unary(const OpInputs& in) { return {type_at(in, 0)}; }

Types number_unary(const OpInputs& in) {
  require_number(in, 0);
  return {type_at(in, 0)};
}

Types float_test(const OpInputs& in) { return {{DataType::kBool, float_at(in, 0).shape}}; }

Types not_(const OpInputs& in) {
  require_type(in, 0, DataType::kBool);
  return {type_at(in, 0)};
}

Types clip(const OpInputs& in) {
  require_number(in, 0);
  for (size_t index = 1; index < in.types.size(); ++index) {
    if (!in.has(index)) continue;
    require_type(in, index, type_at(in, 0).type);
    if (in.shape(index).known() && in.shape(index).size() != 1)
      throw Error(fmt::format("bound {} has the shape {}, not a scalar's", index, in.shape(index)));
  }
  return {type_at(in, 0)};
}

Types arithmetic(const OpInputs& in) {
  require_number(in, 0);
  require_one_type(in);
  return {{type_at(in, 0).type, broadcast_all(in)}};
}

// The slope is broadcast to x, which keeps its shape.
Types prelu(const OpInputs& in) {
  const ValueType& x = float_at(in, 0);
  if (broadcast(x.shape, float_at(in, 1).shape).rank() != x.shape.rank())
    throw Error(fmt::format("the slope {} has more axes than x {}", in.shape(1), x.shape));
  return {x};
}

// The exponent may be of another number type; the result has the base's.
Types pow(const OpInputs& in) {
  require_number(in, 0);
  require_number(in, 1);
  return {{type_at(in, 0).type, broadcast_all(in)}};
}

Types compare(const OpInputs& in) {
  require_one_type(in);
  return {{DataType::kBool, broadcast_all(in)}};
}

Types logic(const OpInputs& in) {
  require_type(in, 0, DataType::kBool);
  require_one_type(in);
  return {{DataType::kBool, broadcast_all(in)}};
}

Types where(const OpInputs& in) {
  require_type(in, 0, DataType::kBool);
  require_type(in, 2, type_at(in, 1).type);
  return {{type_at(in, 1).type, broadcast_all(in)}};
}

Types cast(const OpInputs& in) {
  if (!in.node.attributes.has("to")) throw Error("attribute to is missing");
  return {{data_type_of_onnx(in.node.attributes.get_int("to", 1)), type_at(in, 0).shape}};
}

Types cast_like(const OpInputs& in) { return {{type_at(in, 1).type, type_at(in, 0).shape}}; }

namespace {

// ONNX's numbers of the types that values are quantised to; 0 for a file that does not say.
constexpr int64_t kQuantized[] = {0, 2, 3, 4, 5, 17, 18, 19, 20, 21, 22, 23, 25, 26};

void require_scale(const OpInputs& in) {
  const ValueType &x = type_at(in, 0), &scale = float_at(in, 1);
  for (size_t index = 1; index < in.types.size(); ++index)
    if (in.has(index) && in.shape(index).known() && in.shape(index).size() != 1) {
      const int axis = normal_axis(in.node.attributes.get_int("axis", 1), x.shape.rank());
      if (const int64_t block = in.node.attributes.get_int("block_size", 0); block > 0) {
        if (block > kMaxElements) throw Error(fmt::format("attribute block_size is {}", block));
        Shape blocks = x.shape;
        if (blocks[axis] != kUnknown) blocks[axis] = (blocks[axis] + block - 1) / block;
        if (!x.shape.known() || in.shape(index) != blocks)
          throw Error(fmt::format("input {} has the shape {}, not one number for each block {}", index, in.shape(index), blocks));
        continue;
      }
      if (in.shape(index) != scale.shape || scale.shape.rank() != 1 || !may_equal(scale.shape[0], x.shape[axis]))
        throw Error(fmt::format("input {} has the shape {}, which does not fit axis {} of {}", index, in.shape(index), axis, x.shape));
    }
}

}  // namespace

// The quantised value stays floating point (kernels/quantize.cpp).
Types quantize(const OpInputs& in) {
  require_scale(in);
  if (const int64_t type = in.node.attributes.get_int("output_dtype", 0); std::ranges::find(kQuantized, type) == std::end(kQuantized))
    throw Error(fmt::format("quantisation to ONNX's type {} is not supported", type));
  return {float_at(in, 0)};
}

Types dequantize(const OpInputs& in) {
  require_scale(in);
  return {{DataType::kFloat32, type_at(in, 0).shape}};
}

Types dropout(const OpInputs& in) {
  const ValueType& x = float_at(in, 0);
  Types types = {x};
  if (in.node.outputs.size() > 1) types.push_back({DataType::kBool, x.shape});
  return types;
}

}  // namespace phosphene::ops
