// Operators that read or write at positions given by integers. Constant positions become a table while the program is compiled; positions
// that are computed stay on the device where ATen has the operator.
//
//     ScatterElements, ScatterND   none: y = [x, updates][source], the last update of a place being its source;  add: index_add
#include <numeric>

#include "phosphene/engine/torch/lower.h"

namespace phosphene::aten {

namespace {

// Counted from the end of the axis where negative.
at::Tensor wrapped(const at::Tensor& index, int64_t extent) { return at::where(index.lt(0), index + extent, index); }

Run gather(const Site& site) {
  const int axis = site.axis("axis", 0);
  const int64_t extent = site.shape(0)[axis];
  const auto& shape = site.output().shape.dims();
  if (auto positions = site.ints(1)) {
    for (int64_t& i : *positions) i = i < 0 ? i + extent : i;
    const auto [least, most] = std::minmax_element(positions->begin(), positions->end());
    if (*least < 0 || *most >= extent) return nullptr;  // the kernel says which
    return [axis, shape, index = indices(*positions, site.device)](const Tensors& inputs) -> Tensors {
      return {inputs[0].index_select(axis, index).reshape(shape)};
    };
  }
  return [axis, extent, shape](const Tensors& inputs) -> Tensors {
    return {inputs[0].index_select(axis, wrapped(inputs[1].to(at::kLong), extent).reshape({-1})).reshape(shape)};
  };
}

Run gather_elements(const Site& site) {
  const int axis = site.axis("axis", 0);
  return [axis, extent = site.shape(0)[axis]](const Tensors& inputs) -> Tensors {
    return {at::gather(inputs[0], axis, wrapped(inputs[1], extent))};
  };
}

Run moved(const Site& site) { return lower_move(site); }

Run one_hot(const Site& site) {
  if (site.constant(0)) return lower_move(site, 2);
  const int rank = site.output().shape.rank();
  const auto given = site.attributes().get_int("axis", -1);
  const auto axis = static_cast<int>(given < 0 ? given + rank : given);
  const int64_t depth = site.output().shape[axis];
  Ints along(static_cast<size_t>(rank), 1);
  along[static_cast<size_t>(axis)] = depth;
  const at::Tensor places = at::arange(depth, at::TensorOptions(at::kLong).device(site.device)).view(along);
  return [axis, depth, places](const Tensors& inputs) -> Tensors {
    const at::Tensor hot = wrapped(inputs[0].to(at::kLong), depth).unsqueeze(axis).eq(places);
    return {at::where(hot, inputs[2][1], inputs[2][0])};
  };
}

// first, first + 1, ...
kernels::Array counted(const Shape& shape, double first) {
  kernels::Array array(shape);
  std::iota(array.values.begin(), array.values.end(), first);
  return array;
}

Run scatter(const Site& site) {
  const TensorPtr constant = site.constant(1);
  const std::string reduction = site.attributes().get_string("reduction", "none");
  if (!constant || (reduction != "none" && reduction != "add")) return nullptr;
  const Shape &x = site.shape(0), &updates = site.shape(2);
  const kernels::Array positions(*constant), from_x = counted(x, 0);
  if (reduction == "none") {
    const kernels::Array from_updates = counted(updates, static_cast<double>(x.size()));
    const auto map = integers(run_kernel(site.node, {&from_x, &positions, &from_updates}, {DataType::kFloat32, x}));
    return [index = indices(map, site.device), shape = x.dims()](const Tensors& inputs) -> Tensors {
      return {at::cat({inputs[0].reshape({-1}), inputs[2].reshape({-1})}).index_select(0, index).view(shape)};
    };
  }
  Node reader = site.node;  // the operator that reads where this one writes
  reader.op = site.node.op == "ScatterND" ? "GatherND" : "GatherElements";
  const auto targets = integers(run_kernel(reader, {&from_x, &positions}, {DataType::kFloat32, updates}));
  return [index = indices(targets, site.device), shape = x.dims()](const Tensors& inputs) -> Tensors {
    return {inputs[0].reshape({-1}).index_add(0, index, inputs[2].reshape({-1})).view(shape)};
  };
}

}  // namespace

std::vector<Rule> index_rules() {
  return {
      {"Gather", gather, Width::kAny},
      {"GatherElements", gather_elements, Width::kAny},
      {"GatherND", moved, Width::kAny},
      {"Compress", moved, Width::kAny},
      {"OneHot", one_hot},
      {"ScatterElements", scatter, Width::kFloat32},
      {"ScatterND", scatter, Width::kFloat32},
  };
}

}  // namespace phosphene::aten
