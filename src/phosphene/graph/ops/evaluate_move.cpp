// Data movement: output[i] = input[index(i)], index a list of flat positions.
#include <numeric>

#include "phosphene/graph/ops/broadcast.h"
#include "phosphene/graph/ops/evaluate_parts.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene::ops {

namespace {

TensorPtr picked(const Tensor& from, const Shape& shape, const std::vector<int64_t>& indices) {
  const auto pick = [&](auto values) {
    using T = std::remove_const_t<typename decltype(values)::element_type>;
    std::vector<T> result;
    result.reserve(indices.size());
    for (int64_t index : indices) result.push_back(values[static_cast<size_t>(index)]);
    return result;
  };
  if (from.type() == DataType::kFloat32) return std::make_shared<const Tensor>(shape, pick(from.floats()));
  return std::make_shared<const Tensor>(shape, pick(from.ints()), from.type());
}

TensorPtr sliced(const OpInputs& in, const Shape& shape) {
  const Tensor& data = *in.constants[0];
  std::vector<int64_t> strides = data.shape().strides();
  int64_t base = 0;
  for (const SliceAxis& slice : slice_axes(in)) {
    int64_t& stride = strides[static_cast<size_t>(slice.axis)];
    base += slice.start * stride;
    stride = slice.count > 1 ? stride * slice.step : 0;
  }
  return picked(data, shape, strided_map(shape, strides, base));
}

TensorPtr gathered(const OpInputs& in, const Shape& shape) {
  const Tensor& data = *in.constants[0];
  const int axis = normal_axis(in.node.attributes.get_int("axis", 0), data.shape().rank());
  const int64_t extent = data.shape()[axis], inner = data.shape().size(axis + 1, data.shape().rank());
  std::vector<int64_t> indices;
  indices.reserve(static_cast<size_t>(shape.size()));
  for (int64_t outer = 0; outer < data.shape().size(0, axis); ++outer)
    for (int64_t index : in.constants[1]->ints()) {
      if (index < -extent || index >= extent) throw Error(fmt::format("index {} is outside an axis of {}", index, extent));
      const int64_t row = outer * extent + (index < 0 ? index + extent : index);
      for (int64_t i = 0; i < inner; ++i) indices.push_back(row * inner + i);
    }
  return picked(data, shape, indices);
}

TensorPtr transposed(const OpInputs& in, const Shape& shape) {
  const Tensor& data = *in.constants[0];
  const int rank = shape.rank();
  std::vector<int64_t> perm, from = data.shape().strides(), strides;
  for (int axis = rank; axis-- > 0;) perm.push_back(axis);
  for (int64_t axis : in.node.attributes.get_ints("perm", perm)) strides.push_back(from[static_cast<size_t>(normal_axis(axis, rank))]);
  return picked(data, shape, strided_map(shape, strides, 0));
}

TensorPtr concatenated(const OpInputs& in, const ValueType& type) {
  const int axis = normal_axis(in.node.attributes.get_int("axis", 0), type.shape.rank());
  const auto join = [&](auto values_of) {
    using T = std::remove_const_t<typename decltype(values_of(*in.constants[0]))::element_type>;
    std::vector<T> result;
    result.reserve(static_cast<size_t>(type.shape.size()));
    for (int64_t outer = 0; outer < type.shape.size(0, axis); ++outer)
      for (const TensorPtr& part : in.constants) {
        const auto values = values_of(*part);
        const auto chunk = static_cast<size_t>(part->shape().size(axis, part->shape().rank()));
        const auto piece = values.subspan(static_cast<size_t>(outer) * chunk, chunk);
        result.insert(result.end(), piece.begin(), piece.end());
      }
    return result;
  };
  if (type.type == DataType::kFloat32) return std::make_shared<const Tensor>(type.shape, join([](const Tensor& t) { return t.floats(); }));
  return std::make_shared<const Tensor>(type.shape, join([](const Tensor& t) { return t.ints(); }), type.type);
}

}  // namespace

std::optional<TensorPtr> move_elements(const OpInputs& in, const ValueType& type) {
  const std::string& op = in.node.op;
  if (op == "Reshape" || op == "Squeeze" || op == "Unsqueeze" || op == "Flatten")
    return std::make_shared<const Tensor>(in.constants[0]->reshaped(type.shape));
  if (op == "Slice") return sliced(in, type.shape);
  if (op == "Gather") return gathered(in, type.shape);
  if (op == "Transpose") return transposed(in, type.shape);
  if (op == "Concat") return concatenated(in, type);
  if (op == "Expand") return picked(*in.constants[0], type.shape, broadcast_map(in.shape(0), type.shape));
  if (op == "ConstantOfShape") {
    const TensorPtr value = in.node.attributes.get_tensor("value");
    const TensorPtr source = value ? value : std::make_shared<const Tensor>(Tensor::zeros(Shape{1}));
    return picked(*source, type.shape, std::vector<int64_t>(static_cast<size_t>(type.shape.size()), 0));
  }
  return std::nullopt;
}

}  // namespace phosphene::ops
