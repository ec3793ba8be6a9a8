// What the lowerings of convolutions share: their geometry, Winograd's way, and the blocked form of a strided one.
#pragma once

#include <functional>

#include "phosphene/engine/onednn/lower.h"
#include "phosphene/engine/onednn/to_pixels.h"
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

// oneDNN's direct convolution from the wide to the narrow side, and its backward-data step.
dnnl::convolution_forward::primitive_desc describe_forward(Lowering& lowering, const Geometry& geometry, const dnnl::primitive_attr& attr,
                                                           dnnl::prop_kind kind, bool bias);
dnnl::convolution_backward_data::primitive_desc describe_data(Lowering& lowering, const Geometry& geometry);

// Pictures in blocks of winograd_block() channels.
Desc in_channel_blocks(const Dims& pictures, bool bf16);

// One direction of a convolution by winograd.h.
struct WinogradForm {
  Winograd tiles;
  // Of weights that are not the caller's array itself: their name, and how they are made from it, plain, of `dims`.
  std::string name;
  Dims dims;
  std::function<void(const float*, float*)> rearrange;
};
// Where that is faster; else nothing.
std::optional<WinogradForm> find_winograd(const Lowering& lowering, const std::string& weight, const Geometry& geometry, bool to_wide);
// What it does at the end: adds a bias and the value `more`, takes y where above zero, else slope y. A bias and a value may be none.
struct Finish {
  Mem bias;
  std::string more;
  float slope = 1;
};
// Lowers it. `from` lays its source out.
Mem lower_winograd(Lowering& lowering, const std::string& label, const std::string& weight, const WinogradForm& form, const Finish& finish,
                   const std::function<Mem(const Desc&)>& from);

// The adjoint to a picture by to_pixels.h: whether a convolution's is one, and its step, with a bias and an activation at the end.
std::optional<ToPixels> find_to_pixels(const Lowering& lowering, const std::string& weight, const Geometry& geometry);
Mem lower_to_pixels(Lowering& lowering, const std::string& label, const std::string& weight, const ToPixels& layer, const Finish& finish,
                    const std::function<Mem(const Desc&)>& features);

// A convolution with few wide channels and a stride s runs at a seventh of the machine's speed to its wide side. Seen in blocks of s x s
// pixels, each pixel of a block a channel of its own, it is a dense convolution of stride 1:
//
//     wide'[(c, i, j), y, x] = wide[c, s y + i, s x + j]      W'[o, (c, i, j), u, v] = W[o, c, s u + i - d, s v + j - d]
//
// d in [0, s) makes the padding whole blocks. suits: whether a convolution is of this kind (a plain constant weight, up to 4 channels, two
// axes).
bool suits_blocks(const Lowering& lowering, const std::string& weight, const Geometry& geometry);
// Lowers its backward-data step (narrow -> wide). `narrow` lays the narrow side out. The result may lie in rows that are longer than its
// width.
Mem lower_block_data(Lowering& lowering, const std::string& label, const std::string& weight, const Geometry& geometry,
                     const std::function<Mem(const Desc&)>& narrow);
// The way to the narrow side pays with winograd.h only: whether it does, and its step, as lower_winograd's.
bool suits_block_winograd(const Lowering& lowering, const std::string& weight, const Geometry& geometry);
Mem lower_block_winograd(Lowering& lowering, const std::string& label, const std::string& weight, const Geometry& geometry,
                         const Finish& finish, const std::function<Mem(const Desc&)>& wide);

}  // namespace phosphene::onednn
