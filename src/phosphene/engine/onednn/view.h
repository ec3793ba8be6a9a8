// View: a value that only moves the numbers of another one's plain array. Reshape, Transpose, Slice, Split and Gather of one index make
// views of views, so that a chain of them costs one copy, where somebody asks for the value, or none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "phosphene/engine/onednn/dnnl_compat.h"

namespace phosphene::onednn {

// Numbers `stride` apart, in numbers.
struct ViewAxis {
  int64_t extent, stride;
  bool operator==(const ViewAxis&) const = default;
};

// Element (i_0, ..., i_r) lies at offset + sum over the axes of each i_k, which count i_k in the mixed base of their extents.
struct View {
  std::string root;                         // the value whose plain array is seen
  std::vector<std::vector<ViewAxis>> axes;  // of every axis of the view, outermost first; none: its extent is 1
  int64_t offset = 0;
  bool operator==(const View&) const = default;
};

View whole_view(const std::string& root, const Dims& dims);
Dims dims_of(const View& view);

// Axis i of the result is axis order[i].
View permuted(const View& view, const std::vector<int>& order);
struct ViewPart {
  int axis;
  int64_t start, count, step;
};
// Nothing where the part, or the shape, cannot be told by strides, and for a shape without elements.
std::optional<View> part_of(const View& view, const ViewPart& part);
std::optional<View> reshaped(const View& view, const Dims& dims);

// The array from its beginning, in order.
bool is_in_order(const View& view);
// Whether oneDNN can describe it.
bool is_describable(const View& view);
// The same numbers under as few axes as they need: in the array that is seen, and in a plain array of their own.
struct Copy {
  Desc there, here;
};
Copy copy_of(const View& view, DataKind there, DataKind here);

// Whether two views of an array share a number.
bool overlap(const View& a, const View& b);

}  // namespace phosphene::onednn
