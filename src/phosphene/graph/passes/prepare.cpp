#include "phosphene/base/error.h"
#include "phosphene/graph/op_traits.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/rewrite.h"

namespace phosphene {

namespace {

// Float weights that nodes compute with. A weight that only changes its type on the way (half-precision storage) is known by the name
// behind that.
std::set<std::string> weights_in_use(const Graph& graph) {
  std::set<std::string> weights, used;
  for (const auto& [name, tensor] : graph.weights)
    if (tensor->type() == DataType::kFloat32) weights.insert(name);
  for (const Node& node : graph.nodes) {
    const bool passes_on = traits_of(node).identity == OpIdentity::kAlways;
    if (passes_on && weights.contains(node.inputs[0]) && graph.type_of(node.outputs[0]).type == DataType::kFloat32)
      weights.insert(node.outputs[0]);
    if (passes_on) continue;
    for (const std::string& input : node.inputs)
      if (weights.contains(input)) used.insert(input);
  }
  return used;
}

}  // namespace

Graph prepare(Graph graph, int64_t batch, const std::vector<std::string>& wanted, bool mutable_weights, ImageSize size) {
  verify(graph);
  const std::set<std::string> names(wanted.begin(), wanted.end());
  graph = cut(passes::constant_nodes_to_weights(std::move(graph)), wanted);
  graph = bind_batch(std::move(graph), batch, size);
  const auto keep = mutable_weights ? weights_in_use(graph) : std::set<std::string>{};
  graph = fold_constants(std::move(graph), keep);
  graph = drop_identities(std::move(graph), names);
  if (!mutable_weights) {
    graph = fold_batch_normalization(std::move(graph), names);
    graph = merge_lrn(merge_gelu(merge_layer_normalization(std::move(graph), names), names), names);
  }
  graph = drop_identities(einsum_to_matmul(std::move(graph)), names);
  graph = infer_shapes(cut(std::move(graph), wanted));
  verify(graph);
  return graph;
}

}  // namespace phosphene
