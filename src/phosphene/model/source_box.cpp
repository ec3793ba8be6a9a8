// Intervals [first, last] are carried from the output back to the input, axis by axis. A window of k taps, stride s, dilation d, padding p:
//
//     first' = first s - p             last' = last s - p + (k - 1) d
//
// a transposed window:
//
//     first' = ceil((first + p - (k - 1) d) / s)             last' = floor((last + p) / s)
//
// Nothing is clipped in windows; what is outside an axis reads padding, and other operators cut it off where it would become another
// element.
#include "phosphene/model/source_box.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "phosphene/graph/kernels/resize.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/op_traits.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene {

namespace {

int64_t floor_divide(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

Interval all_of(int64_t extent) { return {0, extent == kUnknown ? kOpenEnd : extent - 1}; }
Interval within(const Interval& interval, int64_t extent) {
  return {std::max<int64_t>(interval.first, 0), std::min(interval.last, all_of(extent).last)};
}

// One edge of the graph: the input `index` of a node, seen from a box of its output.
struct Edge {
  const Graph& graph;
  const Node& node;
  size_t index;
  const Shape &input, &output;
  const Box& box;

  const Interval& at(int axis) const { return box[static_cast<size_t>(axis)]; }
  Interval whole(int axis) const { return all_of(input[axis]); }
  std::optional<std::vector<int64_t>> constant_ints(size_t of) const {
    const TensorPtr tensor = node.has_input(of) ? graph.constant(node.inputs[of]) : nullptr;
    if (!tensor || tensor->type() != DataType::kInt64) return std::nullopt;
    return std::vector<int64_t>(tensor->ints().begin(), tensor->ints().end());
  }
};

// Axes aligned at the last; an input axis of one element stands for all.
Box same_place(const Edge& e) {
  Box result = everything(e.input);
  const int missing = e.output.rank() - e.input.rank();
  if (missing < 0) return result;
  for (int axis = 0; axis < e.input.rank(); ++axis)
    if (e.input[axis] != 1) result[static_cast<size_t>(axis)] = e.at(axis + missing);
  return result;
}

// Everything along the mixed axes, the same place along the others. The output keeps the mixed axes, or has lost them all.
Box along(const Edge& e, const std::set<int>& mixed) {
  Box result = everything(e.input);
  const bool kept = e.output.rank() == e.input.rank();
  if (!kept && e.output.rank() + static_cast<int>(mixed.size()) != e.input.rank()) return result;
  for (int axis = 0, out = 0; axis < e.input.rank(); ++axis) {
    const bool is_mixed = mixed.contains(axis);
    if (!is_mixed) result[static_cast<size_t>(axis)] = e.at(out);
    if (kept || !is_mixed) ++out;
  }
  return result;
}

std::set<int> axes_from(const Edge& e, int first) {
  std::set<int> axes;
  for (int axis = first; axis < e.input.rank(); ++axis) axes.insert(axis);
  return axes;
}

// Of a reduction: from the second input or the attribute; none named means all.
std::set<int> listed_axes(const Edge& e) {
  const bool given = e.node.has_input(1);
  const auto axes = given ? e.constant_ints(1) : e.node.attributes.get_ints("axes", {});
  if (!axes || (axes->empty() && e.node.attributes.get_int("noop_with_empty_axes", 0) == 0)) return axes_from(e, 0);
  std::set<int> result;
  for (const int64_t axis : *axes) result.insert(normal_axis(axis, e.input.rank()));
  return result;
}

std::set<int> changed_axes(const Edge& e) {
  std::set<int> axes;
  for (int axis = 0; axis < e.input.rank() && axis < e.output.rank(); ++axis)
    if (e.input[axis] != e.output[axis]) axes.insert(axis);
  return axes;
}

Box through_window(const Edge& e, bool transposed) {
  Box result = everything(e.input);
  std::vector<int64_t> kernel = e.node.attributes.get_ints("kernel_shape", {});
  if (traits_of(e.node).kind == OpKind::kProduct) {
    const auto& dims = e.graph.type_of(e.node.inputs[1]).shape.dims();
    kernel.assign(dims.begin() + 2, dims.end());
  }
  const Window window = transposed ? transposed_window(e.node, e.input, kernel) : sliding_window(e.node, e.input, kernel);
  result[0] = e.at(0);
  for (int axis = 2; axis < e.input.rank(); ++axis) {
    if (e.input[axis] == kUnknown) continue;
    const auto i = static_cast<size_t>(axis - 2);
    const int64_t s = window.strides[i], p = window.pads_begin[i], reach = (window.kernel[i] - 1) * window.dilations[i];
    const auto [first, last] = e.at(axis);
    result[static_cast<size_t>(axis)] = transposed ? Interval{-floor_divide(-(first + p - reach), s), floor_divide(last + p, s)}
                                                   : Interval{first * s - p, last * s - p + reach};
  }
  return result;
}

Box through_resize(const Edge& e) {
  Box result = everything(e.input);
  std::vector<kernels::Array> settings(3);
  settings[0].shape = e.input;
  kernels::ConstArrays inputs = {settings.data()};
  for (size_t i = 1; i < 3; ++i) {
    const TensorPtr tensor = e.node.has_input(i) ? e.graph.constant(e.node.inputs[i]) : nullptr;
    if (e.node.has_input(i) && !tensor) return result;
    if (tensor) settings[i] = kernels::Array(*tensor);
    inputs.push_back(tensor ? &settings[i] : nullptr);
  }
  const auto taps = kernels::resize_taps(e.node, inputs, e.output);
  for (int axis = 0; axis < e.input.rank(); ++axis) {
    const auto& ranges = taps[static_cast<size_t>(axis)];
    Interval read = e.at(axis);
    if (!ranges.empty()) {
      const Interval wanted = within(read, e.output[axis]);
      read = {};
      for (int64_t o = wanted.first; o <= wanted.last; ++o)
        read.include({ranges[static_cast<size_t>(o)].first, ranges[static_cast<size_t>(o)].last});
    }
    result[static_cast<size_t>(axis)] = read;
  }
  return result;
}

// [..., m, k] x [..., k, n]: element (i, j) needs row i of the first and column j of the second.
Box through_product(const Edge& e) {
  Box result = everything(e.input);
  const int rank = e.input.rank();
  if (e.graph.type_of(e.node.inputs[0]).shape.rank() < 2 || e.graph.type_of(e.node.inputs[1]).shape.rank() < 2) return result;
  result = same_place(e);
  const int summed = e.index == 0 ? rank - 1 : rank - 2;
  result[static_cast<size_t>(summed)] = e.whole(summed);
  return result;
}

Box through_transpose(const Edge& e) {
  const int rank = e.input.rank();
  std::vector<int64_t> perm;
  for (int axis = rank; axis-- > 0;) perm.push_back(axis);
  perm = e.node.attributes.get_ints("perm", perm);
  Box result = everything(e.input);
  for (int axis = 0; axis < rank; ++axis) result[static_cast<size_t>(normal_axis(perm[static_cast<size_t>(axis)], rank))] = e.at(axis);
  return result;
}

// Axes of equal extents stay themselves; between them stand runs of axes of the same product, where every element may be any other.
Box through_reshape(const Edge& e) {
  Box result = everything(e.input);
  int from = 0, to = 0;
  while (from < e.input.rank() && to < e.output.rank()) {
    if (e.input[from] == e.output[to]) {
      result[static_cast<size_t>(from++)] = e.at(to++);
    } else if (e.input[from] == 1) {
      ++from;
    } else if (e.output[to] == 1) {
      ++to;
    } else {
      int64_t left = e.input[from++], right = e.output[to++];
      while (left != right) {
        if (left < right ? from == e.input.rank() : to == e.output.rank()) return result;
        const int64_t next = left < right ? e.input[from++] : e.output[to++];
        if (left < 0 || right < 0 || next < 0) return result;  // unknown: nothing behind it can be told apart
        (left < right ? left : right) *= next;
      }
    }
  }
  return result;
}

Box through_slice(const Edge& e) {
  OpInputs inputs{e.node, {}, {}};
  for (const std::string& name : e.node.inputs) {
    inputs.types.push_back(name.empty() ? nullptr : &e.graph.type_of(name));
    inputs.constants.push_back(name.empty() ? nullptr : e.graph.constant(name));
    if (!name.empty() && inputs.constants.size() > 1 && !inputs.constants.back()) return everything(e.input);
  }
  Box result = e.box;
  for (const ops::SliceAxis& slice : ops::slice_axes(inputs)) {
    Interval& interval = result[static_cast<size_t>(slice.axis)];
    const auto [first, last] = within(interval, slice.count);
    if (slice.count == kUnknown)
      interval = e.whole(slice.axis);
    else if (last < first)
      interval = {};
    else
      interval = {slice.start + slice.step * (slice.step > 0 ? first : last), slice.start + slice.step * (slice.step > 0 ? last : first)};
  }
  return result;
}

// A pad of constants has no source; one that repeats the border reads it from somewhere along the axis.
Box through_pad(const Edge& e) {
  const auto pads = e.constant_ints(1);
  if (!pads) return everything(e.input);
  const bool constant = e.node.attributes.get_string("mode", "constant") == "constant";
  Box result = e.box;
  for (int axis = 0; axis < e.input.rank(); ++axis) {
    const int64_t before = (*pads)[static_cast<size_t>(axis)], after = (*pads)[static_cast<size_t>(axis + e.input.rank())];
    if (before == 0 && after == 0) continue;
    const Interval read = within(e.at(axis), e.output[axis]), moved{read.first - before, read.last - before};
    const Interval inside = within(moved, e.input[axis]);
    const bool from_inside = constant || read.empty() || inside == moved;
    result[static_cast<size_t>(axis)] = from_inside && e.input[axis] != kUnknown ? inside : e.whole(axis);
  }
  return result;
}

Box through_blocks(const Edge& e, bool to_space) {
  Box result = e.box;
  const int64_t block = e.node.attributes.get_int("blocksize", 1);
  result[1] = e.whole(1);
  for (size_t axis = 2; axis < result.size(); ++axis) {
    const auto [first, last] = e.box[axis];
    result[axis] =
        to_space ? Interval{floor_divide(first, block), floor_divide(last, block)} : Interval{first * block, last * block + block - 1};
  }
  return result;
}

Box through(const Edge& e) {
  const OpTraits& traits = traits_of(e.node);
  const auto axis = [&] { return normal_axis(e.node.attributes.get_int("axis", traits.axis), e.input.rank()); };
  switch (traits.reach) {
    case OpReach::kUnlisted:
    case OpReach::kAll: break;
    case OpReach::kNothing: return Box(static_cast<size_t>(e.input.rank()));
    case OpReach::kSame:
    case OpReach::kBroadcast: return same_place(e);
    case OpReach::kJoined:
    case OpReach::kAlongAxis: return along(e, {axis()});
    case OpReach::kAlongAxes: return along(e, listed_axes(e));
    case OpReach::kFromAxis: return along(e, axes_from(e, axis()));
    case OpReach::kChannels: return along(e, {1});
    case OpReach::kPositions: return along(e, axes_from(e, 2));
    case OpReach::kItem: return along(e, axes_from(e, 1));
    case OpReach::kResized: return along(e, changed_axes(e));
    case OpReach::kWindow: return through_window(e, false);
    case OpReach::kSpreadWindow: return through_window(e, true);
    case OpReach::kSampled: return through_resize(e);
    case OpReach::kRowAndColumn: return through_product(e);
    case OpReach::kPermuted: return through_transpose(e);
    case OpReach::kRegrouped: return through_reshape(e);
    case OpReach::kCut: return through_slice(e);
    case OpReach::kPadded: return through_pad(e);
    case OpReach::kDepthToSpace: return through_blocks(e, true);
    case OpReach::kSpaceToDepth: return through_blocks(e, false);
  }
  return everything(e.input);
}

bool reads_all_inputs(OpReach reach) {
  return reach == OpReach::kBroadcast || reach == OpReach::kJoined || reach == OpReach::kRowAndColumn || reach == OpReach::kNothing;
}

}  // namespace

void Interval::include(const Interval& other) {
  if (other.empty()) return;
  *this = empty() ? other : Interval{std::min(first, other.first), std::max(last, other.last)};
}

Box everything(const Shape& shape) {
  Box box;
  for (const int64_t extent : shape) box.push_back(all_of(extent));
  return box;
}

bool is_empty(const Box& box) { return std::ranges::any_of(box, &Interval::empty); }

Box source_box(const Graph& graph, const Node& node, size_t index, const Shape& output, const Box& box) {
  const Shape& input = graph.type_of(node.inputs.at(index)).shape;
  if (is_empty(box) && !box.empty()) return Box(static_cast<size_t>(input.rank()));
  const bool of_this_input = index == 0 || reads_all_inputs(traits_of(node).reach);
  const bool of_batch = node.attributes.get_int("training_mode", 0) != 0;  // statistics of all pictures
  if (!of_this_input || of_batch) return everything(input);
  return through({graph, node, index, input, output, box});
}

}  // namespace phosphene
