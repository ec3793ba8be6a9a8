// Resize of the spatial axes. oneDNN samples at (i + 1/2) in / out - 1/2, the half_pixel rule: linear weights, or the nearest source.
// Nearest by a whole factor is a repetition under every rule that floors or rounds, so it is the same.
#include "phosphene/engine/onednn/lower.h"

#include <cmath>

namespace phosphene::onednn {

namespace {

dnnl::algorithm algorithm_of(const Lowering& l, const Node& node) {
  const Attributes& a = node.attributes;
  const std::string mode = a.get_string("mode", "nearest"), rule = a.get_string("coordinate_transformation_mode", "half_pixel"),
                    nearest = a.get_string("nearest_mode", "round_prefer_floor");
  const Shape from = l.shape(node.inputs[0]), to = l.shape(node.outputs[0]);
  require(from.rank() >= 3 && from.rank() <= 5 && from[0] == to[0] && from[1] == to[1] && from.size() > 0);
  require(a.get_int("antialias", 0) == 0 && !a.has("axes"));
  if (node.has_input(2)) {  // scales: only those that out / in repeats exactly
    const TensorPtr scales = l.graph.constant(node.inputs[2]);
    require(scales != nullptr);
    for (int i = 0; scales->size() > 0 && i < from.rank(); ++i)
      require(std::abs(static_cast<double>(scales->floats()[static_cast<size_t>(i)]) * static_cast<double>(from[i]) -
                       static_cast<double>(to[i])) < 1e-4);
  }
  bool whole = true;
  for (int i = 2; i < from.rank(); ++i) whole = whole && to[i] % from[i] == 0;
  if (mode == "nearest") {
    require(whole && ((rule == "asymmetric" && nearest == "floor") || (rule == "half_pixel" && nearest.starts_with("round"))));
    return dnnl::algorithm::resampling_nearest;
  }
  require(mode == "linear" && (rule == "half_pixel" || rule == "pytorch_half_pixel"));
  if (rule == "pytorch_half_pixel")
    for (int i = 2; i < to.rank(); ++i) require(to[i] > 1);
  return dnnl::algorithm::resampling_linear;
}

}  // namespace

Backward lower_resize(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], y = node.outputs[0];
  const auto algorithm = algorithm_of(l, node);
  const Desc from = as_kind(l.value(x).desc, l.activation_kind());
  const auto description =
      describe<dnnl::resampling_forward>(l.plan.engine(), l.plan.attributes(), dnnl::prop_kind::forward_training, algorithm, from,
                                         Lowering::any(Lowering::dims(l.shape(y)), l.activation_kind()));
  const Mem out = l.plan.allocate(description.dst_desc());
  l.plan.add(node.name, description, dnnl::resampling_forward(description), {{DNNL_ARG_SRC, l.value(x, from)}, {DNNL_ARG_DST, out}});
  l.define(y, out);
  if (!l.wants(x)) return nullptr;
  return [=, &l, &node] {
    const auto backward = describe_backward<dnnl::resampling_backward>(l.plan.engine(), l.plan.attributes(), description, algorithm, from,
                                                                       description.dst_desc());
    const Mem diff = l.plan.allocate(from);
    l.plan.add(node.name + " gradient", backward, dnnl::resampling_backward(backward),
               {{DNNL_ARG_DIFF_DST, l.gradient(y, description.dst_desc())}, {DNNL_ARG_DIFF_SRC, diff}});
    l.contribute(x, diff);
  };
}

}  // namespace phosphene::onednn
