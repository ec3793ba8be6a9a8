// Normalisation keeps the shape of its first input.
#include "phosphene/graph/ops/rules.h"

namespace phosphene::ops {

// x [n, c, ...], scale, bias, mean, variance [c] -> y; with training_mode also the running mean and variance [c].
Types batch_normalization(const OpInputs& in) {
  const ValueType& x = float_at(in, 0);
  shape_at_least(in, 0, 2);
  for (size_t index = 1; index < 5; ++index) {
    const Shape& shape = float_at(in, index).shape;
    if (shape.rank() != 1 || !may_equal(shape[0], x.shape[1]))
      throw Error(fmt::format("input {} has the shape {}, not [{}]", index, shape, x.shape[1]));
  }
  const bool training = in.node.attributes.get_int("training_mode", 0) != 0;
  if (!training && in.node.outputs.size() > 1) throw Error("only training mode has running statistics as outputs");
  Types types = {x};
  if (training) types.insert(types.end(), 2, {DataType::kFloat32, Shape{in.shape(1)[0]}});
  types.resize(std::max<size_t>(1, std::min(types.size(), in.node.outputs.size())));
  return types;
}

Types lrn(const OpInputs& in) {
  shape_at_least(in, 0, 2);
  const int64_t size = in.node.attributes.get_int("size", 0);
  if (size < 1 || size > kMaxAttribute) throw Error(fmt::format("attribute size is {}", size));
  return {float_at(in, 0)};
}

Types softmax(const OpInputs& in) {
  const ValueType& x = float_at(in, 0);
  normal_axis(in.node.attributes.get_int("axis", -1), x.shape.rank());
  return {x};
}

// x [n, c, ...], scale and bias [c] -> y. GroupNormalization: also [num_groups].
Types channel_normalization(const OpInputs& in) {
  const ValueType& x = float_at(in, 0);
  shape_at_least(in, 0, 3);
  const int64_t channels = x.shape[1], groups = in.node.attributes.get_int("num_groups", 1);
  if (groups < 1 || (channels != kUnknown && channels % groups != 0))
    throw Error(fmt::format("{} channels do not divide into {} groups", channels, groups));
  for (size_t index = 1; index < 3; ++index) {
    const Shape& shape = float_at(in, index).shape;
    const bool a_group = in.node.attributes.has("num_groups") && shape.rank() == 1 && shape[0] == groups;
    if (shape.rank() != 1 || !(a_group || may_equal(shape[0], channels)))
      throw Error(fmt::format("input {} has the shape {}, not [{}]", index, shape, channels));
  }
  return {x};
}

// scale and bias are broadcast to the axes from `axis` on; the mean and 1 / deviation keep the others.
Types layer_normalization(const OpInputs& in) {
  const ValueType& x = float_at(in, 0);
  const int axis = normal_axis(in.node.attributes.get_int("axis", -1), x.shape.rank());
  const Shape inner(std::vector<int64_t>(x.shape.begin() + axis, x.shape.end()));
  for (size_t index = 1; index < in.types.size(); ++index)
    if (in.has(index) && broadcast(float_at(in, index).shape, inner) != inner)
      throw Error(fmt::format("input {} has the shape {}, which does not fit {}", index, in.shape(index), inner));
  ValueType moments = x;
  for (int a = axis; a < x.shape.rank(); ++a) moments.shape[a] = 1;
  Types types = {x, moments, moments};
  types.resize(std::max<size_t>(1, std::min(types.size(), in.node.outputs.size())));
  return types;
}

Types mean_variance_normalization(const OpInputs& in) {
  normal_axes(in.node.attributes.get_ints("axes", {0, 2, 3}), float_at(in, 0).shape.rank());
  return {float_at(in, 0)};
}

}  // namespace phosphene::ops
