// Lowering: what every operator becomes on ATen. A rule reads a node once, while a program is compiled, and returns what runs at every
// step; autograd finds the gradient. A node that no rule covers runs on its reference kernel (fallback.cpp).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "phosphene/graph/graph.h"
#include "phosphene/graph/kernels/kernels.h"

namespace phosphene::aten {

using Ints = std::vector<int64_t>;
using Tensors = std::vector<at::Tensor>;  // in the order of node.inputs or node.outputs; an absent one is undefined
using Run = std::function<Tensors(const Tensors& inputs)>;

// One node and what is known of it when it is compiled.
struct Site {
  const Graph& graph;
  const Node& node;
  at::Device device;
  const std::set<std::string>& reached;  // values that a gradient may arrive at
  bool narrow;                           // the program computes in bf16
  bool fixed;                            // weights never change

  const Attributes& attributes() const { return node.attributes; }
  bool has(size_t input) const { return node.has_input(input); }
  // Of a present input, or of an output.
  const Shape& shape(size_t input) const { return graph.type_of(node.inputs.at(input)).shape; }
  const ValueType& output(size_t index = 0) const;
  int rank() const { return shape(0).rank(); }
  // The attribute, made non-negative.
  int axis(const char* name, int64_t fallback) const;

  // Null for an input that is absent or no constant.
  TensorPtr constant(size_t input) const;
  // Constant integers; nothing where the input is absent or no constant. Shapes, axes and pads are read here and never go to the device.
  std::optional<Ints> ints(size_t input) const;
  std::optional<double> number(size_t input) const;
};

// Which numbers a rule takes and gives, in a program of bf16. (In a program of float32 all of it is float32.)
enum class Width {
  kProgram,  // bf16 in and out; the library sums in float32
  kFloat32,  // float32 in, the result is rounded to bf16
  kMixed,    // the first input and the first output bf16, all else float32
  kAny,      // whatever comes: the numbers are only moved
};

struct Rule {
  const char* op;
  Run (*lower)(const Site& site);  // null where it does not cover the node
  Width width = Width::kProgram;
};

std::vector<Rule> elementwise_rules();
std::vector<Rule> binary_rules();
std::vector<Rule> index_rules();
std::vector<Rule> linear_rules();
std::vector<Rule> normalize_rules();
std::vector<Rule> pool_rules();
std::vector<Rule> reduce_rules();
std::vector<Rule> resize_rules();
std::vector<Rule> shape_rules();

const Rule* find_rule(const std::string& op);

// A node ready to run.
struct Lowered {
  Run run;
  Width width = Width::kFloat32;
  bool on_host = false;  // the reference kernel, on the CPU
};
// `program` is the type of activations: at::kFloat or at::kBFloat16. Error for an operator that is unknown.
Lowered lower(const Site& site, at::ScalarType program);
// The reference kernel in double on the CPU, as a function that autograd knows.
Run lower_fallback(const Site& site);

// --- what rules share

at::ScalarType type_of(DataType type);
at::Tensor to_tensor(const Tensor& tensor, at::Device device);
at::Tensor to_tensor(const kernels::Array& array, at::Device device);
at::Tensor indices(const Ints& values, at::Device device);
// Whole numbers of an array of doubles; what does not fit, such as "to the end" spelled as the largest integer, is clamped to +-2^53.
Ints integers(const kernels::Array& array);

// Whether convolutions of x are fastest with channels innermost in memory: not so in float32 on a GPU, where there are no tensor cores.
bool channels_innermost(const at::Tensor& x);
// [n, c, h, w] in the order of memory that its convolutions want; anything else as it is.
at::Tensor in_layout(const at::Tensor& x);
// Zeros, or another number, around the last axes of x; a negative pad cuts. As many entries as there are padded axes.
at::Tensor padded(const at::Tensor& x, const Ints& begin, const Ints& end, double value = 0);
Ints all_axes(int rank);
// The third input of Conv, ConvTranspose and Gemm, undefined where there is none.
at::Tensor bias_of(const Tensors& inputs);

// What a rule makes of a weight before it computes with it: once, at the first run, where weights are fixed; else at every run.
class MadeOf {
 public:
  MadeOf(const Site& site, size_t input, std::function<at::Tensor(const at::Tensor&)> make);
  // Undefined where the input is absent.
  at::Tensor operator()(const Tensors& inputs) const;

 private:
  size_t input_;
  std::function<at::Tensor(const at::Tensor&)> make_;
  std::shared_ptr<at::Tensor> made_;  // null where it is made at every run
};

// What the node's kernel makes of these inputs; a null input is absent.
kernels::Array run_kernel(const Node& node, const kernels::ConstArrays& inputs, const ValueType& output);

// An operator that only moves the numbers of its input `moved`, in a pattern that its other inputs fix: its kernel moves 1, 2, ... once,
// which tells the pattern. Where nothing came, stands the number of the input `filler`, or zero. Null when the other inputs are no
// constants.
inline constexpr size_t kNoFiller = static_cast<size_t>(-1);
Run lower_move(const Site& site, size_t moved = 0, size_t filler = kNoFiller);
// The pattern itself: for every output element the element of `moved` that it takes, -1 for none.
std::optional<Ints> sources(const Site& site, size_t moved, size_t filler = kNoFiller);

}  // namespace phosphene::aten
