// Operators that are plain ones in a row: those that runtimes fuse, quantise or unroll. For the sources of formats/ only.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "phosphene/formats/onnx_opset.h"

namespace phosphene {

// Writes plain nodes in the place of one node, before its outputs.
class Compound {
 public:
  Compound(OpsetConverter& to, const Node& of) : node(of), to_(to) {}

  const Node& node;
  const Attributes& attributes() const { return node.attributes; }
  bool has(size_t input) const { return node.has_input(input); }
  // Name of an input; Error when it is absent.
  const std::string& in(size_t input) const { return input_of(node, input); }

  // Adds a node and returns its output, which has a name of its own.
  std::string add(const std::string& op, std::vector<std::string> inputs, Attributes attributes = {});
  // The values of the same node's outputs.
  std::vector<std::string> add_many(const std::string& op, std::vector<std::string> inputs, size_t outputs, Attributes attributes = {});
  // Adds the node that makes an output of the compound; nothing where nobody wants that output.
  void result(size_t output, const std::string& op, std::vector<std::string> inputs, Attributes attributes = {});

  std::string weight(Tensor tensor) { return to_.new_weight(node, "constant", std::move(tensor)); }
  std::string scalar(double value) { return weight(Tensor::scalar(static_cast<float>(value))); }
  std::string ints(std::vector<int64_t> values) { return weight(Tensor::ints(std::move(values))); }
  TensorPtr constant(const std::string& value) const { return to_.constant(value); }
  TensorPtr constant(size_t input) const { return has(input) ? to_.constant(node.inputs[input]) : nullptr; }
  // Constant integers of an input. Error when they are computed from data or from an open extent.
  std::vector<int64_t> constant_ints(size_t input) const { return to_.ints(node, input); }
  int opset() const { return to_.opset; }
  // Error when it depends on something open.
  const Shape& shape(const std::string& value) const { return to_.shape_of(value); }
  // ONNX's number of the value's type in the file; 0 where it is not known.
  int element_type(const std::string& value) const { return to_.element_type(value); }

  // Further pieces that several families use.
  std::string floats(const std::string& value);            // integers become floats
  std::string times(const std::string& x, double factor);  // x itself for a factor of 1
  std::string activation(const std::string& name, const std::string& x, const std::vector<float>& parameters);  // "Relu" ...

 private:
  OpsetConverter& to_;
};

using Expansion = void (*)(Compound& compound);  // Error for a form that plain nodes do not express

struct CompoundOp {
  const char* domain;  // "" for ONNX's own
  const char* op;
  Expansion expand;
};

// The expansion of an operator, or null. An operator of com.microsoft that is the same as ONNX's of that name is found by same_in_onnx().
Expansion find_expansion(const std::string& domain, const std::string& op);
bool same_in_onnx(const std::string& domain, const std::string& op);

std::span<const CompoundOp> all_compounds();

// The families, one source file each.
std::vector<CompoundOp> fused_compounds();
std::vector<CompoundOp> attention_compounds();
std::vector<CompoundOp> fused_attention_compounds();
std::vector<CompoundOp> linear_attention_compounds();
std::vector<CompoundOp> loss_compounds();
std::vector<CompoundOp> sampling_compounds();
std::vector<CompoundOp> signal_compounds();
std::vector<CompoundOp> quantized_compounds();
std::vector<CompoundOp> recurrent_compounds();

}  // namespace phosphene
