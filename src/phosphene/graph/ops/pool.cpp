// Pooling: x [n, c, ...] -> [n, c, window.output...]; global pooling leaves extents of 1.
#include "phosphene/graph/ops/rules.h"

namespace phosphene::ops {

// MaxPool's second output: where each maximum lies.
Types pool(const OpInputs& in) {
  const DataType type = in.node.op == "MaxPool" ? type_at(in, 0).type : float_at(in, 0).type;
  const Shape& input = in.shape(0);
  if (!in.node.attributes.has("kernel_shape")) throw Error("attribute kernel_shape is missing");
  const Window window = sliding_window(in.node, input, in.node.attributes.get_ints("kernel_shape", {}));
  for (size_t axis = 0; axis < window.kernel.size(); ++axis) {
    // A window that lay wholly in the padding would have no maximum and no mean.
    const int64_t span = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
    if (window.pads_begin[axis] >= span || window.pads_end[axis] >= span)
      throw Error(fmt::format("the padding along spatial axis {} is not smaller than the window", axis));
  }
  std::vector<int64_t> dims = {input[0], input[1]};
  dims.insert(dims.end(), window.output.begin(), window.output.end());
  if (in.node.op == "LpPool" && in.node.attributes.get_int("p", 2) < 1) throw Error("attribute p is below 1");
  Types types = {{type, Shape(dims)}};
  if (in.node.outputs.size() > 1) types.push_back({DataType::kInt64, Shape(std::move(dims))});
  return types;
}

// x and the indices that a MaxPool gave for it -> the shape before it: the third input, or the smallest that the window allows.
Types max_unpool(const OpInputs& in) {
  const Shape &x = float_at(in, 0).shape, &indices = type_at(in, 1).shape;
  shape_at_least(in, 0, 3);
  if (indices != x) throw Error(fmt::format("the indices {} do not fit {}", indices, x));
  const auto kernel = in.node.attributes.get_ints("kernel_shape", {});
  const auto strides = in.node.attributes.get_ints("strides", std::vector<int64_t>(kernel.size(), 1));
  const auto pads = in.node.attributes.get_ints("pads", std::vector<int64_t>(2 * kernel.size(), 0));
  const size_t axes = static_cast<size_t>(x.rank()) - 2;
  if (kernel.size() != axes || strides.size() != axes || pads.size() != 2 * axes) throw Error(fmt::format("the window does not fit {}", x));
  for (const auto* numbers : {&kernel, &strides, &pads})
    for (const int64_t number : *numbers)
      if (number < 0 || number > kMaxAttribute) throw Error(fmt::format("a window attribute is {}", number));
  Shape output = x;
  for (size_t axis = 0; axis < axes; ++axis) {
    int64_t& extent = output[static_cast<int>(axis) + 2];
    if (extent != kUnknown) extent = (extent - 1) * strides[axis] + kernel[axis] - pads[axis] - pads[axis + axes];
  }
  if (in.has(2)) output = Shape(in.ints(2));
  require_sane(output);
  return {{DataType::kFloat32, output}};
}

Types global_pool(const OpInputs& in) {
  float_at(in, 0);
  Shape output = shape_at_least(in, 0, 3);
  for (int axis = 2; axis < output.rank(); ++axis) {
    if (output[axis] == 0) throw Error("a spatial axis is empty");
    output[axis] = 1;
  }
  return {{DataType::kFloat32, output}};
}

}  // namespace phosphene::ops
