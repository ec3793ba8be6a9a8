// MaxPool, AveragePool and their global forms; the gradient of a maximum goes to the place that the forward step noted in its workspace.
#include "phosphene/engine/onednn/lower.h"

#include <algorithm>

#include "phosphene/graph/op.h"

namespace phosphene::onednn {

namespace {

struct Pool {
  dnnl::algorithm algorithm;
  PoolWindow window;
};

Pool pool_of(const Node& node, const Shape& from, const Shape& to) {
  Pool pool;
  if (node.op.starts_with("Global")) {
    pool.algorithm = node.op == "GlobalMaxPool" ? dnnl::algorithm::pooling_max : dnnl::algorithm::pooling_avg_exclude_padding;
    pool.window.kernel.assign(from.begin() + 2, from.end());
    pool.window.strides.assign(pool.window.kernel.size(), 1);
    pool.window.pads_begin = pool.window.pads_end = Dims(pool.window.kernel.size(), 0);
    return pool;
  }
  const Window window = sliding_window(node, from, node.attributes.get_ints("kernel_shape", {}));
  require(std::all_of(window.dilations.begin(), window.dilations.end(), [](int64_t d) { return d == 1; }));
  const bool counts_padding = node.attributes.get_int("count_include_pad", 0) != 0;
  pool.algorithm = node.op == "MaxPool" ? dnnl::algorithm::pooling_max
                   : counts_padding     ? dnnl::algorithm::pooling_avg_include_padding
                                        : dnnl::algorithm::pooling_avg_exclude_padding;
  pool.window = {window.strides, window.kernel, window.pads_begin, window.pads_end};
  for (size_t i = 0; i < window.kernel.size(); ++i) {
    const int axis = static_cast<int>(i) + 2;
    const int64_t needed = (to[axis] - 1) * window.strides[i] + window.kernel[i] - from[axis] - window.pads_begin[i];
    require(!(counts_padding && needed > window.pads_end[i]));  // a window of ceil_mode that hangs over does not count what it lacks
    pool.window.pads_end[i] = needed;
    require(needed < window.kernel[i] && window.pads_begin[i] < window.kernel[i]);
  }
  return pool;
}

}  // namespace

Backward lower_pool(Lowering& l, const Node& node) {
  require(!node.has_output(1));
  const std::string x = node.inputs[0], y = node.outputs[0];
  const Pool pool = pool_of(node, l.shape(x), l.shape(y));
  const bool training = l.wants(x);
  const auto kind = training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  Desc from = l.value(x).desc;
  if (kind_of(from) == DataKind::bf16 && blocks_of(from).inner_sizes == Dims{8}) from = Lowering::plain(dims_of(from));  // else a reference
  const auto description = describe<dnnl::pooling_forward>(l.plan.engine(), l.plan.attributes(), kind, pool.algorithm, from,
                                                           Lowering::any(Lowering::dims(l.shape(y)), kind_of(from)), pool.window);
  const Mem to = l.plan.allocate(description.dst_desc());
  Arguments arguments{{DNNL_ARG_SRC, l.value(x, from)}, {DNNL_ARG_DST, to}};
  Mem places;
  if (training && pool.algorithm == dnnl::algorithm::pooling_max) {
    places = l.plan.allocate(description.workspace_desc());
    arguments.emplace_back(DNNL_ARG_WORKSPACE, places);
  }
  l.plan.add(node.name, description, dnnl::pooling_forward(description), arguments);
  l.define(y, to);
  if (!training) return nullptr;
  return [=, &l, &node] {
    const auto backward = describe_backward<dnnl::pooling_backward>(l.plan.engine(), l.plan.attributes(), description, pool.algorithm, from,
                                                                    description.dst_desc(), pool.window);
    const Mem out = l.plan.allocate(from);
    Arguments back{{DNNL_ARG_DIFF_DST, l.gradient(y, description.dst_desc())}, {DNNL_ARG_DIFF_SRC, out}};
    if (places) back.emplace_back(DNNL_ARG_WORKSPACE, places);
    l.plan.add(node.name + " gradient", backward, dnnl::pooling_backward(backward), back);
    l.contribute(x, out);
  };
}

}  // namespace phosphene::onednn
