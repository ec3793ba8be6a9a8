// Shape: the extents of a tensor, outermost first ([n, c, h, w] for images). kUnknown stands for an extent not yet bound.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace phosphene {

inline constexpr int64_t kUnknown = -1;

class Shape {
 public:
  Shape() = default;  // a scalar
  Shape(std::initializer_list<int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<int64_t> dims) : dims_(std::move(dims)) {}

  int rank() const { return static_cast<int>(dims_.size()); }
  // Extent of one axis; a negative axis counts from the end.
  int64_t operator[](int axis) const { return dims_[static_cast<size_t>(axis < 0 ? axis + rank() : axis)]; }
  int64_t& operator[](int axis) { return dims_[static_cast<size_t>(axis < 0 ? axis + rank() : axis)]; }

  // Product of the extents; 1 for a scalar. Only for known shapes.
  int64_t size() const;
  // Product of the extents [first, last).
  int64_t size(int first, int last) const;
  bool known() const;

  const std::vector<int64_t>& dims() const { return dims_; }
  auto begin() const { return dims_.begin(); }
  auto end() const { return dims_.end(); }
  void push_back(int64_t extent) { dims_.push_back(extent); }

  // Row-major strides in elements.
  std::vector<int64_t> strides() const;
  // "[16, 3, 64, 64]"; an unknown extent prints as "?".
  std::string to_string() const;

  bool operator==(const Shape&) const = default;

 private:
  std::vector<int64_t> dims_;
};

// The shape of a op b under ONNX (numpy) broadcasting. Error when they do not fit.
Shape broadcast(const Shape& a, const Shape& b);

}  // namespace phosphene

template <>
struct fmt::formatter<phosphene::Shape> : fmt::formatter<std::string> {
  auto format(const phosphene::Shape& shape, format_context& context) const {
    return fmt::formatter<std::string>::format(shape.to_string(), context);
  }
};
