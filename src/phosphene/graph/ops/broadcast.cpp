#include "phosphene/graph/ops/broadcast.h"

#include "phosphene/base/error.h"

namespace phosphene {

std::vector<int64_t> strided_map(const Shape& shape, const std::vector<int64_t>& strides, int64_t base) {
  std::vector<int64_t> indices(static_cast<size_t>(shape.size()));
  std::vector<int64_t> at(static_cast<size_t>(shape.rank()), 0);
  int64_t position = base;
  for (int64_t& index : indices) {
    index = position;
    for (int axis = shape.rank(); axis-- > 0;) {
      int64_t& i = at[static_cast<size_t>(axis)];
      position += strides[static_cast<size_t>(axis)];
      if (++i < shape[axis]) break;
      position -= i * strides[static_cast<size_t>(axis)];
      i = 0;
    }
  }
  return indices;
}

std::vector<int64_t> broadcast_map(const Shape& from, const Shape& to) {
  const int missing = to.rank() - from.rank();
  PHOSPHENE_CHECK(missing >= 0);
  std::vector<int64_t> strides(static_cast<size_t>(to.rank()), 0);
  const auto own = from.strides();
  for (int axis = 0; axis < from.rank(); ++axis)
    if (from[axis] != 1) strides[static_cast<size_t>(axis + missing)] = own[static_cast<size_t>(axis)];
  return strided_map(to, strides, 0);
}

}  // namespace phosphene
