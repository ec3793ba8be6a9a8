// Resize and GridSample.
//
// Resize is separable and linear: along an axis, y[o] = sum_i M[o, i] x[i]. Its kernel, run once on the identity, gives M; nearest
// neighbours are rows with a single one. So every mode means here what it means in the kernel.
#include "phosphene/engine/torch/lower.h"

namespace phosphene::aten {

namespace {

struct Pass {
  int axis;
  int64_t in, out;
  double scale;
  double start = 0, end = 1;  // the region of tf_crop_and_resize
};

bool extrapolates(const Site& site) {
  return site.attributes().get_string("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize";
}

// The axes that change; nothing where scales or the region are computed.
std::optional<std::vector<Pass>> passes_of(const Site& site) {
  const Shape &x = site.shape(0), &y = site.output().shape;
  const auto present = [&](size_t input) { return site.has(input) && site.shape(input).size() > 0; };
  const TensorPtr scales = present(2) ? site.constant(2) : nullptr;
  const TensorPtr region = present(1) && extrapolates(site) ? site.constant(1) : nullptr;
  if ((present(2) && !scales) || (present(1) && extrapolates(site) && !region)) return std::nullopt;
  std::vector<Pass> passes;
  for (int axis = 0; axis < x.rank(); ++axis) {
    Pass pass{axis, x[axis], y[axis], static_cast<double>(y[axis]) / static_cast<double>(x[axis])};
    const auto k = static_cast<size_t>(axis);
    if (scales) pass.scale = scales->floats()[k];
    if (region) {
      pass.start = region->floats()[k];
      pass.end = region->floats()[k + static_cast<size_t>(x.rank())];
    }
    if (pass.scale != 1 || pass.in != pass.out || pass.start != 0 || pass.end != 1) passes.push_back(pass);
  }
  return passes;
}

// The kernel along this axis alone, on a picture [in, columns].
kernels::Array along(const Site& site, const Pass& pass, const kernels::Array& x, float outside) {
  Node node = site.node;
  node.attributes.set("extrapolation_value", outside);
  const kernels::Array region(Shape{4}, {pass.start, 0, pass.end, 1}), scales(Shape{2}, {pass.scale, 1});
  return run_kernel(node, {&x, &region, &scales}, {DataType::kFloat32, Shape{pass.out, x.shape[1]}});
}

// One axis ready to run: y = M x, or a choice of entries.
struct Move {
  int axis;
  at::Tensor matrix_t;  // [in, out]
  at::Tensor index;     // instead of it, where every row has a single one
};

at::Tensor apply(const Move& move, const at::Tensor& x) {
  if (move.index.defined()) return x.index_select(move.axis, move.index);
  return at::movedim(at::matmul(at::movedim(x, move.axis, -1), move.matrix_t), -1, move.axis);
}

// Every pixel becomes a square of 2, 4 or 8 (ATen counts in float32, where only such ratios are exact).
bool enlarges(const Pass& pass, const Ints& chosen) {
  const int64_t factor = pass.out / pass.in;
  bool same = pass.in * factor == pass.out && (factor == 2 || factor == 4 || factor == 8);
  for (size_t o = 0; o < chosen.size(); ++o) same = same && chosen[o] == static_cast<int64_t>(o) / factor;
  return same;
}

Run resize(const Site& site) {
  const auto passes = passes_of(site);
  if (!passes) return nullptr;
  const bool nearest = site.attributes().get_string("mode", "nearest") == "nearest";
  std::vector<Move> moves;
  bool squares = nearest && site.rank() == 4 && passes->size() == 2 && passes->front().axis == 2 && !extrapolates(site);
  at::Tensor outside;
  for (const Pass& pass : *passes) {
    kernels::Array identity(Shape{pass.in, pass.in});
    for (int64_t i = 0; i < pass.in; ++i) identity.values[static_cast<size_t>(i * pass.in + i)] = 1;
    const at::Tensor matrix = to_tensor(along(site, pass, identity, 0), at::kCPU);
    Move move{pass.axis, {}, {}};
    if (nearest && !extrapolates(site)) {
      move.index = matrix.argmax(1);
      squares = squares && enlarges(pass, Ints(move.index.data_ptr<int64_t>(), move.index.data_ptr<int64_t>() + pass.out));
      move.index = move.index.to(site.device);
    } else {
      move.matrix_t = matrix.t().contiguous().to(site.device);
    }
    moves.push_back(move);
    if (!extrapolates(site)) continue;
    Ints shape(static_cast<size_t>(site.rank()), 1);
    shape[static_cast<size_t>(pass.axis)] = pass.out;
    const at::Tensor rows = to_tensor(along(site, pass, kernels::Array(Shape{pass.in, 1}), 1), site.device).view(shape).ne(0);
    outside = outside.defined() ? outside.logical_or(rows) : rows;
  }
  if (squares) {
    return [size = Ints{passes->front().out, passes->back().out}](const Tensors& inputs) -> Tensors {
      return {at::upsample_nearest2d(inputs[0], size)};
    };
  }
  return [moves, outside, value = site.attributes().get_float("extrapolation_value", 0)](const Tensors& inputs) -> Tensors {
    at::Tensor y = inputs[0];
    for (const Move& move : moves) y = apply(move, y);
    return {outside.defined() ? y.masked_fill(outside, value) : y};
  };
}

Run grid_sample(const Site& site) {
  const std::string mode = site.attributes().get_string("mode", "bilinear"),
                    padding = site.attributes().get_string("padding_mode", "zeros");
  const int64_t mode_number = mode == "bilinear" ? 0 : mode == "nearest" ? 1 : 2;
  const int64_t padding_number = padding == "zeros" ? 0 : padding == "border" ? 1 : 2;
  const bool aligned = site.attributes().get_int("align_corners", 0) != 0;
  return [=](const Tensors& inputs) -> Tensors { return {at::grid_sampler(inputs[0], inputs[1], mode_number, padding_number, aligned)}; };
}

}  // namespace

std::vector<Rule> resize_rules() {
  return {
      {"Resize", resize, Width::kFloat32},
      {"GridSample", grid_sample, Width::kFloat32},
  };
}

}  // namespace phosphene::aten
