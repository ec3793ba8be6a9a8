// Convolutions in another shape, where libraries are slow with the one they came in. All of it is ATen, so gradients find their way, also
// to weights that are trained.
//
// A stride s over few channels: a block of s x s pixels becomes one pixel, each of its own a channel, and the stride 1. Per axis, with p'
// the padding made whole blocks and d = p' - p:
//
//     x'[(i, j, c), y, x] = x[c, s y + i, s x + j]      W'[o, (i, j, c), u, v] = W[o, c, s u + i - d, s v + j - d]
//
// A transposed convolution is the adjoint: its result comes in blocks, from W' with its window turned round.
#pragma once

#include "phosphene/engine/torch/lower.h"
#include "phosphene/graph/op.h"

namespace phosphene::aten {

// Up to 4 channels on the wide side, two axes, strides 2 to 4 that are no wider than the window.
bool suits_blocks(const Site& site, const Window& window, int64_t wide_channels);
Run conv_in_blocks(const Site& site, const Window& window);
Run conv_transpose_in_blocks(const Site& site, const Window& window);

// [o, c / groups, k] -> [o, c, k], zero between groups.
at::Tensor dense_groups(const at::Tensor& weight, int64_t groups);

}  // namespace phosphene::aten
