// The blocked form of a strided convolution (conv_geometry.h). With p the padding and p' the next multiple of s: d = p' - p, kernel
// ceil((k + d) / s) blocks, padding p' / s blocks.
#include <algorithm>

#include "phosphene/engine/onednn/conv_geometry.h"

namespace phosphene::onednn {

namespace {

struct Axis {
  int64_t stride, shift, kernel, pad, wide, narrow;  // shift: d; the rest in blocks
  int64_t pad_end() const { return narrow + kernel - 1 - wide - pad; }
};

Axis axis_of(const Geometry& g, size_t axis) {
  const int64_t s = g.strides[axis], pad = (g.pads_begin[axis] + s - 1) / s, shift = pad * s - g.pads_begin[axis];
  return {s, shift, (g.weights[axis + 2] + shift + s - 1) / s, pad, (g.wide[axis + 2] + s - 1) / s, g.narrow[axis + 2]};
}

// W' from W, plain arrays.
struct Rearrange {
  Dims from;
  Axis rows, columns;

  Dims dims() const { return {from[0], from[1] * rows.stride * columns.stride, rows.kernel, columns.kernel}; }
  void operator()(const float* w, float* out) const {
    std::fill(out, out + from[0] * from[1] * rows.stride * columns.stride * rows.kernel * columns.kernel, 0.0f);
    for (int64_t oc = 0; oc < from[0] * from[1]; ++oc)
      for (int64_t ky = 0; ky < from[2]; ++ky)
        for (int64_t kx = 0; kx < from[3]; ++kx) {
          const int64_t y = ky + rows.shift, x = kx + columns.shift;
          const int64_t channel = (oc * rows.stride + y % rows.stride) * columns.stride + x % columns.stride;
          out[(channel * rows.kernel + y / rows.stride) * columns.kernel + x / columns.stride] = w[(oc * from[2] + ky) * from[3] + kx];
        }
  }
};

// [n, c, y, i, x, j] of the blocked side, or nothing when its layout does not put the pixels of a block at even steps.
std::optional<Desc> pixels_of(const Desc& blocked, int64_t channels, const Axis& rows, const Axis& columns) {
  const Blocks b = blocks_of(blocked);
  const int64_t block = rows.stride * columns.stride;
  int64_t step = b.strides[1], channel_step = block * b.strides[1];  // of a pixel in its block, of a channel
  if (!b.inner_sizes.empty()) {
    const int64_t size = b.inner_sizes[0];
    if (b.inner_sizes.size() != 1 || b.inner_axes[0] != 1 || (channels * block > size && block != size)) return std::nullopt;
    step = 1;
    channel_step = block == size ? b.strides[1] : block;
  }
  const Dims dims = dims_of(blocked);
  return Desc({dims[0], channels, dims[2], rows.stride, dims[3], columns.stride}, kind_of(blocked),
              {b.strides[0], channel_step, b.strides[2], columns.stride * step, b.strides[3], step});
}

}  // namespace

bool suits_block_data(const Lowering& l, const std::string& weight, const Geometry& g) {
  return l.is_weight(weight) && g.groups == 1 && g.wide.size() == 4 && g.wide[1] <= 4 && g.strides[0] >= 2 && g.strides[1] >= 2 &&
         g.strides[0] <= 4 && g.strides[1] <= 4 && g.dilations == Dims{0, 0} && g.weights[2] >= g.strides[0] &&
         g.weights[3] >= g.strides[1];
}

Mem lower_block_data(Lowering& l, const std::string& label, const std::string& weight, const Geometry& g,
                     const std::function<Mem(const Desc&)>& narrow) {
  const Axis rows = axis_of(g, 0), columns = axis_of(g, 1);
  const Rearrange rearrange{g.weights, rows, columns};
  const int64_t n = g.wide[0], channels = g.wide[1];
  const DataKind type = l.activation_kind();
  const Desc wide = Lowering::any({n, rearrange.dims()[1], rows.wide, columns.wide}, type);
  const Desc weights = Lowering::any(rearrange.dims(), type), to = Lowering::any(g.narrow, type);
  const Dims one{1, 1}, none{0, 0}, begin{rows.pad, columns.pad}, end{rows.pad_end(), columns.pad_end()};
  const auto hint = describe<dnnl::convolution_forward>(l.plan.engine(), l.plan.attributes(), dnnl::prop_kind::forward_training,
                                                        dnnl::algorithm::convolution_direct, wide, weights, to, one, none, begin, end);
  const auto data = describe_backward<dnnl::convolution_backward_data>(
      l.plan.engine(), l.plan.attributes(), hint, dnnl::algorithm::convolution_direct, wide, weights, to, one, none, begin, end);
  const Mem blocked = l.plan.allocate(data.diff_src_desc());
  l.plan.add(label + " in blocks", data, dnnl::convolution_backward_data(data),
             {{DNNL_ARG_DIFF_DST, narrow(data.diff_dst_desc())},
              {DNNL_ARG_WEIGHTS, l.rearranged_weight(weight, label, rearrange.dims(), rearrange, data.weights_desc())},
              {DNNL_ARG_DIFF_SRC, blocked}});

  // Pixels out of blocks, into rows and columns that may be longer than the picture's.
  const int64_t height = rows.wide * rows.stride, width = columns.wide * columns.stride;
  Layouts layouts{blocked};
  auto pixels = pixels_of(blocked.desc, channels, rows, columns);
  if (!pixels) {
    const Mem plain = l.lay(layouts, Lowering::plain(dims_of(blocked.desc), type), label);
    pixels = pixels_of(plain.desc, channels, rows, columns);
    layouts.front() = plain;
  }
  Mem out = l.plan.allocate(Lowering::plain({n, channels, height, width}, type));
  l.reorder({layouts.front().buffer, *pixels},
            {out.buffer, Lowering::plain({n, channels, rows.wide, rows.stride, columns.wide, columns.stride}, type)}, label + " pixels");
  out.desc = Desc(g.wide, type, {channels * height * width, height * width, width, 1});
  return out;
}

}  // namespace phosphene::onednn
