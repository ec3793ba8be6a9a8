// Graph: operators in topological order, ONNX names and semantics (one canonical opset), float32 values NCHW.
//
// A graph is a plain value. Passes take one and return another; everything else takes `const Graph&` and it is immutable from then on.
// Values are known by name: a value is a graph input, a weight or the output of exactly one node.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

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

struct Graph {
  std::string name;
  std::vector<GraphInput> inputs;            // what a caller feeds; weights are not among them
  std::vector<std::string> outputs;          // value names
  std::vector<Node> nodes;                   // topological order
  std::map<std::string, TensorPtr> weights;  // constants by value name, shared between graphs
  std::map<std::string, ValueType> types;    // of every value; filled by infer_shapes(), empty before

  const GraphInput* find_input(const std::string& name) const;
  const Node* find_producer(const std::string& value) const;  // null for inputs, weights and unknown names
  bool has_value(const std::string& name) const;              // input, weight or node output
  const ValueType& type_of(const std::string& value) const;   // Error when it was not inferred
  // The weight's tensor, or null when `value` is not a constant.
  TensorPtr constant(const std::string& value) const;
  void add_weight(const std::string& name, Tensor tensor);
};

// Users of every value: indices into graph.nodes, in order.
std::map<std::string, std::vector<int>> consumers(const Graph& graph);

// One line a node, stable text: the printer that goldens and `inspect` use.
std::string to_string(const Graph& graph);

}  // namespace phosphene
