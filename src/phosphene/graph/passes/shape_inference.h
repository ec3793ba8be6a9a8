// The types of a graph's values, node by node: for passes and readers that change nodes on the way.
#pragma once

#include <map>
#include <string>

#include "phosphene/graph/graph.h"

namespace phosphene::passes {

class ShapeInference {
 public:
  // Knows the inputs and weights of `graph`, and none of its nodes. Error for an input whose shape is absurd.
  explicit ShapeInference(const Graph& graph);

  void add_weight(const std::string& name, const TensorPtr& tensor);
  // Types of the node's outputs from those of its inputs, which must be known. Error "node NAME (Op) > ..." on misfits.
  void step(const Node& node);

  // Error when the value is not known.
  const ValueType& type_of(const std::string& value) const;
  // A weight, or a small value that follows from weights and known extents; null otherwise. Elements may be kOpen (ops/rules.h).
  TensorPtr constant(const std::string& value) const;

  std::map<std::string, ValueType> types;

 private:
  std::map<std::string, TensorPtr> constants_;
};

}  // namespace phosphene::passes
