// Pooling: x [n, c, ...] -> [n, c, window.output...]; global pooling leaves extents of 1.
#include "phosphene/graph/ops/rules.h"

namespace phosphene::ops {

Types pool(const OpInputs& in) {
  const Shape& input = float_at(in, 0).shape;
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
  return {{DataType::kFloat32, Shape(std::move(dims))}};
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
