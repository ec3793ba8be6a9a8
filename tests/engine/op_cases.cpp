// A case is one node, or a short chain of them, between random inputs and outputs. Operands of a node, in order:
//
//     in(shape)       a graph input          weight(shape)  a random weight, differentiated too
//     ints({...})     integer constants      floats({...})  fixed float constants         absent  ""
#include "engine/op_cases.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "phosphene/base/rng.h"

namespace phosphene::test {

namespace {

struct Operand {
  enum class Kind { kInput, kWeight, kInts, kBools, kFloats, kAbsent } kind;
  Shape shape;
  std::vector<int64_t> ints;
  std::vector<float> floats;
  float low = -1, high = 1;

  Operand with(Shape s) const {
    Operand reshaped = *this;
    reshaped.shape = std::move(s);
    return reshaped;
  }
};

using Kind = Operand::Kind;
Operand in(Shape shape) { return {Kind::kInput, std::move(shape), {}, {}}; }
Operand weight(Shape shape) { return {Kind::kWeight, std::move(shape), {}, {}}; }
Operand positive(Shape shape) { return {Kind::kWeight, std::move(shape), {}, {}, 0.5F, 2.0F}; }
Operand ints(std::vector<int64_t> values) { return {Kind::kInts, Shape{static_cast<int64_t>(values.size())}, std::move(values), {}}; }
Operand bools(std::vector<int64_t> values) { return {Kind::kBools, Shape{static_cast<int64_t>(values.size())}, std::move(values), {}}; }
Operand floats(std::vector<float> values) { return {Kind::kFloats, Shape{static_cast<int64_t>(values.size())}, {}, std::move(values)}; }
Operand scalar(float value) { return {Kind::kFloats, Shape{}, {}, {value}}; }
const Operand absent{Kind::kAbsent, {}, {}, {}};

using Ints = std::vector<int64_t>;

struct Range {
  double low = -1, high = 1;
};
constexpr Range kPositive{0.5, 2};

class Cases {
 public:
  explicit Cases(uint64_t seed) : seed_(seed) {}

  // Starts a case without nodes.
  OpCase& start(const std::string& name, Range range = {}) {
    OpCase& c = all.emplace_back();
    c.name = name;
    c.graph.name = name;
    c.input_low = range.low;
    c.input_high = range.high;
    return c;
  }

  std::string operand(const Operand& operand) {
    OpCase& c = all.back();
    if (operand.kind == Kind::kAbsent) return "";
    if (operand.kind == Kind::kInput) {
      const std::string name = fmt::format("x{}", c.graph.inputs.size());
      c.graph.inputs.push_back({name, {DataType::kFloat32, operand.shape}});
      c.gradients.push_back(name);
      return name;
    }
    const std::string name = fmt::format("w{}", c.graph.weights.size());
    if (operand.kind == Kind::kInts) {
      c.graph.add_weight(name, Tensor(operand.shape, operand.ints));
    } else if (operand.kind == Kind::kBools) {
      c.graph.add_weight(name, Tensor(operand.shape, operand.ints, DataType::kBool));
    } else if (operand.kind == Kind::kFloats) {
      c.graph.add_weight(name, Tensor(operand.shape, operand.floats));
    } else {
      std::vector<float> values(static_cast<size_t>(operand.shape.size()));
      Rng(seed_, "case weight", all.size() * 100 + c.graph.weights.size()).fill_uniform(values, operand.low, operand.high);
      c.graph.add_weight(name, Tensor(operand.shape, std::move(values)));
      c.gradients.push_back(name);
    }
    return name;
  }

  // Adds a node to the current case: `values` come before the operands. Returns its first output's name.
  std::string node(const std::string& op, const std::vector<std::string>& values, const std::vector<Operand>& operands,
                   Attributes attributes = {}, size_t outputs = 1) {
    Node n;
    n.op = op;
    n.name = fmt::format("{}{}", op, all.back().graph.nodes.size());
    n.inputs = values;
    for (const Operand& o : operands) n.inputs.push_back(operand(o));
    for (size_t k = 0; k < outputs; ++k) n.outputs.push_back(fmt::format("{}_{}", n.name, k));
    n.attributes = std::move(attributes);
    all.back().graph.nodes.push_back(n);
    all.back().graph.outputs = n.outputs;
    return n.outputs[0];
  }

  // A case of one node.
  OpCase& one(const std::string& name, const std::string& op, const std::vector<Operand>& operands, Attributes attributes = {},
              Range range = {}, size_t outputs = 1) {
    start(name, range);
    node(op, {}, operands, std::move(attributes), outputs);
    return all.back();
  }

  std::vector<OpCase> all;

 private:
  uint64_t seed_;
};

void conv_cases(Cases& cases) {
  const auto conv = [&](const std::string& name, Shape x, Shape w, Attributes attributes = {}, bool bias = true) {
    std::vector<Operand> operands = {in(std::move(x)), weight(w)};
    if (bias) operands.push_back(weight({w[0]}));
    cases.one("conv_" + name, "Conv", operands, std::move(attributes));
  };
  conv("1x1", {2, 3, 5, 6}, {4, 3, 1, 1});
  conv("3x3", {2, 3, 7, 6}, {4, 3, 3, 3});
  conv("no_bias", {2, 3, 7, 6}, {4, 3, 3, 3}, {}, false);
  conv("padded", {2, 3, 5, 6}, {4, 3, 3, 3}, {{"pads", Ints{1, 1, 1, 1}}});
  conv("uneven_pads", {2, 2, 5, 6}, {3, 2, 3, 3}, {{"pads", Ints{0, 1, 2, 3}}});
  conv("strided", {2, 3, 9, 8}, {4, 3, 3, 3}, {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  conv("uneven_strides", {2, 2, 9, 8}, {3, 2, 3, 2}, {{"strides", Ints{3, 1}}});
  conv("stride_beyond_kernel", {2, 2, 9, 9}, {3, 2, 1, 1}, {{"strides", Ints{2, 2}}});
  conv("dilated", {2, 2, 9, 9}, {3, 2, 3, 3}, {{"dilations", Ints{2, 2}}, {"pads", Ints{2, 2, 2, 2}}});
  conv("uneven_dilations", {2, 2, 9, 9}, {3, 2, 3, 2}, {{"dilations", Ints{1, 3}}, {"strides", Ints{2, 1}}});
  conv("grouped", {2, 6, 6, 5}, {4, 3, 3, 3}, {{"group", int64_t{2}}, {"pads", Ints{1, 1, 1, 1}}});
  conv("three_groups", {2, 6, 5, 5}, {9, 2, 3, 3}, {{"group", int64_t{3}}}, false);
  conv("depthwise", {2, 5, 6, 6}, {5, 1, 3, 3}, {{"group", int64_t{5}}, {"pads", Ints{1, 1, 1, 1}}});
  conv("depthwise_multiplied", {2, 3, 6, 6}, {6, 1, 3, 3}, {{"group", int64_t{3}}, {"strides", Ints{2, 2}}});
  conv("5x5_wide", {2, 1, 8, 8}, {16, 1, 5, 5}, {{"pads", Ints{2, 2, 2, 2}}});
  conv("11x11_stride_4", {2, 3, 23, 23}, {4, 3, 11, 11}, {{"strides", Ints{4, 4}}});
  conv("7x7_stride_3_padded", {2, 4, 20, 19}, {5, 4, 7, 7}, {{"strides", Ints{3, 3}}, {"pads", Ints{2, 1, 2, 3}}});
  conv("8x6_strides_4_and_2", {2, 3, 21, 15}, {20, 3, 8, 6}, {{"strides", Ints{4, 2}}, {"pads", Ints{3, 1, 0, 2}}});
  conv("many_channels", {2, 32, 6, 6}, {32, 32, 3, 3}, {{"pads", Ints{1, 1, 1, 1}}});
  conv("same_upper", {2, 2, 7, 8}, {3, 2, 3, 4}, {{"auto_pad", std::string("SAME_UPPER")}, {"strides", Ints{2, 2}}});
  conv("same_lower", {2, 2, 7, 8}, {3, 2, 3, 4}, {{"auto_pad", std::string("SAME_LOWER")}});
  conv("whole_image", {2, 3, 4, 4}, {5, 3, 4, 4});

  const auto transposed = [&](const std::string& name, Shape x, Shape w, Attributes attributes = {}, bool bias = true) {
    const int64_t outputs = w[1] * attributes.get_int("group", 1);
    std::vector<Operand> operands = {in(std::move(x)), weight(std::move(w))};
    if (bias) operands.push_back(weight({outputs}));
    cases.one("conv_transpose_" + name, "ConvTranspose", operands, std::move(attributes));
  };
  transposed("3x3", {2, 3, 4, 5}, {3, 4, 3, 3});
  transposed("no_bias", {2, 3, 4, 5}, {3, 2, 3, 3}, {}, false);
  transposed("4x4_stride_2", {2, 3, 4, 4}, {3, 4, 4, 4}, {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  transposed("output_padding", {2, 2, 4, 4}, {2, 3, 3, 3},
             {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}, {"output_padding", Ints{1, 1}}});
  transposed("uneven", {2, 2, 4, 3}, {2, 3, 3, 2}, {{"strides", Ints{1, 3}}, {"pads", Ints{1, 0, 0, 1}}});
  transposed("dilated", {2, 2, 4, 4}, {2, 3, 3, 3}, {{"dilations", Ints{2, 2}}});
  transposed("grouped", {2, 4, 4, 4}, {4, 3, 3, 3}, {{"group", int64_t{2}}, {"strides", Ints{2, 2}}});
  transposed("depthwise", {2, 4, 4, 4}, {4, 1, 4, 4}, {{"group", int64_t{4}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  transposed("8x8_stride_4", {2, 5, 3, 4}, {5, 3, 8, 8}, {{"strides", Ints{4, 4}}, {"pads", Ints{2, 2, 2, 2}}});
  transposed("5x5_stride_3_ragged", {2, 20, 4, 4}, {20, 3, 5, 5}, {{"strides", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}});
  transposed("output_shape", {2, 2, 4, 4}, {2, 3, 3, 3}, {{"strides", Ints{2, 2}}, {"output_shape", Ints{8, 8}}});
  transposed("from_one_pixel", {2, 8, 1, 1}, {8, 6, 4, 4});
}

void pool_cases(Cases& cases) {
  const auto pools = [&](const std::string& name, Shape x, Attributes attributes) {
    cases.one("max_pool_" + name, "MaxPool", {in(x)}, attributes);
    cases.one("average_pool_" + name, "AveragePool", {in(x)}, attributes);
  };
  pools("2x2", {2, 3, 6, 8}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  pools("overlapping", {2, 3, 7, 7}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}});
  pools("padded", {2, 3, 7, 7}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{1, 1}}, {"pads", Ints{1, 1, 1, 1}}});
  pools("uneven", {2, 2, 7, 6}, {{"kernel_shape", Ints{3, 2}}, {"strides", Ints{2, 1}}, {"pads", Ints{1, 0, 0, 1}}});
  pools("ceil", {2, 2, 6, 7}, {{"kernel_shape", Ints{3, 2}}, {"strides", Ints{2, 2}}, {"ceil_mode", int64_t{1}}});
  pools("ceil_padded", {2, 2, 6, 6},
        {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}, {"ceil_mode", int64_t{1}}});
  pools("same_upper", {2, 2, 5, 6}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"auto_pad", std::string("SAME_UPPER")}});
  cases.one("lp_pool", "LpPool", {in({2, 2, 6, 6})}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  cases.one("lp_pool_3", "LpPool", {in({2, 2, 6, 6})}, {{"kernel_shape", Ints{2, 2}}, {"p", int64_t{3}}});
  cases.one("global_lp_pool", "GlobalLpPool", {in({2, 3, 4, 4})});
  cases.one("max_unpool", "MaxUnpool", {in({2, 1, 2, 2}), ints({5, 7, 8, 15, 16, 19, 28, 31}).with({2, 1, 2, 2})},
            {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  cases.one("max_pool_dilated", "MaxPool", {in({2, 2, 8, 8})}, {{"kernel_shape", Ints{2, 2}}, {"dilations", Ints{2, 3}}});
  cases.one("average_pool_padding_counts", "AveragePool", {in({2, 2, 6, 6})},
            {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}, {"count_include_pad", int64_t{1}}});
  cases.one("average_pool_ceil_padding_counts", "AveragePool", {in({2, 2, 6, 6})},
            {{"kernel_shape", Ints{3, 3}},
             {"strides", Ints{2, 2}},
             {"pads", Ints{1, 1, 1, 1}},
             {"ceil_mode", int64_t{1}},
             {"count_include_pad", int64_t{1}}});
  cases.one("global_average_pool", "GlobalAveragePool", {in({2, 5, 4, 3})});
  cases.one("global_max_pool", "GlobalMaxPool", {in({2, 5, 4, 3})});
}

void linear_cases(Cases& cases) {
  cases.one("gemm", "Gemm", {in({2, 7}), weight({7, 5}), weight({5})});
  cases.one("gemm_transposed_weight", "Gemm", {in({2, 7}), weight({5, 7}), weight({5})}, {{"transB", int64_t{1}}});
  cases.one("gemm_no_bias", "Gemm", {in({2, 7}), weight({5, 7})}, {{"transB", int64_t{1}}});
  cases.one("gemm_alpha_beta", "Gemm", {in({2, 7}), weight({5, 7}), weight({1, 5})},
            {{"transB", int64_t{1}}, {"alpha", 0.5F}, {"beta", -2.0F}});
  cases.one("gemm_transposed_input", "Gemm", {in({2, 7}), weight({2, 5}), weight({7, 1})}, {{"transA", int64_t{1}}});
  cases.one("gemm_both_transposed", "Gemm", {in({2, 7}), weight({5, 2}), weight({7, 5})}, {{"transA", int64_t{1}}, {"transB", int64_t{1}}});
  cases.one("gemm_wide", "Gemm", {in({2, 96}), weight({64, 96}), weight({64})}, {{"transB", int64_t{1}}});
  cases.one("matmul", "MatMul", {in({2, 7}), weight({7, 5})});
  cases.one("matmul_batched", "MatMul", {in({2, 3, 4}), in({2, 4, 5})});
  cases.one("matmul_shared_right", "MatMul", {in({2, 3, 4}), weight({4, 5})});
  cases.one("matmul_broadcast", "MatMul", {in({2, 1, 3, 4}), weight({3, 4, 2})});
  cases.one("matmul_vector_right", "MatMul", {in({2, 3, 4}), weight({4})});
  cases.one("matmul_vector_left", "MatMul", {weight({3}), in({2, 3, 4})});
}

void normalize_cases(Cases& cases) {
  const auto statistics = [](int64_t c) { return std::vector<Operand>{weight({c}), weight({c}), weight({c}), positive({c})}; };
  const auto batch_norm = [&](const std::string& name, Shape x, Attributes attributes = {}, size_t outputs = 1) {
    std::vector<Operand> operands = {in(x)};
    for (const Operand& o : statistics(x[1])) operands.push_back(o);
    cases.one("batch_norm" + name, "BatchNormalization", operands, std::move(attributes), {}, outputs);
  };
  batch_norm("", {2, 3, 4, 5});
  batch_norm("_epsilon", {2, 3, 4, 5}, {{"epsilon", 0.1F}});
  batch_norm("_vectors", {2, 6});
  batch_norm("_training", {2, 3, 4, 5}, {{"training_mode", int64_t{1}}}, 3);
  batch_norm("_training_momentum", {2, 3, 3, 3}, {{"training_mode", int64_t{1}}, {"momentum", 0.5F}, {"epsilon", 1e-3F}}, 3);
  batch_norm("_training_value_only", {2, 3, 4, 5}, {{"training_mode", int64_t{1}}}, 1);
  cases.one("lrn_5", "LRN", {in({2, 8, 3, 4})}, {{"size", int64_t{5}}, {"alpha", 0.5F}, {"beta", 0.75F}, {"bias", 1.0F}});
  cases.one("lrn_even", "LRN", {in({2, 7, 3, 3})}, {{"size", int64_t{4}}, {"alpha", 1.0F}, {"beta", 0.5F}, {"bias", 2.0F}});
  cases.one("lrn_beyond_channels", "LRN", {in({2, 3, 3, 3})}, {{"size", int64_t{9}}, {"alpha", 1.0F}});
  cases.one("softmax", "Softmax", {in({2, 10})}, {}, {-3, 3});
  cases.one("softmax_channels", "Softmax", {in({2, 4, 3, 3})}, {{"axis", int64_t{1}}}, {-3, 3});
  cases.one("softmax_first", "Softmax", {in({2, 4, 3})}, {{"axis", int64_t{0}}});
  cases.one("softmax_large", "Softmax", {in({2, 10})}, {}, {90, 100});
  cases.one("hardmax", "Hardmax", {in({2, 10})}).smooth = false;
  cases.one("instance_norm", "InstanceNormalization", {in({2, 3, 4, 5}), weight({3}), weight({3})});
  cases.one("group_norm", "GroupNormalization", {in({2, 6, 3, 3}), weight({6}), weight({6})}, {{"num_groups", int64_t{2}}});
  cases.one("group_norm_by_group", "GroupNormalization", {in({2, 6, 3, 3}), weight({2}), weight({2})},
            {{"num_groups", int64_t{2}}, {"epsilon", 0.1F}});
  cases.one("layer_norm", "LayerNormalization", {in({2, 5, 8}), weight({8}), weight({8})});
  cases.one("layer_norm_no_bias", "LayerNormalization", {in({2, 5, 8}), weight({5, 1})}, {{"axis", int64_t{1}}});
  cases.one("mean_variance_norm", "MeanVarianceNormalization", {in({2, 3, 4, 5})});
  cases.one("lp_norm", "LpNormalization", {in({2, 3, 4, 5})}, {{"axis", int64_t{1}}});
  cases.one("l1_norm", "LpNormalization", {in({2, 3, 4, 5})}, {{"p", int64_t{1}}});
  cases.one("log_softmax", "LogSoftmax", {in({2, 10})}, {}, {-3, 3});
  cases.one("log_softmax_channels", "LogSoftmax", {in({2, 4, 3, 3})}, {{"axis", int64_t{-3}}});
}

void elementwise_cases(Cases& cases) {
  const Shape image{2, 3, 4, 5};
  for (const char* op : {"Relu", "Sigmoid", "Tanh", "Softplus", "Exp", "Abs", "Neg", "Erf", "LeakyRelu", "Identity", "Dropout"})
    cases.one(std::string("unary_") + op, op, {in(image)}, {}, {-2, 2});
  for (const char* op : {"Elu", "Selu", "Celu", "HardSigmoid", "HardSwish", "Softsign", "Mish", "Gelu", "ThresholdedRelu", "Shrink", "Sin",
                         "Cos", "Atan", "Sinh", "Cosh", "Asinh"})
    cases.one(std::string("unary_") + op, op, {in(image)}, {}, {-4, 4});
  for (const char* op : {"Tan", "Asin", "Acos", "Atanh"}) cases.one(std::string("unary_") + op, op, {in(image)}, {}, {-0.8, 0.8});
  cases.one("unary_Acosh", "Acosh", {in(image)}, {}, {1.5, 4});
  cases.one("elu_2", "Elu", {in(image)}, {{"alpha", 2.0F}});
  cases.one("selu_own", "Selu", {in(image)}, {{"alpha", 1.5F}, {"gamma", 0.5F}});
  cases.one("celu_2", "Celu", {in(image)}, {{"alpha", 2.0F}});
  cases.one("hard_sigmoid_own", "HardSigmoid", {in(image)}, {{"alpha", 0.5F}, {"beta", 0.25F}}, {-4, 4});
  cases.one("gelu_tanh", "Gelu", {in(image)}, {{"approximate", std::string("tanh")}}, {-4, 4});
  cases.one("shrink_soft", "Shrink", {in(image)}, {{"lambd", 1.5F}, {"bias", 1.5F}}, {-6, 6});
  for (const char* op : {"Log", "Sqrt", "Reciprocal"}) cases.one(std::string("unary_") + op, op, {in(image)}, {}, kPositive);
  for (const char* op : {"IsNaN", "IsInf"}) cases.one(std::string("unary_") + op, op, {in(image)}).smooth = false;
  cases.one("quantize", "QuantizeLinear", {in(image), scalar(0.1F), ints({128})}, {}, {-20, 20}).smooth = false;
  cases.one("quantize_channels", "QuantizeLinear", {in(image), floats({0.1F, 0.2F, 0.5F})}, {{"output_dtype", int64_t{3}}}, {-60, 60})
      .smooth = false;
  cases.one("dequantize", "DequantizeLinear", {in(image), floats({0.1F, 0.2F, 0.5F}), ints({1, 2, 3})}, {}, {-60, 60});
  for (const char* op : {"Floor", "Ceil", "Round", "Sign"})
    cases.one(std::string("unary_") + op, op, {in(image)}, {}, {-3, 3}).smooth = false;
  cases.one("leaky_relu_0.2", "LeakyRelu", {in(image)}, {{"alpha", 0.2F}});
  cases.one("relu_vectors", "Relu", {in({2, 9})});
  cases.one("clip", "Clip", {in(image), scalar(-0.5F), scalar(0.5F)});
  cases.one("clip_6", "Clip", {in(image), scalar(0), scalar(6)}, {}, {-12, 12});
  cases.one("clip_above", "Clip", {in(image), absent, scalar(0.5F)});
  cases.one("clip_below", "Clip", {in(image), scalar(-0.5F)});
  cases.one("clip_nothing", "Clip", {in(image)});
  cases.one("cast_float", "Cast", {in(image)}, {{"to", int64_t{1}}});
  cases.start("cast_to_int_and_back", {-4, 4});
  cases.node("Cast", {cases.node("Cast", {}, {in(image)}, {{"to", int64_t{7}}})}, {}, {{"to", int64_t{1}}});
  cases.all.back().smooth = false;
  cases.one("cast_like", "CastLike", {in(image), scalar(1)});
  cases.start("sigmoid_saturated", {-30, 30});
  cases.node("Sigmoid", {}, {in(image)});
}

void binary_cases(Cases& cases) {
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Sum", "Mean"}) {
    const auto both = [&](const char* name, const Operand& a, const Operand& b) {
      cases.one(fmt::format("binary_{}_{}", op, name), op, {a, b}, {}, kPositive);
    };
    both("same", in({2, 3, 4, 5}), in({2, 3, 4, 5}));
    both("channel", in({2, 3, 4, 5}), positive({3, 1, 1}));
    both("scalar_left", positive({}), in({2, 3, 4}));
    both("both_ways", in({2, 1, 4, 1}), positive({3, 1, 5}));
    both("last_axis", in({2, 3, 4}), positive({4}));
    both("planes", in({2, 3, 4, 4}), in({2, 3, 1, 1}));
  }
  cases.one("max_of_three", "Max", {in({2, 3, 4}), weight({3, 1}), weight({4})});
  cases.one("sum_of_three", "Sum", {in({2, 3, 4}), weight({3, 1}), weight({4})});
  cases.one("mean_of_three", "Mean", {in({2, 3, 4}), weight({3, 1}), weight({4})});
  cases.one("prelu", "PRelu", {in({2, 3, 4, 5}), weight({3, 1, 1})});
  cases.one("prelu_one_slope", "PRelu", {in({2, 3, 4}), weight({1})});
  cases.one("mod", "Mod", {in({2, 3, 4}), scalar(0.3F)}, {}, {-0.87, 0.87});
  cases.one("fmod", "Mod", {in({2, 3, 4}), scalar(0.3F)}, {{"fmod", int64_t{1}}}, {-0.87, 0.87});
  cases.one("min_of_one", "Min", {in({2, 3, 4})});
  cases.one("pow_2", "Pow", {in({2, 3, 4}), scalar(2)});
  cases.one("greater", "Greater", {in({2, 3, 4}), weight({4})}).smooth = false;
  for (const char* op : {"GreaterOrEqual", "LessOrEqual", "Equal"}) cases.one(op, op, {in({2, 3, 4}), weight({4})}).smooth = false;
  cases.start("xor");
  const std::string u = cases.operand(in({2, 3, 4}));
  cases.node("Xor", {cases.node("Greater", {u}, {scalar(-0.5F)}), cases.node("Less", {u}, {scalar(0.5F)})}, {});
  cases.all.back().smooth = false;
  cases.start("bit_shift", {0, 30});
  cases.node("BitShift", {cases.node("Cast", {}, {in({2, 3, 4})}, {{"to", int64_t{7}}})}, {ints({2, 1, 0, 3})},
             {{"direction", std::string("LEFT")}});
  cases.all.back().smooth = false;
  cases.one("less", "Less", {in({2, 3, 4}), weight({4})}).smooth = false;
  cases.start("where");
  const std::string a = cases.operand(in({2, 3, 4})), b = cases.operand(in({2, 3, 4}));
  cases.node("Where", {cases.node("Greater", {a}, {scalar(0)}), a, b}, {});
  cases.start("where_broadcast");
  const std::string c = cases.operand(in({2, 3, 4}));
  cases.node("Where", {cases.node("Less", {c}, {scalar(0)}), c}, {weight({3, 1})});
  cases.start("where_logic");
  const std::string d = cases.operand(in({2, 3, 4})), e = cases.operand(in({2, 3, 4}));
  const std::string middle = cases.node("And", {cases.node("Greater", {d}, {scalar(-0.5F)}), cases.node("Less", {d}, {scalar(0.5F)})}, {});
  const std::string either = cases.node("Or", {middle, cases.node("Equal", {d, e}, {})}, {});
  cases.node("Where", {cases.node("Not", {either}, {}), d, e}, {});
  cases.start("add_to_itself");
  const std::string x = cases.operand(in({2, 3, 4}));
  cases.node("Add", {x, x}, {});
  cases.start("square_by_mul");
  const std::string y = cases.operand(in({2, 3, 4}));
  cases.node("Mul", {y, y}, {});
}

void shape_cases(Cases& cases) {
  constexpr int64_t kEnd = std::numeric_limits<int64_t>::max(), kStart = std::numeric_limits<int64_t>::min() + 1;
  cases.one("concat_channels", "Concat", {in({2, 3, 4, 5}), in({2, 2, 4, 5}), weight({2, 1, 4, 5})}, {{"axis", int64_t{1}}});
  cases.one("concat_last", "Concat", {in({2, 3, 4}), in({2, 3, 2})}, {{"axis", int64_t{-1}}});
  cases.one("concat_of_one", "Concat", {in({2, 3, 4})}, {{"axis", int64_t{1}}});
  cases.start("concat_twice_the_same");
  const std::string x = cases.operand(in({2, 3, 4}));
  cases.node("Concat", {x, x}, {}, {{"axis", int64_t{2}}});
  const Operand image = in({2, 4, 7, 6});
  cases.one("slice_crop", "Slice", {image, ints({1, 2}), ints({6, 5}), ints({2, 3})});
  cases.one("slice_channel", "Slice", {image, ints({1}), ints({3}), ints({1})});
  cases.one("slice_from_end", "Slice", {image, ints({-3}), ints({-1}), ints({-1})});
  cases.one("slice_beyond", "Slice", {image, ints({2}), ints({kEnd}), ints({2})});
  cases.one("slice_step", "Slice", {image, ints({1, 0}), ints({kEnd, kEnd}), ints({2, 3}), ints({2, 3})});
  cases.one("slice_reversed", "Slice", {image, ints({-1}), ints({kStart}), ints({1}), ints({-1})});
  cases.one("slice_back_by_two", "Slice", {image, ints({5, 4}), ints({0, 1}), ints({2, 3}), ints({-2, -1})});
  cases.one("pad", "Pad", {image, ints({0, 0, 1, 2, 0, 0, 3, 0})});
  cases.one("pad_value", "Pad", {image, ints({0, 1, 1, 1, 0, 0, 1, 1}), scalar(2.5F)});
  cases.one("pad_reflect", "Pad", {image, ints({0, 0, 2, 1, 0, 0, 3, 2})}, {{"mode", std::string("reflect")}});
  cases.one("pad_edge", "Pad", {image, ints({0, 0, 2, 1, 0, 0, 0, 3})}, {{"mode", std::string("edge")}});
  cases.one("pad_crop", "Pad", {image, ints({0, 0, -1, -2, 0, 0, -1, 1})});
  cases.one("flatten", "Flatten", {image});
  cases.one("flatten_at_2", "Flatten", {image}, {{"axis", int64_t{2}}});
  cases.one("reshape", "Reshape", {image, ints({2, 7, 24})});
  cases.one("reshape_inferred", "Reshape", {image, ints({0, -1})});
  cases.one("reshape_to_image", "Reshape", {in({2, 48}), ints({0, 3, 4, 4})});
  cases.one("transpose", "Transpose", {in({2, 3, 4})});
  cases.one("transpose_nhwc", "Transpose", {image}, {{"perm", Ints{0, 2, 3, 1}}});
  cases.one("squeeze", "Squeeze", {in({2, 3, 1, 1}), ints({2, -1})});
  cases.one("squeeze_all", "Squeeze", {in({2, 1, 3, 1})});
  cases.one("unsqueeze", "Unsqueeze", {in({2, 3}), ints({2, 3})});
  cases.one("unsqueeze_front", "Unsqueeze", {in({2, 3}), ints({1, -1})});
  cases.one("split", "Split", {image}, {{"axis", int64_t{1}}}, {}, 2);
  cases.one("split_uneven", "Split", {image, ints({1, 4, 2})}, {{"axis", int64_t{2}}}, {}, 3);
  cases.one("gather_channels", "Gather", {image, ints({2, 1, 0, 2})}, {{"axis", int64_t{1}}});
  cases.one("gather_negative", "Gather", {image, ints({-1, 0})}, {{"axis", int64_t{-1}}});
  cases.one("gather_elements", "GatherElements", {in({2, 3}), ints({0, 2, -1, 1}).with({2, 2})}, {{"axis", int64_t{1}}});
  cases.one("gather_nd", "GatherND", {in({2, 3, 4}), ints({0, 2, 1, -1, 0, 2}).with({3, 2})});
  cases.one("gather_nd_batch", "GatherND", {in({2, 3, 4}), ints({0, 2, 1, 1}).with({2, 2, 1})}, {{"batch_dims", int64_t{1}}});
  cases.one("compress", "Compress", {in({2, 4, 3}), bools({0, 1, 1})}, {{"axis", int64_t{1}}});
  cases.one("one_hot", "OneHot", {ints({0, 2, -1, 1}).with({2, 2}), ints({4}), weight({2})}, {{"axis", int64_t{1}}});
  for (const char* reduction : {"none", "add", "mul"}) {
    cases.one(fmt::format("scatter_elements_{}", reduction), "ScatterElements",
              {in({2, 4}), ints({0, 2, 0, 3, 3, -1}).with({2, 3}), in({2, 3})},
              {{"axis", int64_t{1}}, {"reduction", std::string(reduction)}});
    cases.one(fmt::format("scatter_nd_{}", reduction), "ScatterND", {in({2, 3, 4}), ints({0, 2, 0, -1}).with({2, 2}), in({2, 4})},
              {{"reduction", std::string(reduction)}});
  }
  cases.one("tile", "Tile", {in({2, 3, 2}), ints({1, 2, 3})});
  cases.one("depth_to_space", "DepthToSpace", {in({2, 8, 2, 3})}, {{"blocksize", int64_t{2}}});
  cases.one("depth_to_space_crd", "DepthToSpace", {in({2, 8, 2, 3})}, {{"blocksize", int64_t{2}}, {"mode", std::string("CRD")}});
  cases.one("space_to_depth", "SpaceToDepth", {in({2, 2, 4, 6})}, {{"blocksize", int64_t{2}}});
  cases.one("triu", "Trilu", {in({2, 4, 5})});
  cases.one("tril", "Trilu", {in({2, 4, 5}), ints({1}).with({})}, {{"upper", int64_t{0}}});
  cases.one("reverse_sequence", "ReverseSequence", {in({2, 4, 3}), ints({3, 2})}, {{"batch_axis", int64_t{0}}, {"time_axis", int64_t{1}}});
  cases.one("top_k", "TopK", {in({2, 6}), ints({3})}, {}, {}, 2);
  cases.one("top_k_smallest", "TopK", {in({2, 5, 3}), ints({2})}, {{"axis", int64_t{1}}, {"largest", int64_t{0}}});
  cases.one("cum_sum", "CumSum", {in({2, 5}), ints({1})});
  cases.one("cum_sum_back", "CumSum", {in({2, 5}), ints({-1})}, {{"exclusive", int64_t{1}}, {"reverse", int64_t{1}}});
  cases.one("eye_like", "EyeLike", {in({2, 4})}, {{"k", int64_t{1}}}).smooth = false;
  cases.start("range");
  cases.node("Add", {cases.operand(in({2, 4})), cases.node("Range", {}, {scalar(0), scalar(8), scalar(2)})}, {});
  cases.one("non_zero", "NonZero", {floats({0, 1, 0, 2})}).smooth = false;
  for (const char* equation : {"bij,bjk->bik", "bij,bjk", "...ij,...jk->...ik", "bij,bjk->b"})
    cases.one(fmt::format("einsum_{}", equation), "Einsum", {in({2, 3, 4}), in({2, 4, 5})}, {{"equation", std::string(equation)}});
  cases.one("einsum_diagonal", "Einsum", {in({2, 3, 3})}, {{"equation", std::string("bii->bi")}});
  cases.one("einsum_three", "Einsum", {in({2, 3}), weight({3, 4}), weight({4})}, {{"equation", std::string("ij,jk,k->i")}});
  cases.one("expand", "Expand", {in({2, 1, 4, 1}), ints({2, 3, 4, 5})});
  cases.one("expand_new_axis", "Expand", {in({2, 1, 4}), ints({3, 1, 5, 4})});
}

void reduce_cases(Cases& cases) {
  const Shape image{2, 3, 4, 5};
  for (const char* op : {"ReduceLogSum"}) cases.one(fmt::format("{}_planes", op), op, {in(image)}, {{"axes", Ints{2, 3}}}, kPositive);
  for (const char* op :
       {"ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"}) {
    cases.one(fmt::format("{}_planes", op), op, {in(image)}, {{"axes", Ints{2, 3}}}, kPositive);
    cases.one(fmt::format("{}_channel", op), op, {in(image)}, {{"axes", Ints{1}}, {"keepdims", int64_t{0}}});
    cases.one(fmt::format("{}_middle_and_last", op), op, {in(image)}, {{"axes", Ints{-1, 1}}});
  }
  cases.one("ReduceMean_all", "ReduceMean", {in(image)});
  cases.one("ReduceSum_planes", "ReduceSum", {in(image), ints({2, 3})});
  cases.one("ReduceSum_all", "ReduceSum", {in(image)}, {{"keepdims", int64_t{0}}});
  cases.one("ReduceSum_channel", "ReduceSum", {in(image), ints({-3})}, {{"keepdims", int64_t{0}}});
  cases.one("ReduceSum_nothing", "ReduceSum", {in(image)}, {{"noop_with_empty_axes", int64_t{1}}});
  cases.one("argmax", "ArgMax", {in({2, 10})}, {{"axis", int64_t{1}}}).smooth = false;
  cases.one("argmin", "ArgMin", {in({2, 10})}, {{"axis", int64_t{1}}}).smooth = false;
  cases.one("argmax_channels", "ArgMax", {in(image)}, {{"axis", int64_t{1}}, {"keepdims", int64_t{0}}}).smooth = false;
}

void resize_cases(Cases& cases) {
  const Operand image = in({2, 3, 4, 5});
  const auto text = [](const char* value) { return std::string(value); };
  for (const char* transform : {"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"}) {
    const Attributes linear{{"mode", text("linear")}, {"coordinate_transformation_mode", text(transform)}};
    cases.one(fmt::format("resize_linear_{}_up", transform), "Resize", {image, absent, floats({1, 1, 2, 2})}, linear);
    cases.one(fmt::format("resize_linear_{}_sizes", transform), "Resize", {image, absent, absent, ints({2, 3, 7, 3})}, linear);
    for (const char* rounding : {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})
      cases.one(fmt::format("resize_nearest_{}_{}", transform, rounding), "Resize", {image, absent, absent, ints({2, 3, 7, 8})},
                {{"mode", text("nearest")}, {"coordinate_transformation_mode", text(transform)}, {"nearest_mode", text(rounding)}});
  }
  cases.one("resize_nearest_doubled", "Resize", {image, absent, floats({1, 1, 2, 2})},
            {{"mode", text("nearest")}, {"coordinate_transformation_mode", text("asymmetric")}, {"nearest_mode", text("floor")}});
  for (const char* mode : {"linear", "cubic", "nearest"})
    cases.one(fmt::format("resize_crop_{}", mode), "Resize",
              {image, floats({0, 0, 0.2F, -0.1F, 1, 1, 0.9F, 1.3F}), absent, ints({2, 3, 5, 6})},
              {{"mode", text(mode)}, {"coordinate_transformation_mode", text("tf_crop_and_resize")}, {"extrapolation_value", 7.0F}});
  cases.one("resize_tf_half_pixel", "Resize", {image, absent, absent, ints({2, 3, 3, 2})},
            {{"mode", text("nearest")}, {"coordinate_transformation_mode", text("tf_half_pixel_for_nn")}});
  for (const char* mode : {"bilinear", "bicubic"})
    for (const char* padding : {"zeros", "border", "reflection"})
      for (const int64_t aligned : {0, 1}) {
        // Inside the outermost centres: beyond them the derivative by the grid has kinks.
        OpCase& c =
            cases.one(fmt::format("grid_sample_{}_{}_{}", mode, padding, aligned), "GridSample", {in({2, 2, 5, 6}), in({2, 3, 2, 2})},
                      {{"mode", text(mode)}, {"padding_mode", text(padding)}, {"align_corners", aligned}}, {-0.7, 0.7});
        c.inner_kink = true;
      }
  cases.one("grid_sample_nearest", "GridSample", {in({2, 2, 5, 6}), floats(std::vector<float>(2 * 3 * 2 * 2, 0.3F)).with({2, 3, 2, 2})},
            {{"mode", text("nearest")}});
  for (const char* mode : {"avg", "max"})
    for (const char* transform : {"half_pixel", "output_half_pixel"})
      cases.one(fmt::format("roi_align_{}_{}", mode, transform), "RoiAlign",
                {in({2, 2, 6, 6}), floats({0.3F, 0.4F, 4.2F, 5.1F, 1.2F, 0.1F, 5.7F, 3.3F}).with({2, 4}), ints({0, 1})},
                {{"mode", text(mode)},
                 {"coordinate_transformation_mode", text(transform)},
                 {"output_height", int64_t{2}},
                 {"output_width", int64_t{3}},
                 {"sampling_ratio", int64_t{2}}});
  cases.one("resize_nearest_shrunk", "Resize", {image, absent, floats({1, 1, 0.5F, 0.6F})}, {{"mode", text("nearest")}});
  cases.one("resize_linear_one_pixel", "Resize", {in({2, 3, 1, 1}), absent, absent, ints({2, 3, 4, 4})}, {{"mode", text("linear")}});
  cases.one("resize_cubic", "Resize", {image, absent, absent, ints({2, 3, 7, 9})}, {{"mode", text("cubic")}});
}

// What engines fuse, share or must keep apart.
void chain_cases(Cases& cases) {
  const Attributes padded{{"pads", Ints{1, 1, 1, 1}}};
  const auto conv = [&](const std::string& x, int64_t channels) {
    return cases.node("Conv", {x}, {weight({channels, channels, 3, 3}), weight({channels})}, padded);
  };
  const auto batch_norm = [&](const std::string& x, int64_t c, Attributes attributes = {}) {
    return cases.node("BatchNormalization", {x}, {weight({c}), weight({c}), weight({c}), positive({c})}, std::move(attributes));
  };
  for (const char* activation : {"Relu", "LeakyRelu", "Tanh", "Sigmoid"}) {
    cases.start(fmt::format("chain_conv_{}", activation));
    cases.node(activation, {conv(cases.operand(in({2, 4, 6, 6})), 4)}, {});
    cases.start(fmt::format("chain_gemm_{}", activation));
    cases.node(activation, {cases.node("Gemm", {}, {in({2, 12}), weight({8, 12}), weight({8})}, {{"transB", int64_t{1}}})}, {});
    cases.start(fmt::format("chain_deconv_{}", activation));
    cases.node(activation,
               {cases.node("ConvTranspose", {}, {in({2, 4, 4, 4}), weight({4, 3, 4, 4}), weight({3})},
                           {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}})},
               {});
  }
  cases.start("chain_conv_clip");
  cases.node("Clip", {conv(cases.operand(in({2, 4, 6, 6})), 4)}, {scalar(-0.5F), scalar(0.5F)});
  cases.start("chain_conv_norm_relu");
  cases.node("Relu", {batch_norm(conv(cases.operand(in({2, 4, 6, 6})), 4), 4)}, {});
  cases.start("chain_deconv_norm_relu");
  cases.node("Relu", {batch_norm(cases.node("ConvTranspose", {}, {in({2, 4, 4, 4}), weight({4, 3, 4, 4})}, {{"strides", Ints{2, 2}}}), 3)},
             {});
  cases.start("chain_conv_training_norm_relu");
  // Without a bias: its gradient would be exactly zero, and the error noise against noise.
  const std::string bare = cases.node("Conv", {}, {in({2, 4, 6, 6}), weight({4, 4, 3, 3})}, padded);
  cases.node("Relu", {batch_norm(bare, 4, {{"training_mode", int64_t{1}}})}, {});
  cases.start("chain_residual");
  const std::string x = cases.operand(in({2, 4, 6, 6}));
  cases.node("Relu", {cases.node("Add", {conv(cases.node("Relu", {conv(x, 4)}, {}), 4), x}, {})}, {});
  cases.start("chain_inception");
  const std::string i = cases.operand(in({2, 4, 6, 6}));
  const std::string left = cases.node("Relu", {conv(i, 4)}, {});
  const std::string right = cases.node("MaxPool", {i}, {}, {{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}});
  cases.node("Concat", {left, right, i}, {}, {{"axis", int64_t{1}}});
  cases.start("chain_classifier");
  std::string c = cases.node("Relu", {cases.node("Conv", {}, {in({2, 1, 12, 12}), weight({6, 1, 5, 5}), weight({6})})}, {});
  c = cases.node("MaxPool", {c}, {}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  c = cases.node("LRN", {c}, {}, {{"size", int64_t{3}}, {"alpha", 0.1F}});
  c = cases.node("Gemm", {cases.node("Flatten", {c}, {})}, {weight({10, 96}), weight({10})}, {{"transB", int64_t{1}}});
  cases.node("LogSoftmax", {c}, {});
  cases.start("chain_generator");
  std::string g =
      cases.node("LeakyRelu", {cases.node("Gemm", {}, {in({2, 10}), weight({32, 10}), weight({32})}, {{"transB", int64_t{1}}})}, {});
  g = cases.node("Reshape", {g}, {ints({0, 8, 2, 2})});
  g = cases.node("ConvTranspose", {g}, {weight({8, 4, 4, 4}), weight({4})}, {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  g = cases.node("Resize", {cases.node("LeakyRelu", {g}, {})}, {absent, floats({1, 1, 2, 2})}, {{"mode", std::string("nearest")}});
  cases.node("Tanh", {cases.node("Conv", {g}, {weight({3, 4, 3, 3}), weight({3})}, padded)}, {});
  cases.start("chain_two_outputs");
  const std::string inner = conv(cases.operand(in({2, 4, 6, 6})), 4);
  const std::string outer = cases.node("GlobalAveragePool", {cases.node("Relu", {inner}, {})}, {});
  cases.all.back().graph.outputs = {outer, inner};
}

// What transformers are made of.
void transformer_cases(Cases& cases) {
  for (const char* activation : {"Relu", "Gelu", "HardSwish", "HardSigmoid"}) {
    cases.start(fmt::format("tokens_linear_{}", activation));
    const std::string product = cases.node("MatMul", {}, {in({2, 3, 6}), weight({6, 5})});
    cases.node(activation, {cases.node("Add", {product}, {weight({5})})}, {});
  }
  cases.start("tokens_swish");
  const std::string x = cases.operand(in({2, 3, 6}));
  cases.node("Mul", {cases.node("Sigmoid", {x}, {}), x}, {});
  cases.start("tokens_swish_read_twice");
  const std::string z = cases.operand(in({2, 3, 6})), gate = cases.node("Sigmoid", {z}, {});
  cases.node("Add", {cases.node("Mul", {gate, z}, {}), gate}, {});
  cases.start("tokens_attention");
  const std::string tokens = cases.operand(in({2, 5, 8}));
  const auto heads = [&](Ints perm) {
    const std::string part = cases.node("MatMul", {tokens}, {weight({8, 8})});
    return cases.node("Transpose", {cases.node("Reshape", {part}, {ints({0, 5, 2, 4})})}, {}, {{"perm", std::move(perm)}});
  };
  const std::string q = heads({0, 2, 1, 3}), k = heads({0, 2, 3, 1}), v = heads({0, 2, 1, 3});
  const std::string scores = cases.node("Add", {cases.node("MatMul", {q, k}, {})}, {weight({2, 1, 5})});
  cases.node("MatMul", {cases.node("Softmax", {scores}, {}), v}, {});
  cases.one("tokens_einsum", "Einsum", {in({2, 3, 4, 5}), in({2, 3, 6, 5})}, {{"equation", std::string("bhid,bhjd->bihj")}});
  cases.one("tokens_matmul_computed_right", "MatMul", {in({2, 3, 2}), in({2, 4})});
  cases.one("tokens_layer_norm", "LayerNormalization", {in({2, 3, 16}), weight({16}), weight({16})});
  cases.one("tokens_layer_norm_two_axes", "LayerNormalization", {in({2, 3, 4, 5}), weight({4, 5})}, {{"axis", int64_t{2}}});
  cases.one("repeat_rows", "Mul", {in({2, 3, 4, 5}), in({2, 1, 4, 1})});
  cases.one("repeat_columns", "Div", {in({2, 3, 4}), positive({3, 1})});
  cases.one("repeat_inner", "Sub", {in({2, 3, 4, 5}), weight({3, 1, 5})});
  cases.one("repeat_three_runs", "Add", {in({2, 3, 4, 5}), in({2, 1, 1, 5})});
  cases.one("norm_last", "ReduceL2", {in({2, 3, 7})}, {{"axes", Ints{-1}}}, kPositive);
  cases.one("norm_first_kept", "ReduceL2", {in({2, 3, 7})}, {{"axes", Ints{1}}, {"keepdims", int64_t{1}}}, kPositive);
  cases.one("slice_every_second", "Slice", {in({2, 6, 4, 3}), ints({1, 0}), ints({6, 4}), ints({1, 2}), ints({2, 2})});
  cases.one("gather_scalar", "Gather", {in({2, 2, 4}), ints({-2}).with({})}, {{"axis", int64_t{0}}});
  cases.one("gather_wide", "Gather", {in({2, 3, 5000}), ints({2, 0, 2}).with({3, 1})}, {{"axis", int64_t{1}}});
}

}  // namespace

std::vector<OpCase> op_cases(uint64_t seed) {
  Cases cases(seed);
  conv_cases(cases);
  pool_cases(cases);
  linear_cases(cases);
  normalize_cases(cases);
  elementwise_cases(cases);
  binary_cases(cases);
  shape_cases(cases);
  reduce_cases(cases);
  resize_cases(cases);
  const size_t single = cases.all.size();
  chain_cases(cases);
  transformer_cases(cases);
  for (size_t i = single; i < cases.all.size(); ++i) cases.all[i].inner_kink = true;
  return std::move(cases.all);
}

std::vector<float> case_input(const OpCase& op_case, const GraphInput& input, uint64_t seed) {
  const int64_t size = input.type.shape.size(),
                cells = (size + 23) / 24 * 24;  // even shares: 0, the quarters and whole numbers lie between cells
  Rng rng(seed, "case input " + op_case.name + input.name);
  const auto cell = rng.permutation(cells);
  std::vector<float> values;
  for (int64_t i = 0; i < size; ++i)
    values.push_back(
        static_cast<float>(op_case.input_low + (op_case.input_high - op_case.input_low) *
                                                   (static_cast<double>(cell[static_cast<size_t>(i)]) + rng.uniform(0.25, 0.75)) /
                                                   static_cast<double>(cells)));
  return values;
}

uint64_t test_seed() {
  static const uint64_t seed = [] {
    const char* fixed = std::getenv("PHOSPHENE_TEST_SEED");
    const uint64_t chosen = fixed ? std::strtoull(fixed, nullptr, 10)
                                  : static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) % 1000000007;
    std::printf("PHOSPHENE_TEST_SEED=%llu\n", static_cast<unsigned long long>(chosen));
    return chosen;
  }();
  return seed;
}

}  // namespace phosphene::test
