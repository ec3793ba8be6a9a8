// Kernels: the meaning of every operator and its gradient in plain loops, one table. They know nothing of programs: the reference engine
// runs nothing else, another engine may use one for an operator that it has no fast code for, and constants are folded by them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "phosphene/graph/graph.h"

namespace phosphene::kernels {

// A value: row-major doubles, whatever its DataType (integers up to 2^53 and booleans as 0 and 1 are exact).
struct Array {
  DataType type = DataType::kFloat32;
  Shape shape;
  std::vector<double> values;

  Array() = default;
  explicit Array(Shape s, double value = 0) : shape(std::move(s)), values(static_cast<size_t>(shape.size()), value) {}
  Array(Shape s, std::vector<double> v) : shape(std::move(s)), values(std::move(v)) {}
  explicit Array(const ValueType& t) : Array(t.shape) { type = t.type; }
  explicit Array(const Tensor& tensor);
};

using ConstArrays = std::vector<const Array*>;
using Arrays = std::vector<Array*>;

// One operator. Arrays stand in the order of node.inputs and node.outputs; trailing absent ones may be left out.
struct Kernel {
  using Forward = void (*)(const Node& node, const ConstArrays& inputs, const Arrays& outputs);
  using Backward = void (*)(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                            const Arrays& grad_inputs);

  std::string op;
  // Fills the outputs, which have their shapes already. A null input is absent, a null output is not wanted.
  Forward forward;
  // Adds dL/d(input) to grad_inputs, given dL/d(output). A null grad_output is zero, a null grad_input is not wanted. outputs are
  // forward's. Null when the gradient is zero wherever it exists (comparisons, roundings, indices).
  Backward backward;
};

// The operator's kernel, or null for one that this table lacks.
const Kernel* find_kernel(const std::string& op);
std::span<const Kernel> all_kernels();

}  // namespace phosphene::kernels
