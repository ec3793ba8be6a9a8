// Channel layout: an array [n, c, ...] whose axes behind the channels lie as one, so that a loop may walk over its pixels.
#pragma once

#include <optional>

#include "phosphene/engine/onednn/dnnl_compat.h"

namespace phosphene::onednn {

// Element (n, c, s) lies at n row + (c / block) group + s pixel + c % block; `block` neighbouring channels lie together.
struct ChannelLayout {
  int64_t rows, channels, pixels, row, group, pixel, block;
};

// Nothing where the array does not lie so.
inline std::optional<ChannelLayout> channel_layout(const Desc& desc) {
  const Dims dims = dims_of(desc);
  const Blocks blocks = blocks_of(desc);
  if (dims.size() < 2 || blocks.offset != 0 || blocks.inner_sizes.size() > 1) return std::nullopt;
  ChannelLayout c{dims[0], dims[1], 1, blocks.strides[0], blocks.strides[1], 1, 1};
  if (!blocks.inner_sizes.empty()) {
    if (blocks.inner_axes[0] != 1) return std::nullopt;
    c.block = blocks.inner_sizes[0];
  } else if (blocks.strides[1] == 1) {
    c.block = 16;
    c.group = 16;
  }
  for (size_t i = dims.size(); i-- > 2;) {
    if (i + 1 < dims.size() && blocks.strides[i] != blocks.strides[i + 1] * dims[i + 1]) return std::nullopt;
    c.pixels *= dims[i];
  }
  if (dims.size() > 2) c.pixel = blocks.strides.back();
  return c;
}

}  // namespace phosphene::onednn
