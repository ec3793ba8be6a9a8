// A graph input [?, c, h, w] or [1, c, h, w] becomes [batch, c, h, w]. Files exported for one batch also spell it in constants; they are
// found by inferring the shapes twice, for the old batch and for the new: along the axis where the two differ, the batch is the outer part.
//
//     Reshape, Expand   the entry of the target that holds the batch is scaled: [1, -1] or [197, 12, 64] (tokens, batch * heads, head)
//     Concat            an operand made of weights alone (a class token) is expanded to the batch of the others
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/rewrite.h"
#include "phosphene/graph/passes/shape_inference.h"

namespace phosphene {

namespace {

class Rebatch {
 public:
  // Two copies of the graph with the inputs of the old batch and of the new.
  Rebatch(const Graph& graph, Graph bound, int64_t old_batch, int64_t batch)
      : old_(graph), bound_(std::move(bound)), before_(old_), now_(bound_), old_batch_(old_batch), batch_(batch) {
    bound_.nodes.clear();
  }

  Graph rewrite() {
    for (Node node : old_.nodes) {
      before_.step(node);
      if (node.op == "Reshape")
        reshape(node);
      else if (node.op == "Expand")
        expand(node);
      else if (node.op == "Concat")
        concat(node);
      append(node);
      follow(node);
    }
    return std::move(bound_);
  }

 private:
  void append(const Node& node) {
    try {
      now_.step(node);
    } catch (const Error& error) {
      throw Error(error.problem(),
                  fmt::format("the model is made for a batch of {}: use that, or export it with an open batch", old_batch_))
          .at(error.where());
    }
    bound_.nodes.push_back(node);
  }

  // The axis whose extent follows the batch.
  std::optional<int> batch_axis(const std::string& value) const {
    if (value.empty()) return std::nullopt;
    const Shape &before = before_.type_of(value).shape, &after = now_.type_of(value).shape;
    for (int axis = 0; axis < before.rank() && axis < after.rank(); ++axis)
      if (before[axis] != after[axis]) return axis;
    return std::nullopt;
  }

  // Values whose batch is the inner part of its axis stay so until the next Reshape.
  void follow(const Node& node) {
    if (node.op == "Reshape") return;
    for (const std::string& input : node.inputs) {
      const auto inner = inside_.find(input);
      if (inner == inside_.end()) continue;
      for (const std::string& output : node.outputs)
        if (!output.empty()) inside_[output] = inner->second;
    }
  }

  void scale_target(Node& node, int entry) {
    const TensorPtr target = before_.constant(node.inputs[1]), unchanged = now_.constant(node.inputs[1]);
    if (!target || !unchanged || !(*target == *unchanged) || entry >= static_cast<int>(target->size())) return;  // or it follows by itself
    Tensor scaled = *target;
    int64_t& extent = scaled.ints()[static_cast<size_t>(entry)];
    if (extent <= 0 || extent % old_batch_ != 0) return;  // inferred or copied
    extent = extent / old_batch_ * batch_;
    node.inputs[1] = new_weight(node, "target", std::move(scaled));
  }

  std::string new_weight(const Node& node, const std::string& word, Tensor tensor) {
    const std::string name = passes::unique_name(bound_, node.name + "/" + word);
    bound_.add_weight(name, std::move(tensor));
    now_.add_weight(name, bound_.weights.at(name));
    return name;
  }

  void reshape(Node& node) {
    const auto axis = batch_axis(node.inputs[0]);
    if (!axis) return;
    const Shape &from = before_.type_of(node.inputs[0]).shape, &to = before_.type_of(node.outputs[0]).shape;
    if (!from.known() || !to.known()) return;
    const auto inner = inside_.find(node.inputs[0]);
    const int64_t before = from.size(0, *axis) * (inner == inside_.end() ? 1 : inner->second);
    int entry = 0;
    for (int64_t product = 1; entry < to.rank() && product != before; ++entry) product *= to[entry];
    if (entry == to.rank()) return;
    if (entry > 0 && entry + 1 == to.rank() && to[entry] != old_batch_) {  // the last axis has the features: [197, 1, 768] -> [197, 768]
      --entry;
      inside_[node.outputs[0]] = to[entry];
    }
    scale_target(node, entry);
  }

  void expand(Node& node) {
    const auto axis = batch_axis(node.inputs[0]);
    if (axis) scale_target(node, *axis + before_.type_of(node.outputs[0]).shape.rank() - before_.type_of(node.inputs[0]).shape.rank());
  }

  void concat(Node& node) {
    std::optional<int> axis;
    int64_t extent = 0;
    for (const std::string& input : node.inputs)
      if (const auto follows = batch_axis(input)) {
        axis = follows;
        extent = now_.type_of(input).shape[*follows];
      }
    if (!axis) return;
    for (std::string& input : node.inputs) {
      Shape shape = now_.type_of(input).shape;
      if (batch_axis(input) || shape.rank() <= *axis || shape[*axis] != 1) continue;
      shape[*axis] = extent;
      const std::string target = new_weight(node, "batch", Tensor::ints(shape.dims()));
      const std::string expanded = passes::unique_name(bound_, input + "/batch");
      append({expanded, "Expand", {input, target}, {expanded}, {}});
      input = expanded;
    }
  }

  const Graph& old_;
  Graph bound_;
  passes::ShapeInference before_, now_;
  const int64_t old_batch_, batch_;
  std::map<std::string, int64_t> inside_;  // elements of the batch's axis that lie outside the batch, where not 1
};

void bind_input(GraphInput& input, int64_t batch, ImageSize size) {
  Shape& shape = input.type.shape;
  if (shape.rank() == 0) return;
  if (batch > 0) shape[0] = batch;
  if (shape.rank() == 4) {
    if (shape[2] == kUnknown && size.height > 0) shape[2] = size.height;
    if (shape[3] == kUnknown && size.width > 0) shape[3] = size.width;
  }
  if (!shape.known())
    throw Error(fmt::format("input {} has the open shape {}", input.name, shape), "give the image size with --input-size HxW");
}

}  // namespace

Graph bind_batch(Graph graph, int64_t batch, ImageSize size) {
  if (batch < 0) throw Error(fmt::format("a batch of {}", batch), "use 1 or more");
  int64_t old_batch = kUnknown;
  for (const GraphInput& input : graph.inputs)
    if (input.type.shape.rank() > 0 && old_batch == kUnknown) old_batch = input.type.shape[0];
  if (old_batch > 0 && batch > 0 && old_batch != batch) {
    graph = passes::constant_nodes_to_weights(std::move(graph));
    Graph bound = graph;
    for (GraphInput& input : graph.inputs) bind_input(input, old_batch, size);
    for (GraphInput& input : bound.inputs) bind_input(input, batch, size);
    verify(graph);
    graph = Rebatch(graph, std::move(bound), old_batch, batch).rewrite();
  }
  for (GraphInput& input : graph.inputs) bind_input(input, batch, size);
  graph = infer_shapes(std::move(graph));
  for (const auto& [name, type] : graph.types)
    if (!type.shape.known())
      throw Error(fmt::format("the shape {} of value {} depends on data", type.shape, name), "export the model with fixed shapes");
  return graph;
}

}  // namespace phosphene
