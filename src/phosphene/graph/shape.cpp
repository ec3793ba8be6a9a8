#include "phosphene/graph/shape.h"

#include <algorithm>

#include "phosphene/base/error.h"

namespace phosphene {

int64_t Shape::size() const { return size(0, rank()); }

int64_t Shape::size(int first, int last) const {
  int64_t product = 1;
  for (int axis = first; axis < last; ++axis) product *= dims_[static_cast<size_t>(axis)];
  return product;
}

bool Shape::known() const {
  return std::none_of(dims_.begin(), dims_.end(), [](int64_t d) { return d < 0; });
}

std::vector<int64_t> Shape::strides() const {
  std::vector<int64_t> strides(dims_.size(), 1);
  for (size_t axis = dims_.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * dims_[axis];
  return strides;
}

std::string Shape::to_string() const {
  std::string text = "[";
  for (size_t axis = 0; axis < dims_.size(); ++axis) {
    if (axis) text += ", ";
    text += dims_[axis] < 0 ? "?" : std::to_string(dims_[axis]);
  }
  return text + "]";
}

Shape broadcast(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<int64_t> dims(static_cast<size_t>(rank), 1);
  for (int axis = -1; axis >= -rank; --axis) {
    const int64_t da = -axis <= a.rank() ? a[axis] : 1;
    const int64_t db = -axis <= b.rank() ? b[axis] : 1;
    if (da != db && da != 1 && db != 1 && da != kUnknown && db != kUnknown)
      throw Error(fmt::format("shapes {} and {} do not broadcast", a, b));
    int64_t& d = dims[static_cast<size_t>(rank + axis)];
    d = da == 1 ? db : (db == 1 || da != kUnknown) ? da : db;
  }
  return Shape(std::move(dims));
}

}  // namespace phosphene
