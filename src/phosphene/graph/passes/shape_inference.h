// The types of a graph's values, node by node: for passes and readers that change nodes on the way.
//
// Where inputs leave extents open, every node is inferred for two graphs at once, in which the open extents have two different values. An
// extent or a constant that is the same in both does not depend on what is open; one that differs is open. So all shape arithmetic of the
// graph is followed exactly: an extent that is compared, selected or divided, a condition that only asks whether it is negative. A node
// that fits only one of the two graphs, or none, is inferred from what is open instead: unknown extents and kOpen elements.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "phosphene/graph/graph.h"
#include "phosphene/graph/op.h"

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
  // True when the value's shape, or its elements where shapes are made of them, follow from what the inputs hold.
  bool depends_on_data(const std::string& value) const;

  std::map<std::string, ValueType> types;

 private:
  // The values of the graph, or of one of its two twins without open extents.
  struct Twin {
    std::map<std::string, ValueType> types;
    std::map<std::string, TensorPtr> constants;
  };
  struct Made {
    std::vector<ValueType> types;
    std::vector<TensorPtr> constants;  // null, or fewer, where there are none
  };
  static Made infer(const OpInputs& inputs);
  OpInputs inputs_of(const Node& node) const;
  std::optional<OpInputs> inputs_of(const Node& node, const Twin& twin) const;
  bool step_twins(const Node& node);
  void keep(const Node& node, const Made& made);

  std::map<std::string, TensorPtr> constants_;
  std::vector<Twin> twins_;  // two, or none where nothing is open
};

}  // namespace phosphene::passes
