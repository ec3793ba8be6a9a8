// Resize: inputs x, roi, scales, sizes. output = sizes, or floor(input * scale, or input * share of the roi * scale for
// tf_crop_and_resize). And the other operators that sample a picture anew.
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
  const bool crops = in.node.attributes.get_string("coordinate_transformation_mode", "") == "tf_crop_and_resize";
  const TensorPtr roi = crops && given(in, 1) ? in.constants.at(1) : nullptr;
  if (crops && (!roi || roi->type() != DataType::kFloat32 || roi->size() != 2 * input.rank()))
    throw Error("the region of tf_crop_and_resize is no constant of two numbers an axis");
  for (int axis = 0; axis < input.rank(); ++axis) {
    const double scale = scales->floats()[static_cast<size_t>(axis)];
    if (!(scale > 0) || !(scale < 1 << 20)) throw Error(fmt::format("a scale is {}", scale));
    if (input[axis] == kUnknown) continue;
    const auto region = [&](int at) { return static_cast<double>(roi->floats()[static_cast<size_t>(at)]); };
    const double share = roi ? region(axis + input.rank()) - region(axis) : 1;
    if (!(share >= 0) || !(share < 1 << 20)) throw Error(fmt::format("the region spans {} of an axis", share));
    output[axis] = static_cast<int64_t>(std::floor(static_cast<double>(input[axis]) * share * scale));
    if (output[axis] < 1 && input[axis] > 0)
      throw Error(fmt::format("a scale of {} leaves nothing of an extent of {}", scale, input[axis]));
  }
  return {{DataType::kFloat32, output}};
}

namespace {

void require_mode(const OpInputs& in, const char* attribute, const char* standard, std::initializer_list<const char*> modes) {
  const std::string mode = in.node.attributes.get_string(attribute, standard);
  if (std::find(modes.begin(), modes.end(), mode) == modes.end()) throw Error(fmt::format("attribute {} is \"{}\"", attribute, mode));
}

}  // namespace

// x [n, c, h, w], grid [n, h', w', 2] -> [n, c, h', w']
Types grid_sample(const OpInputs& in) {
  const Shape &x = float_at(in, 0).shape, &grid = float_at(in, 1).shape;
  if (x.rank() != 4 || grid.rank() != 4 || !may_equal(x[0], grid[0]) || !may_equal(grid[3], 2))
    throw Error(fmt::format("a grid {} does not fit a picture {}", grid, x));
  require_mode(in, "mode", "bilinear", {"bilinear", "nearest", "bicubic"});
  require_mode(in, "padding_mode", "zeros", {"zeros", "border", "reflection"});
  return {{DataType::kFloat32, Shape{x[0], x[1], grid[1], grid[2]}}};
}

// x [n, c, h, w], rois [r, 4], batch_indices [r] -> [r, c, output_height, output_width]
Types roi_align(const OpInputs& in) {
  const Shape &x = float_at(in, 0).shape, &rois = float_at(in, 1).shape, &batch = type_at(in, 2).shape;
  if (x.rank() != 4 || rois.rank() != 2 || !may_equal(rois[1], 4) || batch.rank() != 1 || !may_equal(batch[0], rois[0]))
    throw Error(fmt::format("regions {} and batch indices {} do not fit a picture {}", rois, batch, x));
  require_mode(in, "mode", "avg", {"avg", "max"});
  require_mode(in, "coordinate_transformation_mode", "half_pixel", {"half_pixel", "output_half_pixel"});
  const int64_t height = in.node.attributes.get_int("output_height", 1), width = in.node.attributes.get_int("output_width", 1);
  const int64_t ratio = in.node.attributes.get_int("sampling_ratio", 0);
  if (std::min(height, width) < 1 || std::max(height, width) > kMaxAttribute || ratio < 0 || ratio > 1024)
    throw Error(fmt::format("attributes output_height {}, output_width {}, sampling_ratio {}", height, width, ratio));
  return {{DataType::kFloat32, Shape{rois[0], x[1], height, width}}};
}

}  // namespace phosphene::ops
