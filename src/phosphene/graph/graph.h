// Graph: operators in topological order, ONNX names and semantics (one canonical opset), float32 values NCHW.
//
// A graph is a plain value. Passes take one and return another; everything else takes `const Graph&` and it is immutable from then on.
// Values are known by name: a value is a graph input, a weight or the output of exactly one node.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "phosphene/base/error.h"
#include "phosphene/graph/node.h"
#include "phosphene/graph/tensor.h"

namespace phosphene {

// Type and shape of a value. An unknown extent is kUnknown; an unknown first extent of a graph input is the batch.
struct ValueType {
  DataType type = DataType::kFloat32;
  Shape shape;
  bool operator==(const ValueType&) const = default;
};

struct GraphInput {
  std::string name;
  ValueType type;
};

// A node of a file that phosphene cannot compute, or one that reads what such a node makes. Its outputs are no values of the graph.
struct OpaqueNode {
  std::string name, op;
  std::vector<std::string> outputs;
  std::string cause;   // "node zip (ZipMap) > operator ZipMap is not supported": of the node itself, or of the first one that it needs
  bool needs = false;  // the cause is another node
};

struct Graph {
  std::string name;
  std::vector<GraphInput> inputs;            // what a caller feeds; weights are not among them
  std::vector<std::string> outputs;          // value names
  std::vector<Node> nodes;                   // topological order
  std::map<std::string, TensorPtr> weights;  // constants by value name, shared between graphs
  std::map<std::string, ValueType> types;    // of every value; filled by infer_shapes(), empty before
  std::vector<OpaqueNode> opaque;            // what a reader left out

  const GraphInput* find_input(const std::string& name) const;
  const Node* find_producer(const std::string& value) const;  // null for inputs, weights and unknown names
  bool has_value(const std::string& name) const;              // input, weight or node output
  const ValueType& type_of(const std::string& value) const;   // Error when it was not inferred
  // The weight's tensor, or null when `value` is not a constant.
  TensorPtr constant(const std::string& value) const;
  void add_weight(const std::string& name, Tensor tensor);
  // The node that was to make the value; null when no opaque node makes it.
  const OpaqueNode* find_opaque(const std::string& value) const;
};

// Says why a value of an opaque node is not to be had.
Error cannot_compute(const OpaqueNode& node, const std::string& value);

// Users of every value: indices into graph.nodes, in order.
std::map<std::string, std::vector<int>> consumers(const Graph& graph);

// One line a node, stable text: the printer that goldens and `inspect` use.
std::string to_string(const Graph& graph);

}  // namespace phosphene
