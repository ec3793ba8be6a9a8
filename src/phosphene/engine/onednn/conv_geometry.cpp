#include "phosphene/engine/onednn/conv_geometry.h"

#include <algorithm>

namespace phosphene::onednn {

Geometry geometry(const Node& node, const Window& window, const Shape& weights, const Shape& wide, const Shape& narrow) {
  Geometry g;
  g.groups = node.attributes.get_int("group", 1);
  g.wide = Lowering::dims(wide);
  g.narrow = Lowering::dims(narrow);
  g.weights = Lowering::dims(weights);
  if (g.groups > 1) {
    g.weights[0] /= g.groups;
    g.weights.insert(g.weights.begin(), g.groups);
  }
  g.strides = window.strides;
  g.dilations = window.dilations;
  for (int64_t& dilation : g.dilations) --dilation;  // oneDNN counts the gaps
  g.pads_begin = window.pads_begin;
  g.pads_end = window.pads_end;
  for (size_t i = 0; i < window.kernel.size();
       ++i) {  // an end padding that gives the narrow extent (output_padding and output_shape change it)
    const int axis = static_cast<int>(i) + 2;
    const int64_t reach = window.dilations[i] * (window.kernel[i] - 1) + 1, stride = window.strides[i];
    const int64_t room = wide[axis] + window.pads_begin[i] + window.pads_end[i] - reach;
    if (room < 0 || room / stride + 1 != narrow[axis])
      g.pads_end[i] = (narrow[axis] - 1) * stride + reach - wide[axis] - window.pads_begin[i];
  }
  return g;
}

bool suits_winograd(const Lowering& l, const Geometry& g) {
  // Measured with two threads of a Zen 5 over the layers of common networks: from here on it is faster in both directions.
  constexpr int64_t kTile = 4, kLeastTiles = 64, kLeastChannels = 32;
  if (l.activation_kind() != DataKind::f32 || l.options.mutable_weights || g.groups != 1 || g.weights.size() != 4) return false;
  if (g.weights[2] != 3 || g.weights[3] != 3 || g.strides != Dims{1, 1} || g.dilations != Dims{0, 0}) return false;
  // Backward, oneDNN 2.6 computes wrong values when the paddings of an axis differ.
  if (g.pads_begin != g.pads_end || std::min(g.pads_begin[0], g.pads_begin[1]) < 0 || std::max(g.pads_begin[0], g.pads_begin[1]) > 1)
    return false;
  const int64_t tiles = g.narrow[0] * ((g.narrow[2] + kTile - 1) / kTile) * ((g.narrow[3] + kTile - 1) / kTile);
  return tiles >= kLeastTiles && std::min(g.wide[1], g.narrow[1]) >= kLeastChannels;
}

}  // namespace phosphene::onednn
