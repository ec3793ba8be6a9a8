// Resize of the spatial axes. oneDNN samples at (i + 1/2) in / out - 1/2, the half_pixel rule: linear weights, or the nearest source.
// Nearest by a whole factor is a repetition under every rule that floors or rounds, so it is the same.
//
// The gradient of a linear resize of pictures, dx = R^T dy C for R and C of two numbers a row, is a loop here, rows first: oneDNN's takes
// several times as long as a convolution of the same picture.
#include "phosphene/engine/onednn/lower.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace phosphene::onednn {

namespace {

dnnl::algorithm algorithm_of(const Lowering& l, const Node& node) {
  const Attributes& a = node.attributes;
  const std::string mode = a.get_string("mode", "nearest"), rule = a.get_string("coordinate_transformation_mode", "half_pixel"),
                    nearest = a.get_string("nearest_mode", "round_prefer_floor");
  const Shape from = l.shape(node.inputs[0]), to = l.shape(node.outputs[0]);
  require(from.rank() >= 3 && from.rank() <= 5 && from[0] == to[0] && from[1] == to[1] && from.size() > 0);
  require(!a.has("axes"));
  for (int i = 0; i < from.rank(); ++i) require(a.get_int("antialias", 0) == 0 || to[i] >= from[i]);  // it stretches what shrinks
  if (node.has_input(2)) {  // scales: only those that out / in repeats exactly
    const TensorPtr scales = l.graph.constant(node.inputs[2]);
    require(scales != nullptr);
    for (int i = 0; scales->size() > 0 && i < from.rank(); ++i)
      require(std::abs(static_cast<double>(scales->floats()[static_cast<size_t>(i)]) * static_cast<double>(from[i]) -
                       static_cast<double>(to[i])) < 1e-4);
  }
  bool whole = true;
  for (int i = 2; i < from.rank(); ++i) whole = whole && to[i] % from[i] == 0;
  if (mode == "nearest") {
    require(whole && ((rule == "asymmetric" && nearest == "floor") || (rule == "half_pixel" && nearest.starts_with("round"))));
    return dnnl::algorithm::resampling_nearest;
  }
  require(mode == "linear" && (rule == "half_pixel" || rule == "pytorch_half_pixel"));
  if (rule == "pytorch_half_pixel")
    for (int i = 2; i < to.rank(); ++i) require(to[i] > 1);
  return dnnl::algorithm::resampling_linear;
}

// Output i = part_low * input[low] + part_high * input[high].
struct Source {
  int64_t low = 0, high = 0;
  float part_low = 1, part_high = 0;
};

std::vector<Source> sources(int64_t from, int64_t to) {
  std::vector<Source> all;
  for (int64_t i = 0; i < to; ++i) {
    const double place = std::clamp((static_cast<double>(i) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5, 0.0,
                                    static_cast<double>(from - 1));
    const auto low = static_cast<int64_t>(place), high = std::min(low + 1, from - 1);
    const auto part = static_cast<float>(place - static_cast<double>(low));
    all.push_back({low, high, 1 - part, part});
  }
  return all;
}

void add_linear_gradient(Plan& plan, const std::string& label, const Mem& diff, const Mem& out) {
  const Dims big = dims_of(diff.desc), small = dims_of(out.desc);
  const int64_t planes = big[0] * big[1], height = big[2], width = big[3], rows = small[2], columns = small[3];
  const Mem scratch = plan.allocate(Lowering::plain({planes, rows, width}));
  plan.add_body(label, "loop:resize", {{0, diff}, {1, out}, {2, scratch}},
                [=, &plan, down = sources(rows, height), across = sources(columns, width)] {
                  const auto* dy = static_cast<const float*>(plan.data(diff));
                  auto *dx = static_cast<float*>(plan.data(out)), *folded = static_cast<float*>(plan.data(scratch));
#pragma omp parallel for schedule(static)
                  for (int64_t plane = 0; plane < planes; ++plane) {
                    float* half = folded + plane * rows * width;
                    std::fill(half, half + rows * width, 0.0f);
                    for (int64_t y = 0; y < height; ++y) {
                      const Source& s = down[static_cast<size_t>(y)];
                      const float* from = dy + (plane * height + y) * width;
                      float *low = half + s.low * width, *high = half + s.high * width;
                      for (int64_t x = 0; x < width; ++x) low[x] += s.part_low * from[x];
                      if (s.part_high != 0)
                        for (int64_t x = 0; x < width; ++x) high[x] += s.part_high * from[x];
                    }
                    float* to = dx + plane * rows * columns;
                    std::fill(to, to + rows * columns, 0.0f);
                    for (int64_t y = 0; y < rows; ++y)
                      for (int64_t x = 0; x < width; ++x) {
                        const Source& s = across[static_cast<size_t>(x)];
                        const float value = half[y * width + x];
                        to[y * columns + s.low] += s.part_low * value;
                        to[y * columns + s.high] += s.part_high * value;
                      }
                  }
                });
}

}  // namespace

Backward lower_resize(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], y = node.outputs[0];
  const auto algorithm = algorithm_of(l, node);
  const DataKind type = l.activation_kind();
  const Dims dims = Lowering::dims(l.shape(y));
  const Desc from = as_kind(l.value(x).desc, type);
  // Asked for any layout, oneDNN 3 takes a plain array of one pixel a channel for one with its channels last, and gets it wrong.
  const Desc to = from == Lowering::plain(dims_of(from), type) ? Lowering::plain(dims, type) : Lowering::any(dims, type);
  const auto description =
      describe<dnnl::resampling_forward>(l.plan.engine(), l.plan.attributes(), dnnl::prop_kind::forward_training, algorithm, from, to);
  const Mem out = l.plan.allocate(description.dst_desc());
  l.plan.add(node.name, description, dnnl::resampling_forward(description), {{DNNL_ARG_SRC, l.value(x, from)}, {DNNL_ARG_DST, out}});
  l.define(y, out);
  if (!l.wants(y)) return nullptr;
  return [=, &l, &node] {
    if (algorithm == dnnl::algorithm::resampling_linear && l.shape(x).rank() == 4) {
      const Mem diff = l.plan.allocate(Lowering::plain(Lowering::dims(l.shape(x))));
      add_linear_gradient(l.plan, node.name + " gradient", l.gradient(y, Lowering::plain(Lowering::dims(l.shape(y)))), diff);
      return l.contribute(x, diff);
    }
    const auto backward = describe_backward<dnnl::resampling_backward>(l.plan.engine(), l.plan.attributes(), description, algorithm, from,
                                                                       description.dst_desc());
    const Mem diff = l.plan.allocate(from);
    l.plan.add(node.name + " gradient", backward, dnnl::resampling_backward(backward),
               {{DNNL_ARG_DIFF_DST, l.gradient(y, description.dst_desc())}, {DNNL_ARG_DIFF_SRC, diff}});
    l.contribute(x, diff);
  };
}

}  // namespace phosphene::onednn
