// Products by a constant matrix, y = x W^T + b: what Gemm, MatMul and convolutions of patches share.
#pragma once

#include "phosphene/engine/onednn/conv_geometry.h"

namespace phosphene::onednn {

struct Linear {
  std::string x, w, b, y;  // b: empty when absent
  int64_t n = 0, k = 0, o = 0;
  bool transposed = false;  // the caller's array of W is [o, k], else [k, o]
  View rows{};              // x as [n, k]; lower_linear reads x through it
};

Backward lower_linear(Lowering& lowering, const Node& node, const Linear& linear);

// The same with y as a view of the product's own array [n, o], whose name is the view's root.
Backward lower_linear(Lowering& lowering, const Node& node, Linear linear, const View& y);

// A convolution whose windows lie side by side (the first layer of a vision transformer) multiplies patches of the picture by W:
//
//     y[n, o, i, j] = b[o] + sum over c, u, v of W[o, (c, u, v)] x[n, c, i k + u, j k + v]
//
// suits: whether it is one, of windows of at least 4 x 4, with fixed weights.
bool suits_patches(const Lowering& lowering, const Node& node, const Geometry& geometry);
Backward lower_patches(Lowering& lowering, const Node& node, const Geometry& geometry);

}  // namespace phosphene::onednn
