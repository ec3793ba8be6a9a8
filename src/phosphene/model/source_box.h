// Source box: the elements of a node's input that a box of its output is made from.
#pragma once

#include <cstdint>
#include <vector>

#include "phosphene/graph/graph.h"

namespace phosphene {

// Elements [first, last] of one axis; none when last < first. May reach beyond the axis where an operator pads.
struct Interval {
  int64_t first = 0, last = -1;

  bool empty() const { return last < first; }
  void include(const Interval& other);
  bool operator==(const Interval&) const = default;
};
using Box = std::vector<Interval>;  // one interval an axis

inline constexpr int64_t kOpenEnd = int64_t{1} << 60;  // last element of an axis whose extent is unknown

Box everything(const Shape& shape);
bool is_empty(const Box& box);

// The smallest box of input `index` of `node` that holds every element on which the elements `box` of the node's output depend, as far as
// the columns of the operator table tell (graph/op_traits.h): otherwise everything. `output` is the shape of that output. Needs inferred
// shapes.
Box source_box(const Graph& graph, const Node& node, size_t index, const Shape& output, const Box& box);

}  // namespace phosphene
