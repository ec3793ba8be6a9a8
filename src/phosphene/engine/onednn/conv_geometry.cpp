#include "phosphene/engine/onednn/conv_geometry.h"

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

}  // namespace phosphene::onednn
