// Layers that join values or take them apart.
#include "phosphene/base/error.h"
#include "phosphene/formats/caffe/layer.h"
#include "phosphene/graph/op.h"

namespace phosphene::caffe {

Values eltwise(Layer& layer) {
  const EltwiseParameter& p = layer.param.eltwise_param();
  const auto operation = p.operation();
  for (const std::string& bottom : layer.bottoms)
    if (layer.shape(bottom) != layer.shape())
      throw Error(fmt::format("its bottoms have the shapes {} and {}", layer.shape(), layer.shape(bottom)), "correct the layers before it");
  if (p.coeff_size() > 0 && (operation != EltwiseParameter::SUM || p.coeff_size() != static_cast<int>(layer.bottoms.size())))
    throw Error(fmt::format("has {} coefficients for {} bottoms", p.coeff_size(), layer.bottoms.size()), "correct eltwise_param");
  const char* op = operation == EltwiseParameter::SUM ? "Add" : operation == EltwiseParameter::PROD ? "Mul" : "Max";
  std::string result;
  for (size_t i = 0; i < layer.bottoms.size(); ++i) {
    std::string term = layer.bottoms[i];
    const float coefficient = p.coeff_size() > 0 ? p.coeff(static_cast<int>(i)) : 1;
    if (coefficient != 1) term = layer.add("Mul", {term, layer.scalar(coefficient)});
    result = i == 0 ? term : layer.add(op, {result, term});
  }
  return {result};
}

Values concat(Layer& layer) {
  const ConcatParameter& p = layer.param.concat_param();
  const int64_t wanted = p.has_concat_dim() ? static_cast<int64_t>(p.concat_dim()) : p.axis();
  const int axis = normal_axis(wanted, layer.shape().rank());
  if (axis == 0) throw Error("axis 0 would join batches", "correct concat_param");
  if (layer.bottoms.size() == 1) return {layer.bottoms[0]};
  return {layer.add("Concat", layer.bottoms, {{"axis", int64_t{axis}}})};
}

Values slice(Layer& layer) {
  const SliceParameter& p = layer.param.slice_param();
  const int64_t wanted = p.has_slice_dim() ? static_cast<int64_t>(p.slice_dim()) : p.axis();
  const int axis = normal_axis(wanted, layer.shape().rank());
  if (axis == 0) throw Error("axis 0 would part the pictures of a batch", "correct slice_param");
  const int64_t extent = layer.shape()[axis], tops = layer.param.top_size();
  if (tops == 1) return {layer.bottoms[0]};
  std::vector<int64_t> sizes;
  if (p.slice_point_size() > 0) {
    int64_t last = 0;
    for (const int64_t point : p.slice_point()) sizes.push_back(point - last), last = point;
    sizes.push_back(extent - last);
  } else {
    sizes.assign(static_cast<size_t>(tops), extent / tops);
    if (extent % tops) sizes.clear();
  }
  bool fits = static_cast<int64_t>(sizes.size()) == tops;
  for (const int64_t size : sizes) fits &= size > 0;
  if (!fits) throw Error(fmt::format("axis {} of {} does not divide into its {} tops", axis, layer.shape(), tops), "correct slice_param");
  return layer.add_many("Split", {layer.bottoms[0], layer.ints(sizes)}, sizes.size(), {{"axis", int64_t{axis}}});
}

Values split(Layer& layer) { return Values(static_cast<size_t>(layer.param.top_size()), layer.bottoms[0]); }

}  // namespace phosphene::caffe
