// LayerNormalization over the last axes, seen as one: y = s (x - m) / sqrt(v + e) + b for every row x; its sums are float32.
#include "phosphene/engine/onednn/lower.h"

#include "phosphene/graph/op.h"

namespace phosphene::onednn {

Backward lower_layer_normalization(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], y = node.outputs[0], scale = node.inputs[1];
  const Shape shape = l.shape(x);
  const int axis = normal_axis(node.attributes.get_int("axis", -1), shape.rank());
  const int64_t columns = shape.size(axis, shape.rank()), rows = shape.size(0, axis);
  const bool shift = node.has_input(2);
  require(shape.size() > 0 && l.shape(scale).size() == columns && (!shift || l.shape(node.inputs[2]).size() == columns));
  require(!node.has_output(1) && !node.has_output(2));
  const float epsilon = node.attributes.get_float("epsilon", 1e-5f);
  const bool training = l.wants(x), weights = l.wants(scale) || (shift && l.wants(node.inputs[2]));

  using Flags = dnnl::normalization_flags;
  const Flags flags = shift ? Flags::use_scale | Flags::use_shift : Flags::use_scale;
  const DataKind type = l.result_kind(y);
  const Desc whole = Lowering::plain(Lowering::dims(shape), type), data = Lowering::plain({rows, columns}, type);
  const Desc row = Lowering::plain({columns});
  const auto kind = training || weights ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  const auto description =
      describe<dnnl::layer_normalization_forward>(l.plan.engine(), l.plan.attributes(), kind, Both{data}, epsilon, flags);
  const auto as_row = [&, row](const std::string& name) {
    return Mem{l.value(name, Lowering::plain(Lowering::dims(l.shape(name)))).buffer, row};
  };
  const Mem from{l.value(x, whole).buffer, data}, to = l.plan.allocate(data), s = as_row(scale), b = shift ? as_row(node.inputs[2]) : Mem{};
  Mem mean, variance;
  Arguments arguments{{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}, {DNNL_ARG_SCALE, s}};
  if (shift) arguments.emplace_back(DNNL_ARG_SHIFT, b);
  if (kind == dnnl::prop_kind::forward_training) {
    mean = l.plan.allocate(description.mean_desc());
    variance = l.plan.allocate(description.variance_desc());
    arguments.emplace_back(DNNL_ARG_MEAN, mean);
    arguments.emplace_back(DNNL_ARG_VARIANCE, variance);
  }
  l.plan.add(node.name, description, dnnl::layer_normalization_forward(description), arguments);
  l.define(y, {to.buffer, whole});
  if (!l.wants(y)) return nullptr;

  return [=, &l, &node] {
    const auto backward = describe_backward<dnnl::layer_normalization_backward>(
        l.plan.engine(), l.plan.attributes(), description, dnnl::prop_kind::backward, Both{data}, data, epsilon, flags);
    const Mem out = l.plan.allocate(data);
    Arguments back{{DNNL_ARG_SRC, from},
                   {DNNL_ARG_MEAN, mean},
                   {DNNL_ARG_VARIANCE, variance},
                   {DNNL_ARG_SCALE, s},
                   {DNNL_ARG_DIFF_DST, {l.gradient(y, whole).buffer, data}},
                   {DNNL_ARG_DIFF_SRC, out}};
    if (shift) back.emplace_back(DNNL_ARG_SHIFT, b);
    const auto give_row = [&](int argument, const std::string& name) {
      const Mem gradient = l.plan.allocate(row);
      back.emplace_back(argument, gradient);
      l.contribute(name, {gradient.buffer, Lowering::plain(Lowering::dims(l.shape(name)))});
    };
    give_row(DNNL_ARG_DIFF_SCALE, scale);  // wanted or not: oneDNN gives all gradients or, without a scale, none of these
    if (shift) give_row(DNNL_ARG_DIFF_SHIFT, node.inputs[2]);
    l.plan.add(node.name + " gradient", backward, dnnl::layer_normalization_backward(backward), back);
    l.contribute(x, {out.buffer, whole});
  };
}

}  // namespace phosphene::onednn
