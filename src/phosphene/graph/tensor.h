// Tensor: a dense row-major array that owns its values. Weights and constants of a graph; NCHW where it holds images.
#pragma once

#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "phosphene/graph/floats.h"
#include "phosphene/graph/shape.h"

namespace phosphene {

// What a value holds. Foreign types become one of these on the way in: half and double turn into kFloat32, narrow integers into kInt64.
enum class DataType { kFloat32, kInt64, kBool };

const char* to_string(DataType type);

class Tensor {
 public:
  Tensor() : Tensor(Shape{0}, Floats{}) {}
  // The number of values must equal shape.size().
  Tensor(Shape shape, Floats values);
  Tensor(Shape shape, const std::vector<float>& values) : Tensor(std::move(shape), Floats(values.begin(), values.end())) {}
  Tensor(Shape shape, std::vector<int64_t> values, DataType type = DataType::kInt64);

  static Tensor zeros(const Shape& shape);
  static Tensor scalar(float value) { return Tensor(Shape{}, std::vector<float>{value}); }
  static Tensor ints(std::vector<int64_t> values);  // rank 1

  DataType type() const { return type_; }
  const Shape& shape() const { return shape_; }
  int64_t size() const { return shape_.size(); }

  // The values; the type must match (kBool is read with ints(), as 0 and 1).
  std::span<const float> floats() const { return std::get<Floats>(values_); }
  std::span<float> floats() { return std::get<Floats>(values_); }
  std::span<const int64_t> ints() const { return std::get<std::vector<int64_t>>(values_); }
  std::span<int64_t> ints() { return std::get<std::vector<int64_t>>(values_); }

  // The same values under another shape of equal size.
  Tensor reshaped(Shape shape) const;

  bool operator==(const Tensor&) const = default;

 private:
  DataType type_;
  Shape shape_;
  std::variant<Floats, std::vector<int64_t>> values_;
};

using TensorPtr = std::shared_ptr<const Tensor>;

}  // namespace phosphene
