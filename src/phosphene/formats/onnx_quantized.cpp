// DequantizeLinear of a weight: y = (x - zero_point) scale, with one scale for all, one for every index along `axis`, or (opset 21) one for
// every block of block_size indices along it.
#include "phosphene/formats/onnx_quantized.h"

#include "phosphene/base/error.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene {

std::optional<Tensor> dequantized_weight(const Node& node, const Graph& graph) {
  if (node.op != "DequantizeLinear" || node.inputs.size() < 2) return std::nullopt;
  const TensorPtr x = graph.constant(node.inputs[0]), scale = graph.constant(node.inputs[1]);
  const TensorPtr zero = node.has_input(2) ? graph.constant(node.inputs[2]) : nullptr;
  if (!x || !scale || (node.has_input(2) && !zero)) return std::nullopt;
  return dequantized_weight(node, *x, *scale, zero.get());
}

Tensor dequantized_weight(const Node& node, const Tensor& x, const Tensor& scale, const Tensor* zero) {
  const Shape& shape = x.shape();
  if (x.type() != DataType::kInt64 || scale.type() != DataType::kFloat32 || (zero && zero->type() != DataType::kInt64) ||
      (zero && zero->size() != scale.size()))
    throw Error("scale, zero point and weight do not fit", "the file is damaged; export it again");

  // Index of the scale: (outer, i along the axis, inner) -> outer * outer_step + i / block * inner_step + inner % inner_step.
  int64_t count = 1, inner = 1, block = 1, blocks = 1;
  bool blocked = false;
  if (scale.size() != 1 || scale.shape().rank() > 1) {
    const int axis = normal_axis(node.attributes.get_int("axis", 1), shape.rank());
    count = shape[axis];
    inner = shape.size(axis + 1, shape.rank());
    block = node.attributes.get_int("block_size", 0);
    blocked = block > 0;
    if (block > kMaxElements) throw Error(fmt::format("attribute block_size is {}", block), "the file is damaged; export it again");
    if (!blocked) block = 1;
    blocks = (count + block - 1) / block;
    Shape wanted{count};
    if (blocked) {
      wanted = shape;
      wanted[axis] = blocks;
    }
    if (scale.shape() != wanted)
      throw Error(fmt::format("the scale has the shape {}, not {}", scale.shape(), wanted), "the file is damaged; export it again");
  }
  Floats values(static_cast<size_t>(x.size()));
  for (size_t i = 0; i < values.size(); ++i) {
    const auto place = static_cast<int64_t>(i), along = place / inner % count / block;
    const auto at = static_cast<size_t>(blocked ? (place / inner / count * blocks + along) * inner + place % inner : along);
    values[i] = static_cast<float>(x.ints()[i] - (zero ? zero->ints()[at] : 0)) * scale.floats()[at];
  }
  return Tensor(shape, std::move(values));
}

}  // namespace phosphene
