// Resize: inputs x, roi, scales, sizes. output = sizes, or floor(input * scale).
#include <cmath>

#include "phosphene/graph/ops/rules.h"

namespace phosphene::ops {

namespace {

// An input that is absent, or present and empty, does not count.
bool given(const OpInputs& in, size_t index) { return in.has(index) && in.shape(index) != Shape{0}; }

}  // namespace

Types resize(const OpInputs& in) {
  const Shape& input = float_at(in, 0).shape;
  Shape output = input;
  const auto require_count = [&](size_t count) {
    if (count != static_cast<size_t>(input.rank())) throw Error(fmt::format("{} scales or sizes for the input {}", count, input));
  };
  const bool scaled = given(in, 2), sized = given(in, 3);
  if (scaled == sized) throw Error(scaled ? "both scales and sizes are given" : "neither scales nor sizes are given");
  if (sized) {
    const auto sizes = open_ints(in, 3);
    require_count(sizes.size());
    for (int axis = 0; axis < input.rank(); ++axis) {
      const int64_t size = value_or_unknown(sizes[static_cast<size_t>(axis)]);
      if (size < 1 && size != kUnknown) throw Error(fmt::format("a size is {}", size));
      output[axis] = size;
    }
    return {{DataType::kFloat32, output}};
  }
  const TensorPtr& scales = in.constants.at(2);
  if (!scales) throw Error("the scales are not a constant", "export the model with fixed scales");
  if (scales->type() != DataType::kFloat32) throw Error("the scales are not float32");
  require_count(scales->floats().size());
  for (int axis = 0; axis < input.rank(); ++axis) {
    const double scale = scales->floats()[static_cast<size_t>(axis)];
    if (!(scale > 0) || !(scale < 1 << 20)) throw Error(fmt::format("a scale is {}", scale));
    if (input[axis] == kUnknown) continue;
    output[axis] = static_cast<int64_t>(std::floor(static_cast<double>(input[axis]) * scale));
    if (output[axis] < 1 && input[axis] > 0)
      throw Error(fmt::format("a scale of {} leaves nothing of an extent of {}", scale, input[axis]));
  }
  return {{DataType::kFloat32, output}};
}

}  // namespace phosphene::ops
