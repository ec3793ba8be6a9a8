// Operators that arrange a value's elements in a fixed pattern.
#include "phosphene/graph/ops/rules.h"

namespace phosphene::ops {

Types tile(const OpInputs& in) {
  ValueType x = type_at(in, 0);
  const auto repeats = open_ints(in, 1);
  if (static_cast<int>(repeats.size()) != x.shape.rank()) throw Error(fmt::format("{} repeats for {}", repeats.size(), x.shape));
  for (int axis = 0; axis < x.shape.rank(); ++axis) {
    const int64_t given = repeats[static_cast<size_t>(axis)], repeat = value_or_unknown(given);
    if (given != kOpen && (given < 0 || given > kMaxElements)) throw Error(fmt::format("an axis is repeated {} times", given));
    if (repeat > 1 && x.shape[axis] > kMaxElements / repeat)
      throw Error(fmt::format("{} repeats of axis {} of {} are too large", repeat, axis, x.shape));
    if (repeat != 1) x.shape[axis] = repeat == kUnknown || x.shape[axis] == kUnknown ? kUnknown : x.shape[axis] * repeat;
    require_sane(x.shape);
  }
  return {x};
}

namespace {

int64_t block_of(const OpInputs& in) {
  if (type_at(in, 0).shape.rank() != 4) throw Error(fmt::format("the input {} is no picture", in.shape(0)));
  const int64_t block = in.node.attributes.get_int("blocksize", 0);
  if (block < 1 || block > 1024) throw Error(fmt::format("attribute blocksize is {}", block));
  return block;
}

int64_t divided(int64_t extent, int64_t by) {
  if (extent == kUnknown) return kUnknown;
  if (extent % by != 0) throw Error(fmt::format("an extent of {} does not divide by {}", extent, by));
  return extent / by;
}

void check_mode(const OpInputs& in) {
  const std::string mode = in.node.attributes.get_string("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") throw Error(fmt::format("attribute mode is \"{}\"", mode));
}

int64_t times(int64_t extent, int64_t factor) { return extent == kUnknown ? kUnknown : extent * factor; }

}  // namespace

Types depth_to_space(const OpInputs& in) {
  const int64_t block = block_of(in);
  const ValueType& x = type_at(in, 0);
  check_mode(in);
  return {{x.type, Shape{x.shape[0], divided(x.shape[1], block * block), times(x.shape[2], block), times(x.shape[3], block)}}};
}

Types space_to_depth(const OpInputs& in) {
  const int64_t block = block_of(in);
  const ValueType& x = type_at(in, 0);
  check_mode(in);
  return {{x.type, Shape{x.shape[0], times(x.shape[1], block * block), divided(x.shape[2], block), divided(x.shape[3], block)}}};
}

Types trilu(const OpInputs& in) {
  shape_at_least(in, 0, 2);
  if (in.has(1) && in.ints(1).size() != 1) throw Error("k is not one number");
  return {type_at(in, 0)};
}

Types reverse_sequence(const OpInputs& in) {
  const ValueType& x = type_at(in, 0);
  const int batch = normal_axis(in.node.attributes.get_int("batch_axis", 1), x.shape.rank());
  const int time = normal_axis(in.node.attributes.get_int("time_axis", 0), x.shape.rank());
  const Shape& lengths = type_at(in, 1).shape;
  if (batch == time || lengths.rank() != 1 || !may_equal(lengths[0], x.shape[batch]))
    throw Error(fmt::format("lengths {} do not fit {}", lengths, x.shape));
  return {x};
}

Types eye_like(const OpInputs& in) {
  const ValueType& x = type_at(in, 0);
  if (x.shape.rank() != 2) throw Error(fmt::format("the input {} is no matrix", x.shape));
  const bool typed = in.node.attributes.has("dtype");
  return {{typed ? data_type_of_onnx(in.node.attributes.get_int("dtype", 1)) : x.type, x.shape}};
}

}  // namespace phosphene::ops
