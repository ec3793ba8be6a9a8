// Layers that change the shape, and reductions.
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/formats/caffe/layer.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene::caffe {

namespace {

using Ints = std::vector<int64_t>;

Shape joined(const Shape& shape, int first, int last) {
  Ints dims(shape.begin(), shape.begin() + first);
  dims.push_back(shape.size(first, last));
  dims.insert(dims.end(), shape.begin() + last, shape.end());
  return Shape(dims);
}

}  // namespace

Values flatten(Layer& layer) {
  const FlattenParameter& p = layer.param.flatten_param();
  const Shape& input = layer.shape();
  const int first = normal_axis(p.axis(), input.rank()), last = normal_axis(p.end_axis(), input.rank());
  if (last < first) throw Error(fmt::format("axes {} to {} run backwards", first, last), "correct flatten_param");
  return {layer.reshape(layer.bottoms[0], joined(input, first, last + 1))};
}

// The axes [axis, axis + num_axes) give way to `shape`, where 0 copies the axis in its place and -1 is what is left over.
Values reshape(Layer& layer) {
  const ReshapeParameter& p = layer.param.reshape_param();
  const Shape& input = layer.shape();
  const int64_t rank = input.rank();
  const int64_t first = p.axis() < 0 ? p.axis() + rank + 1 : p.axis();
  const int64_t count = p.num_axes() == -1 ? rank - first : p.num_axes();
  if (first < 0 || first > rank || count < 0 || first + count > rank)
    throw Error(fmt::format("axis {} and num_axes {} lie outside {}", p.axis(), p.num_axes(), input), "correct reshape_param");
  Shape target(Ints(input.begin(), input.begin() + first));
  int open = -1;
  for (int i = 0; i < p.shape().dim_size(); ++i) {
    int64_t extent = p.shape().dim(i);
    if (extent == 0) {
      if (first + i >= rank) throw Error(fmt::format("dim 0 at place {} has no axis to copy in {}", i, input), "correct reshape_param");
      extent = input[static_cast<int>(first) + i];
    } else if (extent == -1 && open < 0) {
      open = target.rank();
      extent = 1;
    } else if (extent < 0) {
      throw Error("has more than one dim of -1, or one below it", "correct reshape_param");
    }
    target.push_back(extent);
  }
  for (int64_t axis = first + count; axis < rank; ++axis) target.push_back(input[static_cast<int>(axis)]);
  require_sane(target);
  if (open >= 0 && target.size() > 0) target[open] = input.size() / target.size();
  if (target.size() != input.size()) throw Error(fmt::format("{} cannot become {}", input, target), "correct reshape_param");
  return {layer.reshape(layer.bottoms[0], target)};
}

// The first bottom, cut to the extents of the second from `axis` on.
Values crop(Layer& layer) {
  const CropParameter& p = layer.param.crop_param();
  const Shape &input = layer.shape(), &wanted = layer.shape(layer.bottoms[1]);
  const int first = normal_axis(p.axis(), input.rank());
  if (wanted.rank() != input.rank()) throw Error(fmt::format("its bottoms {} and {} differ in rank", input, wanted));
  if (p.offset_size() > 1 && p.offset_size() != input.rank() - first)
    throw Error(fmt::format("has {} offsets for {} axes", p.offset_size(), input.rank() - first), "correct crop_param");
  Ints starts, ends, axes;
  for (int axis = first; axis < input.rank(); ++axis) {
    const int64_t start = p.offset_size() == 0 ? 0 : p.offset(p.offset_size() == 1 ? 0 : axis - first), end = start + wanted[axis];
    if (end > input[axis])
      throw Error(fmt::format("axis {} of {} ends before {} + {}", axis, input, start, wanted[axis]), "correct crop_param");
    if (start == 0 && end == input[axis]) continue;
    if (axis == 0) throw Error("axis 0 is the batch", "correct crop_param");
    starts.push_back(start), ends.push_back(end), axes.push_back(axis);
  }
  if (axes.empty()) return {layer.bottoms[0]};
  return {layer.add("Slice", {layer.bottoms[0], layer.ints(starts), layer.ints(ends), layer.ints(axes)})};
}

Values tile(Layer& layer) {
  const TileParameter& p = layer.param.tile_param();
  const Shape& input = layer.shape();
  const int axis = normal_axis(p.axis(), input.rank());
  const int64_t tiles = p.tiles();
  if (tiles < 1) throw Error("tiles is missing", "correct tile_param");
  if (axis == 0) throw Error("axis 0 is the batch", "correct tile_param");
  if (tiles == 1) return {layer.bottoms[0]};
  Ints copies(static_cast<size_t>(input.rank()), 1);
  copies[static_cast<size_t>(axis)] = tiles;
  return {layer.add("Tile", {layer.bottoms[0], layer.ints(copies)})};
}

// With `axis` the place of the largest value along it; without, its place in the flattened picture as [n, 1, 1], or with out_max_val the
// place and the value as [n, 2, 1].
Values arg_max(Layer& layer) {
  const ArgMaxParameter& p = layer.param.argmax_param();
  if (p.top_k() != 1) throw Error(fmt::format("the best {} are not supported", p.top_k()), "write top_k: 1");
  const bool whole = !p.has_axis();
  const int64_t axis = whole ? 1 : normal_axis(p.axis(), layer.shape().rank());
  if (axis == 0) throw Error("axis 0 is the batch", "correct argmax_param");
  std::string x = layer.bottoms[0];
  if (whole) {
    const int64_t batch = layer.shape()[0];
    x = layer.reshape(x, {batch, batch > 0 ? layer.shape().size() / batch : 0, 1});
  }
  const auto place = [&] { return layer.add("Cast", {layer.add("ArgMax", {x}, {{"axis", axis}})}, {{"to", int64_t{1}}}); };
  const auto value = [&] { return layer.add("ReduceMax", {x}, {{"axes", Ints{axis}}}); };
  if (!p.out_max_val()) return {place()};
  if (!whole) return {value()};
  return {layer.add("Concat", {place(), value()}, {{"axis", int64_t{1}}})};
}

// coeff times the sum, the sum of |x| or of x^2, or the mean, over the axes from `axis` on.
Values reduction(Layer& layer) {
  const ReductionParameter& p = layer.param.reduction_param();
  const int rank = layer.shape().rank(), axis = normal_axis(p.axis(), rank);
  if (axis == 0) throw Error("axis 0 would reduce over the batch", "correct reduction_param");
  Ints axes;
  for (int i = axis; i < rank; ++i) axes.push_back(i);
  std::string x = layer.bottoms[0];
  if (p.operation() == ReductionParameter::ASUM) x = layer.add("Abs", {x});
  if (p.operation() == ReductionParameter::SUMSQ) x = layer.add("Mul", {x, x});
  std::string result = p.operation() == ReductionParameter::MEAN
                           ? layer.add("ReduceMean", {x}, {{"axes", axes}, {"keepdims", int64_t{0}}})
                           : layer.add("ReduceSum", {x, layer.ints(axes)}, {{"keepdims", int64_t{0}}});
  if (p.coeff() != 1) result = layer.add("Mul", {result, layer.scalar(p.coeff())});
  return {result};
}

}  // namespace phosphene::caffe
