// What ONNX Runtime fuses when it optimises a file, and the small operators of opsets 22 to 24:
//
//     FusedConv, FusedGemm           Conv, Gemm, then an activation; FusedConv adds a further input before it
//     FusedMatMul, TransposeMatMul   alpha A' B', transposed as transA and transB say
//     BiasGelu, FastGelu, QuickGelu  x Phi(x) of x + b; the tanh form of it; x sigmoid(alpha x)
//     SkipLayerNormalization         LayerNormalization of x + skip + bias; Simplified: root mean squares alone
//     BiasAdd, BiasSplitGelu ...     x + b + skip
//     Swish, SwiGLU                  x sigmoid(alpha x); the same times a second input
//     RMSNormalization               x / sqrt(mean of x^2 over the axes from `axis` on + epsilon), times scale
#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_compound.h"
#include "phosphene/graph/op.h"

namespace phosphene {

namespace {

Attributes without(const Attributes& attributes, std::initializer_list<const char*> names) {
  Attributes rest = attributes;
  for (const char* name : names) rest.erase(name);
  return rest;
}

void fused_conv(Compound& c) {
  std::vector<std::string> inputs = {c.in(0), c.in(1)};
  if (c.has(2)) inputs.push_back(c.in(2));
  std::string y = c.add("Conv", inputs, without(c.attributes(), {"activation", "activation_params"}));
  if (c.has(3)) y = c.add("Add", {y, c.in(3)});
  c.result(0, "Identity",
           {c.activation(c.attributes().get_string("activation", ""), y, c.attributes().get_floats("activation_params", {}))});
}

void fused_gemm(Compound& c) {
  std::vector<float> parameters;
  for (const char* name : {"activation_alpha", "activation_beta", "activation_gamma"})
    if (c.attributes().has(name)) parameters.push_back(c.attributes().get_float(name, 0));
  const std::string y =
      c.add("Gemm", c.node.inputs, without(c.attributes(), {"activation", "activation_alpha", "activation_beta", "activation_gamma"}));
  c.result(0, "Identity", {c.activation(c.attributes().get_string("activation", ""), y, parameters)});
}

std::string last_two_swapped(Compound& c, const std::string& x) {
  std::vector<int64_t> perm;
  const int rank = c.shape(x).rank();
  for (int64_t axis = 0; axis < rank; ++axis) perm.push_back(axis);
  if (rank < 2) throw Error("a vector cannot be transposed", "export the model again");
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return c.add("Transpose", {x}, {{"perm", perm}});
}

void fused_matmul(Compound& c) {
  if (c.attributes().get_int("transBatchA", 0) || c.attributes().get_int("transBatchB", 0))
    throw Error("transBatchA and transBatchB are not supported", "export the network with other operators");
  const std::string a = c.attributes().get_int("transA", 0) ? last_two_swapped(c, c.in(0)) : c.in(0);
  const std::string b = c.attributes().get_int("transB", 0) ? last_two_swapped(c, c.in(1)) : c.in(1);
  c.result(0, "Mul", {c.add("MatMul", {a, b}), c.scalar(c.attributes().get_float("alpha", 1))});
}

std::string with_bias(Compound& c, size_t bias) { return c.has(bias) ? c.add("Add", {c.in(0), c.in(bias)}) : c.in(0); }

void bias_gelu(Compound& c) { c.result(0, "Gelu", {with_bias(c, 1)}); }
void fast_gelu(Compound& c) { c.result(0, "Gelu", {with_bias(c, 1)}, {{"approximate", std::string("tanh")}}); }

void sigmoid_times(Compound& c, float alpha) { c.result(0, "Mul", {c.in(0), c.add("Sigmoid", {c.times(c.in(0), alpha)})}); }
void quick_gelu(Compound& c) { sigmoid_times(c, c.attributes().get_float("alpha", 1.702F)); }
void swish(Compound& c) { sigmoid_times(c, c.attributes().get_float("alpha", 1)); }

std::string rms_normalized(Compound& c, const std::string& x, int64_t axis, float epsilon) {
  const int rank = c.shape(x).rank();
  std::vector<int64_t> axes;
  for (int a = normal_axis(axis, rank); a < rank; ++a) axes.push_back(a);
  const std::string square = c.add("ReduceMean", {c.add("Mul", {x, x})}, {{"axes", axes}, {"keepdims", int64_t{1}}});
  return c.add("Div", {x, c.add("Sqrt", {c.add("Add", {square, c.scalar(epsilon)})})});
}

void rms_normalization(Compound& c) {
  const Attributes& a = c.attributes();
  c.result(0, "Mul", {rms_normalized(c, c.in(0), a.get_int("axis", -1), a.get_float("epsilon", 1e-5F)), c.in(1)});
}

// x + skip (+ bias), which is output 3 as well.
std::string skipped(Compound& c, size_t bias) {
  const std::string sum = c.add("Add", {c.in(0), c.in(1)}), all = c.has(bias) ? c.add("Add", {sum, c.in(bias)}) : sum;
  c.result(3, "Identity", {all});
  return all;
}

void skip_layer_normalization(Compound& c) {
  const std::string x = skipped(c, 4);
  std::vector<std::string> inputs = {x, c.in(2)};
  if (c.has(3)) inputs.push_back(c.in(3));
  c.result(0, "LayerNormalization", inputs, {{"axis", int64_t{-1}}, {"epsilon", c.attributes().get_float("epsilon", 1e-12F)}});
}

void skip_simplified_layer_normalization(Compound& c) {
  const std::string x = skipped(c, 3);
  c.result(0, "Mul", {rms_normalized(c, x, -1, c.attributes().get_float("epsilon", 1e-12F)), c.in(2)});
}

// a gates b.
void swiglu(Compound& c) {
  const std::string gate = c.add("Sigmoid", {c.times(c.in(0), c.attributes().get_float("alpha", 1))});
  c.result(0, "Mul", {c.add("Mul", {c.in(0), gate}), c.in(1)});
}

void bias_add(Compound& c) { c.result(0, "Add", {c.add("Add", {c.in(0), c.in(1)}), c.in(2)}); }

}  // namespace

std::vector<CompoundOp> fused_compounds() {
  return {
      {"com.microsoft", "FusedConv", fused_conv},
      {"com.microsoft", "FusedGemm", fused_gemm},
      {"com.microsoft", "FusedMatMul", fused_matmul},
      {"com.microsoft", "TransposeMatMul", fused_matmul},
      {"com.microsoft", "BiasGelu", bias_gelu},
      {"com.microsoft", "FastGelu", fast_gelu},
      {"com.microsoft", "QuickGelu", quick_gelu},
      {"com.microsoft", "BiasAdd", bias_add},
      {"com.microsoft", "SkipLayerNormalization", skip_layer_normalization},
      {"com.microsoft", "SkipSimplifiedLayerNormalization", skip_simplified_layer_normalization},
      {"com.microsoft", "SimplifiedLayerNormalization", rms_normalization},
      {"", "SimplifiedLayerNormalization", rms_normalization},
      {"", "RMSNormalization", rms_normalization},
      {"", "Swish", swish},
      {"", "SwiGLU", swiglu},
  };
}

}  // namespace phosphene
