#include "phosphene/graph/tensor.h"

#include "phosphene/base/error.h"

namespace phosphene {

const char* to_string(DataType type) {
  switch (type) {
    case DataType::kFloat32: return "float32";
    case DataType::kInt64: return "int64";
    case DataType::kBool: return "bool";
  }
  return "?";
}

Tensor::Tensor(Shape shape, Floats values) : type_(DataType::kFloat32), shape_(std::move(shape)), values_(std::move(values)) {
  PHOSPHENE_CHECK_EQ(shape_.size(), static_cast<int64_t>(std::get<0>(values_).size()));
}

Tensor::Tensor(Shape shape, std::vector<int64_t> values, DataType type)
    : type_(type), shape_(std::move(shape)), values_(std::move(values)) {
  PHOSPHENE_CHECK(type != DataType::kFloat32);
  PHOSPHENE_CHECK_EQ(shape_.size(), static_cast<int64_t>(std::get<1>(values_).size()));
}

Tensor Tensor::zeros(const Shape& shape) { return Tensor(shape, Floats(static_cast<size_t>(shape.size()))); }

Tensor Tensor::ints(std::vector<int64_t> values) {
  const auto size = static_cast<int64_t>(values.size());
  return Tensor(Shape{size}, std::move(values));
}

Tensor Tensor::reshaped(Shape shape) const {
  PHOSPHENE_CHECK_EQ(shape.size(), size());
  Tensor copy = *this;
  copy.shape_ = std::move(shape);
  return copy;
}

}  // namespace phosphene
