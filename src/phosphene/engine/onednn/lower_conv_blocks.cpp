// The blocked form of a strided convolution (conv_geometry.h). With p the padding and p' the next multiple of s: d = p' - p, kernel
// ceil((k + d) / s) blocks, padding p' / s blocks.
#include <fmt/format.h>

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

// W' from W, plain arrays; channels beyond the pixels' are zeros.
struct Rearrange {
  Dims from;
  Axis rows, columns;
  int64_t channels;

  Dims dims() const { return {from[0], channels, rows.kernel, columns.kernel}; }
  void operator()(const float* w, float* out) const {
    std::fill(out, out + from[0] * channels * rows.kernel * columns.kernel, 0.0f);
    for (int64_t o = 0; o < from[0]; ++o)
      for (int64_t c = 0; c < from[1]; ++c)
        for (int64_t ky = 0; ky < from[2]; ++ky)
          for (int64_t kx = 0; kx < from[3]; ++kx, ++w) {
            const int64_t y = ky + rows.shift, x = kx + columns.shift;
            const int64_t channel = o * channels + (c * rows.stride + y % rows.stride) * columns.stride + x % columns.stride;
            out[(channel * rows.kernel + y / rows.stride) * columns.kernel + x / columns.stride] = *w;
          }
  }
};

// The convolution in blocks, with the channels of the blocked side filled up to a multiple.
struct BlockForm {
  Axis rows, columns;
  Rearrange rearrange;
  Geometry geometry;
};

BlockForm block_form(const Geometry& g, int64_t multiple) {
  const Axis rows = axis_of(g, 0), columns = axis_of(g, 1);
  const int64_t pixels = g.wide[1] * rows.stride * columns.stride, channels = (pixels + multiple - 1) / multiple * multiple;
  const Rearrange rearrange{g.weights, rows, columns, channels};
  return {rows, columns, rearrange,
          Geometry{.wide = {g.wide[0], channels, rows.wide, columns.wide},
                   .narrow = g.narrow,
                   .weights = rearrange.dims(),
                   .strides = {1, 1},
                   .dilations = {0, 0},
                   .pads_begin = {rows.pad, columns.pad},
                   .pads_end = {rows.pad_end(), columns.pad_end()}}};
}

// Plain pictures to blocks of pixels in blocks of channels; what is not there is zero. Value: float or the bits of a bf16.
template <typename Value>
void pixels_to_blocks(const void* pictures, const Dims& dims, const BlockForm& form, int64_t lanes, void* blocks) {
  const Axis &rows = form.rows, &columns = form.columns;
  const int64_t block_rows = form.geometry.wide[1] / lanes * rows.wide;  // of a picture
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < dims[0] * block_rows; ++i) {
    const int64_t picture = i / block_rows, first = i % block_rows / rows.wide * lanes, row = i % rows.wide;
    Value* to = static_cast<Value*>(blocks) + i * columns.wide * lanes;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      const int64_t pixel = first + lane, channel = pixel / (rows.stride * columns.stride);
      const int64_t y = row * rows.stride + pixel / columns.stride % rows.stride, shift = pixel % columns.stride;
      const bool inside = channel < dims[1] && y < dims[2];
      const Value* from = static_cast<const Value*>(pictures) + ((picture * dims[1] + channel) * dims[2] + y) * dims[3];
      for (int64_t x = 0; x < columns.wide; ++x) {
        const int64_t column = x * columns.stride + shift;
        to[x * lanes + lane] = inside && column < dims[3] ? from[column] : Value{};
      }
    }
  }
}

// Winograd's way in blocks.
struct WinogradBlocks {
  BlockForm blocks;
  WinogradForm winograd;
};

std::optional<WinogradBlocks> find_winograd_blocks(const Lowering& l, const std::string& weight, const Geometry& g, bool to_wide) {
  const int64_t block = winograd_block(l.activation_kind() == DataKind::bf16);
  if (!suits_blocks(l, weight, g) || block == 0) return std::nullopt;
  const BlockForm blocks = block_form(g, block);
  auto winograd = find_winograd(l, weight, blocks.geometry, to_wide);
  if (!winograd) return std::nullopt;
  const Axis &rows = blocks.rows, &columns = blocks.columns;
  winograd->name = fmt::format("of blocks of {}x{} from {}, {}", rows.stride, columns.stride, rows.shift, columns.shift);
  winograd->dims = blocks.rearrange.dims();
  winograd->rearrange = blocks.rearrange;
  return WinogradBlocks{blocks, *winograd};
}

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

bool suits_blocks(const Lowering& l, const std::string& weight, const Geometry& g) {
  const bool strided = l.is_weight(weight) && g.groups == 1 && g.wide.size() == 4 && g.wide[1] <= 4 && g.strides[0] >= 2 &&
                       g.strides[1] >= 2 && g.strides[0] <= 4 && g.strides[1] <= 4 && g.dilations == Dims{0, 0} &&
                       g.weights[2] >= g.strides[0] && g.weights[3] >= g.strides[1];
  return strided && axis_of(g, 0).pad_end() >= 0 && axis_of(g, 1).pad_end() >= 0;  // a last block that no window reaches
}

bool suits_block_winograd(const Lowering& l, const std::string& weight, const Geometry& g) {
  constexpr int64_t kLeastChannels = 32;  // in blocks; with fewer the direct convolution is as fast
  return g.wide[1] * g.strides[0] * g.strides.back() >= kLeastChannels && find_winograd_blocks(l, weight, g, false).has_value();
}

Mem lower_block_winograd(Lowering& l, const std::string& label, const std::string& weight, const Geometry& g, const Finish& finish,
                         const std::function<Mem(const Desc&)>& wide) {
  const WinogradBlocks form = find_winograd_blocks(l, weight, g, false).value();
  const auto blocks = [&](const Desc& desc) {
    const Mem from = wide(Lowering::plain(g.wide, l.activation_kind())), to = l.plan.allocate(desc);
    l.plan.add_body(label + " blocks", "loops", {{0, from}, {1, to}}, [from, to, form, dims = g.wide, &plan = l.plan] {
      const bool bf16 = form.winograd.tiles.bf16;
      const auto run = bf16 ? pixels_to_blocks<uint16_t> : pixels_to_blocks<float>;
      run(plan.data(from), dims, form.blocks, winograd_block(bf16), plan.data(to));
    });
    return to;
  };
  return lower_winograd(l, label + " in blocks", weight, form.winograd, finish, blocks);
}

Mem lower_block_data(Lowering& l, const std::string& label, const std::string& weight, const Geometry& g,
                     const std::function<Mem(const Desc&)>& narrow) {
  const int64_t n = g.wide[0], channels = g.wide[1];
  const DataKind type = l.activation_kind();
  const auto tiles = find_winograd_blocks(l, weight, g, true);
  const BlockForm form = tiles ? tiles->blocks : block_form(g, 1);
  const Axis &rows = form.rows, &columns = form.columns;
  Mem blocked;
  if (tiles) {
    blocked = lower_winograd(l, label + " in blocks", weight, tiles->winograd, {}, narrow);
  } else {
    const Geometry& b = form.geometry;
    const auto data = describe_data(l, b);
    blocked = l.plan.allocate(data.diff_src_desc());
    l.plan.add(label + " in blocks", data, dnnl::convolution_backward_data(data),
               {{DNNL_ARG_DIFF_DST, narrow(data.diff_dst_desc())},
                {DNNL_ARG_WEIGHTS, l.rearranged_weight(weight, label, b.weights, form.rearrange, data.weights_desc())},
                {DNNL_ARG_DIFF_SRC, blocked}});
  }

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
