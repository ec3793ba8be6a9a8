// A graph input [?, c, h, w] or [1, c, h, w] becomes [batch, c, h, w]. Files exported for one batch also spell it in the constant targets
// of their Reshape nodes: [1, -1] or [1, 64, 4, 4] becomes [batch, ...].
#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/rewrite.h"

namespace phosphene {

namespace {

// A value keeps the batch first when its first extent is the old batch and it depends on an input.
Graph rewrite_reshapes(Graph graph, int64_t old_batch, int64_t batch) {
  graph = infer_shapes(passes::constant_nodes_to_weights(std::move(graph)));
  std::set<std::string> fed;
  for (const GraphInput& input : graph.inputs) fed.insert(input.name);
  const auto batched = [&](const std::string& value) {
    const Shape& shape = graph.type_of(value).shape;
    return shape.rank() > 0 && shape[0] == old_batch;
  };
  for (Node& node : graph.nodes) {
    bool depends = false;
    for (const std::string& input : node.inputs) depends |= fed.contains(input);
    if (!depends) continue;
    fed.insert(node.outputs.begin(), node.outputs.end());
    if (node.op != "Reshape" || !fed.contains(node.inputs[0]) || !batched(node.inputs[0]) || !batched(node.outputs[0])) continue;
    const TensorPtr target = graph.constant(node.inputs[1]);
    if (!target || target->size() == 0 || target->ints()[0] != old_batch) continue;
    Tensor rewritten = *target;
    rewritten.ints()[0] = batch;
    node.inputs[1] = passes::unique_name(graph, node.name + "/target");
    graph.add_weight(node.inputs[1], std::move(rewritten));
  }
  return graph;
}

void bind_input(GraphInput& input, int64_t batch, ImageSize size) {
  Shape& shape = input.type.shape;
  if (shape.rank() == 0) return;
  if (batch > 0) shape[0] = batch;
  if (shape.rank() == 4) {
    if (shape[2] == kUnknown && size.height > 0) shape[2] = size.height;
    if (shape[3] == kUnknown && size.width > 0) shape[3] = size.width;
  }
  if (!shape.known()) throw Error(fmt::format("input {} has the open shape {}", input.name, shape), "give the image size");
}

}  // namespace

Graph bind_batch(Graph graph, int64_t batch, ImageSize size) {
  if (batch < 0) throw Error(fmt::format("a batch of {}", batch), "use 1 or more");
  int64_t old_batch = kUnknown;
  for (const GraphInput& input : graph.inputs)
    if (input.type.shape.rank() > 0 && old_batch == kUnknown) old_batch = input.type.shape[0];
  if (old_batch != kUnknown && batch > 0 && old_batch != batch) graph = rewrite_reshapes(std::move(graph), old_batch, batch);
  for (GraphInput& input : graph.inputs) bind_input(input, batch, size);
  graph = infer_shapes(std::move(graph));
  for (const auto& [name, type] : graph.types)
    if (!type.shape.known())
      throw Error(fmt::format("the shape {} of value {} depends on data", type.shape, name), "export the model with fixed shapes");
  return graph;
}

}  // namespace phosphene
