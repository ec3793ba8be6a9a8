// x is seen as rows of patches, [n i j, c u v], and copied once; y sees the product, [n i j, o].
#include <algorithm>

#include "phosphene/engine/onednn/linear.h"

namespace phosphene::onednn {

bool suits_patches(const Lowering& l, const Node& node, const Geometry& g) {
  const auto all = [](const Dims& values, int64_t wanted) {
    return std::all_of(values.begin(), values.end(), [&](int64_t value) { return value == wanted; });
  };
  const bool fixed = l.is_weight(node.inputs[1]) && !l.wants(node.inputs[1]) && (!node.has_input(2) || !l.wants(node.inputs[2]));
  const bool side_by_side = g.wide.size() == 4 && g.groups == 1 && g.strides == Dims(g.weights.end() - 2, g.weights.end()) &&
                            all(g.dilations, 0) && all(g.pads_begin, 0) && all(g.pads_end, 0);
  return fixed && side_by_side && l.shape(node.inputs[0]).size() > 0 && std::min(g.strides[0], g.strides[1]) >= 4 &&
         l.result_kind(node.outputs[0]) == l.activation_kind();
}

Backward lower_patches(Lowering& l, const Node& node, const Geometry& g) {
  const int64_t images = g.wide[0], channels = g.wide[1], height = g.narrow[2], width = g.narrow[3];
  const int64_t u = g.strides[0], v = g.strides[1];
  Linear n{.x = node.inputs[0],
           .w = node.inputs[1],
           .b = node.has_input(2) ? node.inputs[2] : "",
           .y = node.outputs[0],
           .n = images * height * width,
           .k = channels * u * v,
           .o = g.narrow[1],
           .transposed = true};
  const auto patches = [&](std::optional<View> x) {
    if (x) x = part_of(*x, {2, 0, height * u, 1});
    if (x) x = part_of(*x, {3, 0, width * v, 1});
    if (x) x = reshaped(*x, {images, channels, height, u, width, v});
    if (x) x = reshaped(permuted(*x, {0, 2, 4, 1, 3, 5}), {n.n, n.k});
    return x && is_describable(*x) ? x : std::nullopt;
  };
  const auto rows = patches(l.view_of(n.x));
  n.rows = rows ? *rows : patches(whole_view(n.x, g.wide)).value();
  const View pixels = whole_view(n.y + " in rows", {images, height, width, n.o});
  return lower_linear(l, node, n, permuted(pixels, {0, 3, 1, 2}));
}

}  // namespace phosphene::onednn
