// Backward to the operator that made the features: element-wise operators keep the axis, Transpose moves it, Reshape keeps it where the
// axes around it stay.
#include "phosphene/model/unit_axis.h"

#include <algorithm>

#include "phosphene/graph/op_traits.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/rewrite.h"

namespace phosphene {

namespace {

constexpr int kDepth = 1000;  // of operators that only pass features on

// The first input that the graph computes and that has as many axes as the value.
std::string carrier(const Graph& graph, const Node& node, int rank) {
  for (const std::string& input : node.inputs)
    if (!input.empty() && !graph.weights.contains(input) && graph.type_of(input).shape.rank() == rank) return input;
  return "";
}

int guess(int rank) { return rank == 3 ? 2 : std::min(1, rank - 1); }

int axis_of(const Graph& graph, const std::string& value, int depth);

int through_reshape(const Graph& graph, const Shape& to, const std::string& input, int depth) {
  const Shape& from = graph.type_of(input).shape;
  if (from.rank() < 2) return guess(to.rank());
  const int axis = axis_of(graph, input, depth + 1);
  if (axis == from.rank() - 1 && to[-1] == from[-1] && to[-1] != kUnknown) return to.rank() - 1;
  if (axis == 1 && to[0] == from[0] && to[1] == from[1]) return 1;
  return guess(to.rank());
}

int through_transpose(const Graph& graph, const Node& node, int rank, int depth) {
  std::vector<int64_t> perm;
  for (int axis = rank; axis-- > 0;) perm.push_back(axis);
  perm = node.attributes.get_ints("perm", perm);
  const int before = axis_of(graph, node.inputs[0], depth + 1);
  return static_cast<int>(std::find(perm.begin(), perm.end(), before) - perm.begin());
}

int axis_of(const Graph& graph, const std::string& value, int depth) {
  const Shape& shape = graph.type_of(value).shape;
  const int rank = shape.rank();
  const Node* node = graph.find_producer(value);
  if (rank <= 2 || !node || depth > kDepth) return !node && rank == 4 ? 1 : guess(rank);
  switch (traits_of(*node).units) {
    case OpUnits::kUnlisted:
    case OpUnits::kUnclear: return guess(rank);
    case OpUnits::kSecond: return 1;
    case OpUnits::kPermuted: return through_transpose(graph, *node, rank, depth);
    case OpUnits::kRegrouped: return through_reshape(graph, shape, node->inputs[0], depth);
    case OpUnits::kLast:
      if (!graph.weights.contains(node->inputs[0])) return rank - 1;
      break;  // weights from the left mix positions
    case OpUnits::kCarried: break;
  }
  const std::string input = carrier(graph, *node, rank);
  return input.empty() ? guess(rank) : axis_of(graph, input, depth + 1);
}

}  // namespace

int unit_axis(const Graph& graph, const std::string& value) { return axis_of(graph, value, 0); }

Graph units_first(Graph graph, std::vector<std::string>& layers) {
  graph = infer_shapes(std::move(graph));
  for (std::string& layer : layers) {
    const int axis = unit_axis(graph, layer), rank = graph.type_of(layer).shape.rank();
    if (axis <= 1) continue;
    std::vector<int64_t> perm = {0, axis};
    for (int other = 1; other < rank; ++other)
      if (other != axis) perm.push_back(other);
    const std::string name = passes::unique_name(graph, layer + "/units");
    graph.nodes.push_back({name, "Transpose", {layer}, {name}, {{"perm", perm}}});
    layer = name;
  }
  graph.outputs = layers;
  return infer_shapes(std::move(graph));
}

}  // namespace phosphene
