// Operators that give numbers another shape: views where ATen has them, so nothing moves before it must.
#include "phosphene/engine/torch/lower.h"
#include "phosphene/graph/op.h"

namespace phosphene::aten {

namespace {

Run reshape(const Site& site) {
  return [shape = site.output().shape.dims()](const Tensors& inputs) -> Tensors { return {inputs[0].reshape(shape)}; };
}

Run concat(const Site& site) {
  return [axis = site.axis("axis", 0)](const Tensors& inputs) -> Tensors { return {at::cat(inputs, axis)}; };
}

Run split(const Site& site) {
  const int axis = site.axis("axis", 0);
  Ints sizes;
  for (size_t k = 0; k < site.node.outputs.size(); ++k) {
    if (!site.node.has_output(k)) return nullptr;  // its extent is nowhere written
    sizes.push_back(site.output(k).shape[axis]);
  }
  return [axis, sizes](const Tensors& inputs) -> Tensors { return at::split_with_sizes(inputs[0], sizes, axis); };
}

// One sliced axis: a view for a positive step, else the indices.
struct Cut {
  int axis;
  int64_t first, count, step;
  at::Tensor positions;
};

Run slice(const Site& site) {
  const auto starts = site.ints(1);
  Ints axes = starts ? all_axes(static_cast<int>(starts->size())) : Ints{}, steps(axes.size(), 1);
  const auto given_axes = site.ints(3), given_steps = site.ints(4);
  if (!starts || (site.has(3) && !given_axes) || (site.has(4) && !given_steps)) return nullptr;
  if (given_axes) axes = *given_axes;
  if (given_steps) steps = *given_steps;
  std::vector<Cut> cuts;
  for (size_t k = 0; k < starts->size(); ++k) {
    const int axis = normal_axis(axes[k], site.rank());
    const int64_t extent = site.shape(0)[axis], start = starts->at(k) < 0 ? starts->at(k) + extent : starts->at(k);
    Cut cut{axis, std::clamp<int64_t>(start, 0, steps[k] < 0 ? extent - 1 : extent), site.output().shape[axis], steps[k], {}};
    if (cut.count == 1) cut.step = 1;
    if (cut.step < 0) {
      Ints positions;
      for (int64_t i = 0; i < cut.count; ++i) positions.push_back(cut.first + i * cut.step);
      cut.positions = indices(positions, site.device);
    }
    cuts.push_back(cut);
  }
  return [cuts](const Tensors& inputs) -> Tensors {
    at::Tensor y = inputs[0];
    for (const Cut& cut : cuts)
      y = cut.positions.defined() ? y.index_select(cut.axis, cut.positions)
                                  : y.slice(cut.axis, cut.first, cut.first + (cut.count - 1) * cut.step + 1, cut.step);
    return {y};
  };
}

Run pad(const Site& site) {
  const auto given = site.ints(1);
  const std::string mode = site.attributes().get_string("mode", "constant");
  const auto rank = static_cast<size_t>(site.rank());
  if (!given || given->size() != 2 * rank || (mode == "constant" && site.has(2) && !site.number(2))) return lower_move(site, 0, 2);
  const Ints begin(given->begin(), given->begin() + static_cast<std::ptrdiff_t>(rank)),
      end(given->begin() + static_cast<std::ptrdiff_t>(rank), given->end());
  if (mode == "constant") {
    if (site.has(2) && site.reached.contains(site.node.inputs[2])) return lower_move(site, 0, 2);
    return [=, value = site.number(2).value_or(0)](const Tensors& inputs) -> Tensors { return {padded(inputs[0], begin, end, value)}; };
  }
  bool picture = rank == 4 && begin[0] == 0 && begin[1] == 0 && end[0] == 0 && end[1] == 0;
  for (size_t axis = 2; axis < rank; ++axis)
    for (const int64_t p : {begin[axis], end[axis]}) picture = picture && p >= 0 && p < site.shape(0)[static_cast<int>(axis)];
  if (!picture) return lower_move(site, 0, 2);
  const bool wide = site.device.is_cpu();  // where ATen mirrors no bf16
  return [=, pads = Ints{begin[3], end[3], begin[2], end[2]},
          name = mode == "edge" ? "replicate" : "reflect"](const Tensors& inputs) -> Tensors {
    return {at::pad(wide && at::isFloatingType(inputs[0].scalar_type()) ? inputs[0].to(at::kFloat) : inputs[0], pads, name)};
  };
}

Run transpose(const Site& site) {
  Ints order = all_axes(site.rank());
  std::reverse(order.begin(), order.end());
  return [order = site.attributes().get_ints("perm", order)](const Tensors& inputs) -> Tensors { return {inputs[0].permute(order)}; };
}

Run expand(const Site& site) {
  return [shape = site.output().shape.dims()](const Tensors& inputs) -> Tensors { return {inputs[0].expand(shape)}; };
}

Run tile(const Site& site) {
  const auto repeats = site.ints(1);
  if (!repeats) return nullptr;
  return [repeats = *repeats](const Tensors& inputs) -> Tensors { return {inputs[0].repeat(repeats)}; };
}

// DepthToSpace: DCR splits the channels as [b, b, c], CRD as [c, b, b]; SpaceToDepth is the inverse.
struct Blocks {
  int64_t b, n, c, h, w;  // of the wide picture's pieces: [n, c, h b, w b]
};

Run depth_to_space(const Site& site) {
  const int64_t b = site.attributes().get_int("blocksize", 1);
  const Shape& x = site.shape(0);
  const Blocks s{b, x[0], x[1] / (b * b), x[2], x[3]};
  const bool depth_first = site.attributes().get_string("mode", "DCR") == "DCR";
  return [s, depth_first](const Tensors& inputs) -> Tensors {
    const at::Tensor pieces = depth_first ? inputs[0].reshape({s.n, s.b, s.b, s.c, s.h, s.w}).permute({0, 3, 4, 1, 5, 2})
                                          : inputs[0].reshape({s.n, s.c, s.b, s.b, s.h, s.w}).permute({0, 1, 4, 2, 5, 3});
    return {pieces.reshape({s.n, s.c, s.h * s.b, s.w * s.b})};
  };
}

Run space_to_depth(const Site& site) {
  const int64_t b = site.attributes().get_int("blocksize", 1);
  const Shape& x = site.shape(0);
  const Blocks s{b, x[0], x[1], x[2] / b, x[3] / b};
  const Ints order = site.attributes().get_string("mode", "DCR") == "DCR" ? Ints{0, 3, 5, 1, 2, 4} : Ints{0, 1, 3, 5, 2, 4};
  return [s, order](const Tensors& inputs) -> Tensors {
    return {inputs[0].reshape({s.n, s.c, s.h, s.b, s.w, s.b}).permute(order).reshape({s.n, s.b * s.b * s.c, s.h, s.w})};
  };
}

Run trilu(const Site& site) {
  const bool upper = site.attributes().get_int("upper", 1) != 0;
  const auto given = site.ints(1);
  if (site.has(1) && !given) return nullptr;
  return
      [upper, k = given ? given->at(0) : 0](const Tensors& inputs) -> Tensors { return {upper ? inputs[0].triu(k) : inputs[0].tril(k)}; };
}

Run reverse_sequence(const Site& site) { return lower_move(site); }

Run eye_like(const Site& site) {
  return [eye = to_tensor(run_kernel(site.node, {nullptr}, site.output()), site.device)](const Tensors&) -> Tensors { return {eye}; };
}

}  // namespace

std::vector<Rule> shape_rules() {
  return {
      {"Reshape", reshape, Width::kAny},
      {"Flatten", reshape, Width::kAny},
      {"Squeeze", reshape, Width::kAny},
      {"Unsqueeze", reshape, Width::kAny},
      {"Concat", concat},
      {"Split", split, Width::kAny},
      {"Slice", slice, Width::kAny},
      {"Pad", pad},
      {"Transpose", transpose, Width::kAny},
      {"Expand", expand, Width::kAny},
      {"Tile", tile, Width::kAny},
      {"DepthToSpace", depth_to_space, Width::kAny},
      {"SpaceToDepth", space_to_depth, Width::kAny},
      {"Trilu", trilu, Width::kAny},
      {"ReverseSequence", reverse_sequence, Width::kAny},
      {"EyeLike", eye_like, Width::kAny},
  };
}

}  // namespace phosphene::aten
