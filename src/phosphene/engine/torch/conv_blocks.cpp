#include "phosphene/engine/torch/conv_blocks.h"

namespace phosphene::aten {

namespace {

struct Axis {
  int64_t stride, shift;        // s, d
  int64_t kernel, pad, blocks;  // in blocks; of the padded wide side
  int64_t narrow, end;          // pixels; end: those that the wide side lacks after the last
};

// Of the convolution from `wide` to `narrow` pixels.
Axis axis_of(const Window& w, size_t axis, int64_t wide, int64_t narrow) {
  Axis a{w.strides[axis]};
  a.pad = (w.pads_begin[axis] + a.stride - 1) / a.stride;
  a.shift = a.pad * a.stride - w.pads_begin[axis];
  a.kernel = (w.kernel[axis] + a.shift + a.stride - 1) / a.stride;
  a.blocks = narrow + a.kernel - 1;
  a.narrow = narrow;
  a.end = a.blocks * a.stride - a.pad * a.stride - wide;
  return a;
}

// Zeros at the end of an axis, to this extent.
at::Tensor extended(const at::Tensor& x, int64_t axis, int64_t extent) {
  Ints end(static_cast<size_t>(x.dim() - axis), 0);
  end.front() = extent - x.size(axis);
  return padded(x, Ints(end.size(), 0), end);
}

// Tensor cores take channels by eight: how many of a pixel make whole eights of a block of so many pixels.
int64_t whole_eights(const Site& site, int64_t channels, int64_t block) {
  while (site.device.is_cuda() && block * channels % 8 != 0) ++channels;
  return channels;
}

// [., ., k, k] -> [., ., kernel, stride, kernel, stride]
at::Tensor window_in_blocks(const at::Tensor& weight, const Axis& rows, const Axis& columns) {
  const auto end = [&](const Axis& a, int64_t axis) { return a.kernel * a.stride - a.shift - weight.size(axis); };
  return padded(weight.contiguous(), {rows.shift, columns.shift}, {end(rows, 2), end(columns, 3)})
      .reshape({weight.size(0), weight.size(1), rows.kernel, rows.stride, columns.kernel, columns.stride});
}

// [n, c, y, i, x, j] -> [n, (i, j, c), y, x], in the order of memory that convolutions of its kind want.
at::Tensor pixels_to_channels(const at::Tensor& pixels, bool innermost) {
  if (innermost) return pixels.permute({0, 2, 4, 3, 5, 1}).flatten(3).permute({0, 3, 1, 2});
  return pixels.permute({0, 3, 5, 1, 2, 4}).flatten(1, 3);
}

// The way back: [n, (i, j, c), y, x] -> [n, c, s y + i, s x + j]
at::Tensor channels_to_pixels(const at::Tensor& y, const Axis& rows, const Axis& columns, bool innermost) {
  const int64_t n = y.size(0), channels = y.size(1) / (rows.stride * columns.stride), height = y.size(2), width = y.size(3);
  if (innermost)
    return y.permute({0, 2, 3, 1})
        .reshape({n, height, width, rows.stride, columns.stride, channels})
        .permute({0, 1, 3, 2, 4, 5})
        .reshape({n, height * rows.stride, width * columns.stride, channels})
        .permute({0, 3, 1, 2});
  return y.reshape({n, rows.stride, columns.stride, channels, height, width})
      .permute({0, 3, 4, 1, 5, 2})
      .reshape({n, channels, height * rows.stride, width * columns.stride});
}

}  // namespace

bool suits_blocks(const Site& site, const Window& window, int64_t wide_channels) {
  if (window.kernel.size() != 2 || wide_channels > 4 || site.attributes().get_int("group", 1) != 1) return false;
  for (size_t i = 0; i < 2; ++i)
    if (window.strides[i] < 2 || window.strides[i] > 4 || window.kernel[i] < window.strides[i] || window.dilations[i] != 1 ||
        window.pads_begin[i] < 0 || window.pads_begin[i] >= window.kernel[i])
      return false;
  return true;
}

Run conv_in_blocks(const Site& site, const Window& window) {
  const Shape &x = site.shape(0), &y = site.output().shape;
  const Axis rows = axis_of(window, 0, x[2], y[2]), columns = axis_of(window, 1, x[3], y[3]);
  const int64_t channels = whole_eights(site, x[1], rows.stride * columns.stride);
  const MadeOf weight(site, 1, [=](const at::Tensor& w) {
    return in_layout(window_in_blocks(extended(w, 1, channels), rows, columns).permute({0, 3, 5, 1, 2, 4}).flatten(1, 3));
  });
  const Ints begin{0, rows.pad * rows.stride, columns.pad * columns.stride}, end{channels - x[1], rows.end, columns.end};
  return [=](const Tensors& inputs) -> Tensors {
    const at::Tensor wide = padded(inputs[0], begin, end);
    const at::Tensor pixels = wide.reshape({wide.size(0), channels, rows.blocks, rows.stride, columns.blocks, columns.stride});
    const at::Tensor blocks = in_layout(pixels_to_channels(pixels, channels_innermost(wide)));
    return {at::convolution(blocks, weight(inputs), bias_of(inputs), {1, 1}, {0, 0}, {1, 1}, false, {0, 0}, 1)};
  };
}

Run conv_transpose_in_blocks(const Site& site, const Window& window) {
  const Shape &x = site.shape(0), &y = site.output().shape;
  const auto whole = [&](size_t i, int axis) {
    Axis a = axis_of(window, i, y[axis], x[axis]);
    a.blocks = (y[axis] + a.stride - 1) / a.stride;  // of the result
    return a;
  };
  const Axis rows = whole(0, 2), columns = whole(1, 3);
  const int64_t block = rows.stride * columns.stride, channels = y[1];
  const int64_t drawn = whole_eights(site, channels, block);
  const MadeOf weight(site, 1, [=](const at::Tensor& w) {
    const at::Tensor turned = window_in_blocks(extended(w, 1, drawn), rows, columns).flip({2, 4});
    return in_layout(turned.permute({3, 5, 1, 0, 2, 4}).flatten(0, 2));
  });
  const MadeOf bias(site, 2, [=](const at::Tensor& b) { return extended(b, 0, drawn).repeat({block}); });
  const auto pad_begin = [](const Axis& a) { return a.kernel - 1 - a.pad; };
  const auto pad_end = [](const Axis& a) { return a.blocks - a.narrow + a.pad; };
  const Ints begin{pad_begin(rows), pad_begin(columns)}, end{pad_end(rows), pad_end(columns)};
  const bool even = begin == end;
  return [=, height = y[2], width = y[3]](const Tensors& inputs) -> Tensors {
    const at::Tensor narrow = in_layout(even ? inputs[0] : padded(inputs[0], begin, end));
    const at::Tensor blocks =
        at::convolution(narrow, weight(inputs), bias(inputs), {1, 1}, even ? begin : Ints{0, 0}, {1, 1}, false, {0, 0}, 1);
    return {channels_to_pixels(blocks, rows, columns, channels_innermost(narrow))
                .narrow(1, 0, channels)
                .narrow(2, 0, height)
                .narrow(3, 0, width)};
  };
}

at::Tensor dense_groups(const at::Tensor& weight, int64_t groups) {
  const int64_t outputs = weight.size(0) / groups, inputs = weight.size(1);
  Tensors rows;
  for (int64_t g = 0; g < groups; ++g) {
    Ints pads(static_cast<size_t>(2 * (weight.dim() - 1)), 0);  // ATen's order: the last axis first
    pads[pads.size() - 2] = g * inputs;
    pads[pads.size() - 1] = (groups - 1 - g) * inputs;
    rows.push_back(at::constant_pad_nd(weight.narrow(0, g * outputs, outputs), pads));
  }
  return at::cat(rows);
}

}  // namespace phosphene::aten
