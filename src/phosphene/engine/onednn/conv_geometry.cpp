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

dnnl::convolution_forward::primitive_desc describe_forward(Lowering& l, const Geometry& g, const dnnl::primitive_attr& attr,
                                                           dnnl::prop_kind kind, bool bias) {
  const DataKind type = l.activation_kind();
  const Desc from = Lowering::any(g.wide, type), weights = Lowering::any(g.weights, type), to = Lowering::any(g.narrow, type);
  if (!bias)
    return describe<dnnl::convolution_forward>(l.plan.engine(), attr, kind, dnnl::algorithm::convolution_direct, from, weights, to,
                                               g.strides, g.dilations, g.pads_begin, g.pads_end);
  const Desc bias_desc = Lowering::plain({g.narrow[1]});
  return describe<dnnl::convolution_forward>(l.plan.engine(), attr, kind, dnnl::algorithm::convolution_direct, from, weights, bias_desc, to,
                                             g.strides, g.dilations, g.pads_begin, g.pads_end);
}

dnnl::convolution_backward_data::primitive_desc describe_data(Lowering& l, const Geometry& g) {
  const DataKind type = l.activation_kind();
  const auto hint = describe_forward(l, g, l.plan.attributes(), dnnl::prop_kind::forward_training, false);
  return describe_backward<dnnl::convolution_backward_data>(
      l.plan.engine(), l.plan.attributes(), hint, dnnl::algorithm::convolution_direct, Lowering::any(g.wide, type),
      Lowering::any(g.weights, type), Lowering::any(g.narrow, type), g.strides, g.dilations, g.pads_begin, g.pads_end);
}

}  // namespace phosphene::onednn
