// What the lowerings of convolutions share: their geometry, and the blocked form of a strided one.
#pragma once

#include <functional>

#include "phosphene/engine/onednn/lower.h"
#include "phosphene/engine/onednn/winograd.h"
#include "phosphene/graph/op.h"

namespace phosphene::onednn {

// The convolution from `wide` to `narrow` that both operators share.
struct Geometry {
  Dims wide, narrow, weights;  // weights: [o, i, k...] or [g, o/g, i/g, k...]
  Dims strides, dilations, pads_begin, pads_end;
  int64_t groups = 1;
};

Geometry geometry(const Node& node, const Window& window, const Shape& weights, const Shape& wide, const Shape& narrow);

// Whether a step is a float32 convolution 3x3 of stride 1 whose weights do not change, large enough for oneDNN's Winograd to pay, which it
// has for AVX-512: on tiles of 4x4 results it multiplies 36 times instead of 144 (Lavin, Gray, arXiv 1509.09308), but reads four times the
// weights. Its result is about 7e-7 away from the direct sum.
bool suits_winograd(const Lowering& lowering, const Geometry& geometry);

// The backward-data step (narrow -> wide) of a convolution with few wide channels and a stride s runs at a seventh of the machine's speed.
// Seen in blocks of s x s pixels, each pixel of a block a channel of its own, it is a dense convolution of stride 1:
//
//     wide'[(c, i, j), y, x] = wide[c, s y + i, s x + j]      W'[o, (c, i, j), u, v] = W[o, c, s u + i - d, s v + j - d]
//
// d in [0, s) makes the padding whole blocks. suits: whether a step is of this kind (a plain constant weight, up to 4 channels, two axes).
bool suits_block_data(const Lowering& lowering, const std::string& weight, const Geometry& geometry);
// Lowers the step. `narrow` lays the narrow side out. The result may lie in rows that are longer than its width.
Mem lower_block_data(Lowering& lowering, const std::string& label, const std::string& weight, const Geometry& geometry,
                     const std::function<Mem(const Desc&)>& narrow);

// Without AVX-512, one direction of a float32 convolution by winograd.h, where it is faster; else nothing.
std::optional<Winograd> find_winograd(const Lowering& lowering, const std::string& weight, const Geometry& geometry, bool to_wide);
// Lowers it, with a bias (may be none) and max(y, slope y). `from` lays its source out.
Mem lower_winograd(Lowering& lowering, const std::string& label, const std::string& weight, const Winograd& winograd, const Mem& bias,
                   float slope, const std::function<Mem(const Desc&)>& from);

}  // namespace phosphene::onednn
