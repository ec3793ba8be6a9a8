#include "phosphene/graph/ops/rules.h"

namespace phosphene {

void require_sane(const Shape& shape) {
  int64_t product = 1;
  for (int64_t extent : shape) {
    if (extent < 0 && extent != kUnknown) throw Error(fmt::format("the shape {} has a negative extent", shape));
    if (extent == kUnknown || extent == 0) continue;
    if (__builtin_mul_overflow(product, extent, &product) || product >= kMaxElements)
      throw Error(fmt::format("a value of shape {} is too large", shape));
  }
}

int normal_axis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) throw Error(fmt::format("axis {} is outside a value of rank {}", axis, rank));
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::vector<int64_t> OpInputs::ints(size_t index) const {
  const std::vector<int64_t> values = ops::open_ints(*this, index);
  if (std::find(values.begin(), values.end(), kOpen) != values.end())
    throw Error(fmt::format("input {} of the node depends on an extent that is not known", index));
  return values;
}

namespace ops {

const ValueType& type_at(const OpInputs& in, size_t index) {
  if (!in.has(index)) throw Error(fmt::format("input {} is missing", index));
  return *in.types[index];
}

const ValueType& float_at(const OpInputs& in, size_t index) {
  const ValueType& type = type_at(in, index);
  if (type.type != DataType::kFloat32) throw Error(fmt::format("input {} is {}, not float32", index, to_string(type.type)));
  return type;
}

const Shape& shape_at_least(const OpInputs& in, size_t index, int rank) {
  const Shape& shape = type_at(in, index).shape;
  if (shape.rank() < rank) throw Error(fmt::format("input {} has the shape {}, but at least {} axes are needed", index, shape, rank));
  return shape;
}

std::vector<int64_t> open_ints(const OpInputs& in, size_t index) {
  type_at(in, index);
  const TensorPtr& tensor = in.constants.at(index);
  if (!tensor) throw Error(fmt::format("input {} of the node is not a constant", index), "export the model with fixed shapes");
  if (tensor->type() == DataType::kFloat32) throw Error(fmt::format("input {} holds float32, not integers", index));
  const auto values = tensor->ints();
  return {values.begin(), values.end()};
}

std::vector<int> normal_axes(const std::vector<int64_t>& axes, int rank) {
  std::vector<int> normal;
  for (int64_t axis : axes) normal.push_back(normal_axis(axis, rank));
  std::sort(normal.begin(), normal.end());
  if (std::adjacent_find(normal.begin(), normal.end()) != normal.end()) throw Error("an axis is named twice");
  return normal;
}

DataType data_type_of_onnx(int64_t number) {
  switch (number) {
    case 1:   // float
    case 10:  // float16
    case 11:  // double
    case 16:  // bfloat16
      return DataType::kFloat32;
    case 2:   // uint8
    case 3:   // int8
    case 4:   // uint16
    case 5:   // int16
    case 6:   // int32
    case 7:   // int64
    case 12:  // uint32
    case 13:  // uint64
      return DataType::kInt64;
    case 9: return DataType::kBool;
    default: throw Error(fmt::format("ONNX data type {} is not supported", number));
  }
}

}  // namespace ops
}  // namespace phosphene
