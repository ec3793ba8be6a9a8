// Slice, Split, Pad and Concat: parts of values cut out and put together along axes.
#include "phosphene/graph/ops/rules.h"

namespace phosphene::ops {

int64_t range_count(int64_t start, int64_t end, int64_t step) {
  if (step > 0) return start < end ? (end - start - 1) / step + 1 : 0;
  // -(step + 1) cannot overflow, -step could.
  return start > end ? (start - end - 1) / std::max<int64_t>(1, step == std::numeric_limits<int64_t>::min() ? -(step + 1) : -step) + 1 : 0;
}

std::vector<SliceAxis> slice_axes(const OpInputs& in) {
  const Shape& input = type_at(in, 0).shape;
  const auto starts = open_ints(in, 1), ends = open_ints(in, 2);
  std::vector<int64_t> axes(starts.size()), steps(starts.size(), 1);
  for (size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<int64_t>(i);
  if (in.has(3)) axes = in.ints(3);
  if (in.has(4)) steps = in.ints(4);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    throw Error("starts, ends, axes and steps differ in number");
  normal_axes(axes, input.rank());  // each axis once
  std::vector<SliceAxis> result;
  for (size_t i = 0; i < starts.size(); ++i) {
    const int axis = normal_axis(axes[i], input.rank());
    const int64_t extent = input[axis], step = steps[i];
    if (step == 0) throw Error("a step is 0");
    if (extent == 0) {
      result.push_back({axis, 0, step, 0});
      continue;
    }
    if (extent == kUnknown || starts[i] == kOpen || ends[i] == kOpen) {
      result.push_back({axis, 0, step, kUnknown});
      continue;
    }
    const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? extent : extent - 1;
    const auto clamped = [&](int64_t at, int64_t lowest) { return std::clamp(at < 0 ? at + extent : at, lowest, high); };
    const int64_t start = clamped(starts[i], 0), end = clamped(ends[i], low);
    result.push_back({axis, start, step, range_count(start, end, step)});
  }
  return result;
}

Types slice(const OpInputs& in) {
  ValueType type = type_at(in, 0);
  for (const SliceAxis& slice : slice_axes(in)) type.shape[slice.axis] = slice.count;
  return {type};
}

Types split(const OpInputs& in) {
  const ValueType& x = type_at(in, 0);
  const int axis = normal_axis(in.node.attributes.get_int("axis", 0), x.shape.rank());
  const auto parts = static_cast<int64_t>(in.node.outputs.size());
  const int64_t extent = x.shape[axis];
  std::vector<int64_t> sizes;
  if (in.has(1)) {
    sizes = in.ints(1);
    int64_t sum = 0;
    for (int64_t size : sizes)
      if (size < 0 || __builtin_add_overflow(sum, size, &sum)) throw Error(fmt::format("a part of {} is out of range", size));
    if (!may_equal(sum, extent)) throw Error(fmt::format("the parts make {}, the axis has {}", sum, extent));
  } else {
    if (extent != kUnknown && extent % parts != 0) throw Error(fmt::format("{} does not split into {} equal parts", extent, parts));
    sizes.assign(static_cast<size_t>(parts), extent == kUnknown ? kUnknown : extent / parts);
  }
  if (static_cast<int64_t>(sizes.size()) != parts) throw Error(fmt::format("{} parts for {} outputs", sizes.size(), parts));
  Types types;
  for (int64_t size : sizes) {
    types.push_back(x);
    types.back().shape[axis] = size;
  }
  return types;
}

Types pad(const OpInputs& in) {
  ValueType type = type_at(in, 0);
  const int rank = type.shape.rank();
  const std::string mode = in.node.attributes.get_string("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge") throw Error(fmt::format("attribute mode is \"{}\"", mode));
  const auto pads = in.ints(1);
  if (pads.size() != 2 * static_cast<size_t>(rank)) throw Error(fmt::format("{} pads for the input {}", pads.size(), type.shape));
  for (int axis = 0; axis < rank; ++axis) {
    const int64_t begin = pads[static_cast<size_t>(axis)], end = pads[static_cast<size_t>(axis + rank)];
    if (std::min(begin, end) < -kMaxAttribute || std::max(begin, end) > kMaxAttribute) throw Error("a pad is out of range");
    if (type.shape[axis] == kUnknown) continue;
    if (mode == "reflect" && std::max(begin, end) >= std::max<int64_t>(1, type.shape[axis]))
      throw Error(fmt::format("axis {} of {} is too short to reflect {} elements", axis, type.shape, std::max(begin, end)));
    if (mode == "edge" && type.shape[axis] == 0) throw Error("an empty axis has no edge");
    const int64_t extent = type.shape[axis] + begin + end;
    if (extent < 0) throw Error(fmt::format("the pads leave an extent of {} along axis {}", extent, axis));
    type.shape[axis] = extent;
  }
  return {type};
}

Types concat(const OpInputs& in) {
  ValueType type = type_at(in, 0);
  if (!in.node.attributes.has("axis")) throw Error("attribute axis is missing");
  const int rank = type.shape.rank(), axis = normal_axis(in.node.attributes.get_int("axis", 0), rank);
  for (size_t index = 1; index < in.types.size(); ++index) {
    const ValueType& part = type_at(in, index);
    bool fits = part.type == type.type && part.shape.rank() == rank;
    for (int a = 0; fits && a < rank; ++a) {
      if (a == axis) continue;
      fits = may_equal(part.shape[a], type.shape[a]);
      if (type.shape[a] == kUnknown) type.shape[a] = part.shape[a];
    }
    if (!fits) throw Error(fmt::format("input {} {} does not continue {} along axis {}", index, part.shape, type.shape, axis));
    int64_t& sum = type.shape[axis];
    sum = sum == kUnknown || part.shape[axis] == kUnknown ? kUnknown : sum + part.shape[axis];
    require_sane(type.shape);
  }
  return {type};
}

}  // namespace phosphene::ops
