// The table of kernels: all families after one another.
#include "phosphene/graph/kernels/kernels.h"

#include <map>

#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

std::span<const Kernel> all_kernels() {
  static const std::vector<Kernel> table = [] {
    std::vector<Kernel> all;
    for (const auto& family : {activation_kernels(), along_axis_kernels(), arrange_kernels(), binary_kernels(), conv_kernels(),
                               einsum_kernels(), gather_kernels(), grid_sample_kernels(), join_kernels(), layer_norm_kernels(),
                               linear_kernels(), mathematics_kernels(), normalize_kernels(), pool_kernels(), quantize_kernels(),
                               reduce_kernels(), resize_kernels(), roi_align_kernels(), shape_kernels()})
      all.insert(all.end(), family.begin(), family.end());
    return all;
  }();
  return table;
}

Array::Array(const Tensor& tensor) : Array(ValueType{tensor.type(), tensor.shape()}) {
  if (type == DataType::kFloat32)
    std::copy(tensor.floats().begin(), tensor.floats().end(), values.begin());
  else
    std::copy(tensor.ints().begin(), tensor.ints().end(), values.begin());
}

const Kernel* find_kernel(const std::string& op) {
  static const std::map<std::string, const Kernel*> by_name = [] {
    std::map<std::string, const Kernel*> index;
    for (const Kernel& kernel : all_kernels()) index[kernel.op] = &kernel;
    return index;
  }();
  const auto found = by_name.find(op);
  return found == by_name.end() ? nullptr : found->second;
}

std::vector<int64_t> integers(const Array& array) {
  constexpr double kLargest = 9007199254740992.0;  // 2^53
  std::vector<int64_t> result;
  for (const double value : array.values) result.push_back(static_cast<int64_t>(std::clamp(value, -kLargest, kLargest)));
  return result;
}

std::vector<int64_t> integers(const Node& node, const char* attribute, const ConstArrays& inputs, size_t index,
                              const std::vector<int64_t>& fallback) {
  if (node.attributes.has(attribute)) return node.attributes.get_ints(attribute, fallback);
  const Array* input = at(inputs, index);
  return input ? integers(*input) : fallback;
}

Spatial spatial(const std::vector<int64_t>& extents, int64_t fill) {
  if (extents.size() > 3) throw Error(fmt::format("{} spatial axes", extents.size()), "up to 3 are supported");
  Spatial result{fill, fill, fill};
  std::copy(extents.begin(), extents.end(), result.end() - static_cast<std::ptrdiff_t>(extents.size()));
  return result;
}

Spatial spatial(const Shape& shape) { return spatial(std::vector<int64_t>(shape.begin() + 2, shape.end()), 1); }

Window3::Window3(const Window& window)
    : kernel(spatial(window.kernel, 1)),
      strides(spatial(window.strides, 1)),
      dilations(spatial(window.dilations, 1)),
      pads_begin(spatial(window.pads_begin, 0)),
      pads_end(spatial(window.pads_end, 0)) {}

}  // namespace phosphene::kernels
