// The table of operators: arity and shape rule of each. Families live in ops/, one file each; the table is in op.cpp.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "phosphene/graph/graph.h"

namespace phosphene {

// What a shape rule sees of one node: the type of every input, and its tensor where the input is a constant.
struct OpInputs {
  const Node& node;
  std::vector<const ValueType*> types;  // null for an absent optional input
  std::vector<TensorPtr> constants;     // null where the input is not constant

  const Shape& shape(size_t index) const { return types.at(index)->shape; }
  bool has(size_t index) const { return index < types.size() && types[index]; }
  // The constant integers of an input (axes, pads, a target shape ...). Error when that input is not constant.
  std::vector<int64_t> ints(size_t index) const;
};

// Types of all outputs, as the ONNX specification of the operator says at kOpset. Throws Error on inputs that do not fit.
using ShapeRule = std::vector<ValueType> (*)(const OpInputs& inputs);

struct Op {
  std::string name;
  size_t min_inputs, max_inputs, max_outputs;
  ShapeRule shape_rule;
};

inline constexpr size_t kAnyNumber = 1 << 20;

// The operator's entry, or null for one that phosphene does not know.
const Op* find_op(const std::string& name);
std::span<const Op> all_ops();

// Axis made non-negative; Error outside [-rank, rank).
int normal_axis(int64_t axis, int rank);

// Geometry of a sliding window over the spatial axes, from the attributes kernel_shape, strides, pads, dilations, auto_pad, ceil_mode of a
// convolution or pooling node. All vectors have one entry a spatial axis.
struct Window {
  std::vector<int64_t> kernel, strides, dilations, pads_begin, pads_end, output;
};
// For Conv and pooling. `kernel` comes from the weight's shape for Conv, from the attribute for pooling.
Window sliding_window(const Node& node, const Shape& input, const std::vector<int64_t>& kernel);
// For ConvTranspose; output_padding and output_shape are honoured.
Window transposed_window(const Node& node, const Shape& input, const std::vector<int64_t>& kernel);

}  // namespace phosphene
