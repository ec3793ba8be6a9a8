// Nodes of any ONNX opset as they are written at kOpset. For the sources of formats/ only.
//
// An operator that is younger than kOpset keeps its own newest form: GroupNormalization with a scale and a shift a channel, as in opset 21.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

#include "phosphene/graph/graph.h"
#include "phosphene/graph/passes/shape_inference.h"

namespace phosphene {

// The model's opset of ONNX's own domain. Error when it declares none.
int onnx_opset(const onnx::ModelProto& model);

// Appends nodes to a graph. They come in topological order, so that the types of what a node reads, and the values of small constants, are
// known when it is converted; unless they depend on something open, which is an Error only where the conversion needs them.
class OpsetConverter {
 public:
  // The graph has its inputs and weights already. Nodes have names and at least one output name.
  OpsetConverter(Graph& graph, int opset_) : opset(opset_), graph_(graph), inference_(graph) {}

  // Converts and appends; outputs keep their names, further nodes and weights may come before. Error "node NAME (Op) > ..." for an operator
  // that is not known, inputs that do not fit and forms that kOpset cannot express.
  // `domain` is "" for ONNX's own. An operator that is several plain ones (onnx_compound.h) is written as these.
  void append(Node node, const std::string& domain = {});
  // What append() does with the result: typed, at the graph's end.
  void emit(Node node);

  void add_weight(const std::string& name, TensorPtr tensor);
  // Adds a weight for a node under a name of its own, which is returned.
  std::string new_weight(const Node& node, const std::string& word, Tensor tensor);
  // A name that no value has, "OUTPUT/word" for a node that stands in for `node`.
  std::string new_value(const Node& node, const std::string& word);

  // ONNX's number of a value's type in the file, where the file says it of an input, a weight or a constant; 0 otherwise.
  int element_type(const std::string& value) const;
  void set_element_type(const std::string& value, int type) { element_types_[value] = type; }

  // Error when it depends on something open.
  const Shape& shape_of(const std::string& value) const;
  TensorPtr constant(const std::string& value) const { return inference_.constant(value); }
  // Constant integers of an input. Error when they are computed from data or from an open extent.
  std::vector<int64_t> ints(const Node& node, size_t index) const;

  const int opset;

 private:
  Graph& graph_;
  passes::ShapeInference inference_;
  std::set<std::string> untyped_;  // values whose types are not known
  std::set<std::string> taken_;    // names of new_value()
  std::map<std::string, int> element_types_;
};

// Name of a required input. Error when it is absent.
const std::string& input_of(const Node& node, size_t index);

// Rewrite a node from older and from newer opsets.
void upgrade(OpsetConverter& to, Node& node);    // from below kOpset
void downgrade(OpsetConverter& to, Node& node);  // from above

}  // namespace phosphene
