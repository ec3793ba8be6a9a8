// The table: operator, least and most inputs, most outputs, shape rule.
#include "phosphene/graph/op.h"

#include <algorithm>

#include "phosphene/graph/ops/rules.h"

namespace phosphene {

namespace {

const std::vector<Op>& table() {
  static const std::vector<Op> ops = {
      {"Conv", 2, 3, 1, ops::conv},
      {"ConvTranspose", 2, 3, 1, ops::conv_transpose},

      {"MaxPool", 1, 1, 2, ops::pool},
      {"AveragePool", 1, 1, 1, ops::pool},
      {"LpPool", 1, 1, 1, ops::pool},
      {"GlobalMaxPool", 1, 1, 1, ops::global_pool},
      {"GlobalAveragePool", 1, 1, 1, ops::global_pool},
      {"GlobalLpPool", 1, 1, 1, ops::global_pool},
      {"MaxUnpool", 2, 3, 1, ops::max_unpool},

      {"Gemm", 2, 3, 1, ops::gemm},
      {"MatMul", 2, 2, 1, ops::matmul},
      {"Einsum", 1, kAnyNumber, 1, ops::einsum},

      {"BatchNormalization", 5, 5, 3, ops::batch_normalization},
      {"InstanceNormalization", 3, 3, 1, ops::channel_normalization},
      {"GroupNormalization", 3, 3, 1, ops::channel_normalization},
      {"LayerNormalization", 2, 3, 3, ops::layer_normalization},
      {"MeanVarianceNormalization", 1, 1, 1, ops::mean_variance_normalization},
      {"LRN", 1, 1, 1, ops::lrn},
      {"LpNormalization", 1, 1, 1, ops::softmax},
      {"Softmax", 1, 1, 1, ops::softmax},
      {"LogSoftmax", 1, 1, 1, ops::softmax},
      {"Hardmax", 1, 1, 1, ops::softmax},

      {"Relu", 1, 1, 1, ops::float_unary},
      {"LeakyRelu", 1, 1, 1, ops::float_unary},
      {"ThresholdedRelu", 1, 1, 1, ops::float_unary},
      {"Shrink", 1, 1, 1, ops::float_unary},
      {"Elu", 1, 1, 1, ops::float_unary},
      {"Selu", 1, 1, 1, ops::float_unary},
      {"Celu", 1, 1, 1, ops::float_unary},
      {"Sigmoid", 1, 1, 1, ops::float_unary},
      {"HardSigmoid", 1, 1, 1, ops::float_unary},
      {"HardSwish", 1, 1, 1, ops::float_unary},
      {"Tanh", 1, 1, 1, ops::float_unary},
      {"Softplus", 1, 1, 1, ops::float_unary},
      {"Softsign", 1, 1, 1, ops::float_unary},
      {"Mish", 1, 1, 1, ops::float_unary},
      {"Gelu", 1, 1, 1, ops::float_unary},
      {"PRelu", 2, 2, 1, ops::prelu},
      {"Clip", 1, 3, 1, ops::clip},

      {"Exp", 1, 1, 1, ops::float_unary},
      {"Log", 1, 1, 1, ops::float_unary},
      {"Sqrt", 1, 1, 1, ops::float_unary},
      {"Reciprocal", 1, 1, 1, ops::float_unary},
      {"Erf", 1, 1, 1, ops::float_unary},
      {"Sin", 1, 1, 1, ops::float_unary},
      {"Cos", 1, 1, 1, ops::float_unary},
      {"Tan", 1, 1, 1, ops::float_unary},
      {"Asin", 1, 1, 1, ops::float_unary},
      {"Acos", 1, 1, 1, ops::float_unary},
      {"Atan", 1, 1, 1, ops::float_unary},
      {"Sinh", 1, 1, 1, ops::float_unary},
      {"Cosh", 1, 1, 1, ops::float_unary},
      {"Asinh", 1, 1, 1, ops::float_unary},
      {"Acosh", 1, 1, 1, ops::float_unary},
      {"Atanh", 1, 1, 1, ops::float_unary},
      {"Floor", 1, 1, 1, ops::float_unary},
      {"Ceil", 1, 1, 1, ops::float_unary},
      {"Round", 1, 1, 1, ops::float_unary},
      {"Abs", 1, 1, 1, ops::number_unary},
      {"Neg", 1, 1, 1, ops::number_unary},
      {"Sign", 1, 1, 1, ops::number_unary},
      {"IsNaN", 1, 1, 1, ops::float_test},
      {"IsInf", 1, 1, 1, ops::float_test},

      {"Add", 2, 2, 1, ops::arithmetic},
      {"Sub", 2, 2, 1, ops::arithmetic},
      {"Mul", 2, 2, 1, ops::arithmetic},
      {"Div", 2, 2, 1, ops::arithmetic},
      {"Mod", 2, 2, 1, ops::arithmetic},
      {"BitShift", 2, 2, 1, ops::arithmetic},
      {"Pow", 2, 2, 1, ops::pow},
      {"Min", 1, kAnyNumber, 1, ops::arithmetic},
      {"Max", 1, kAnyNumber, 1, ops::arithmetic},
      {"Sum", 1, kAnyNumber, 1, ops::arithmetic},
      {"Mean", 1, kAnyNumber, 1, ops::arithmetic},
      {"Equal", 2, 2, 1, ops::compare},
      {"Greater", 2, 2, 1, ops::compare},
      {"GreaterOrEqual", 2, 2, 1, ops::compare},
      {"Less", 2, 2, 1, ops::compare},
      {"LessOrEqual", 2, 2, 1, ops::compare},
      {"Not", 1, 1, 1, ops::not_},
      {"And", 2, 2, 1, ops::logic},
      {"Or", 2, 2, 1, ops::logic},
      {"Xor", 2, 2, 1, ops::logic},
      {"Where", 3, 3, 1, ops::where},
      {"Cast", 1, 1, 1, ops::cast},
      {"CastLike", 2, 2, 1, ops::cast_like},
      {"Identity", 1, 1, 1, ops::any_unary},
      {"Dropout", 1, 3, 2, ops::dropout},
      {"QuantizeLinear", 2, 3, 1, ops::quantize},
      {"DequantizeLinear", 2, 3, 1, ops::dequantize},

      {"Concat", 1, kAnyNumber, 1, ops::concat},
      {"Slice", 3, 5, 1, ops::slice},
      {"Split", 1, 2, kAnyNumber, ops::split},
      {"Pad", 2, 3, 1, ops::pad},
      {"Flatten", 1, 1, 1, ops::flatten},
      {"Reshape", 2, 2, 1, ops::reshape},
      {"Transpose", 1, 1, 1, ops::transpose},
      {"Squeeze", 1, 2, 1, ops::squeeze},
      {"Unsqueeze", 2, 2, 1, ops::unsqueeze},
      {"Expand", 2, 2, 1, ops::expand},
      {"Shape", 1, 1, 1, ops::shape},
      {"Size", 1, 1, 1, ops::size},
      {"Constant", 0, 0, 1, ops::constant},
      {"ConstantOfShape", 1, 1, 1, ops::constant_of_shape},
      {"Range", 3, 3, 1, ops::range},

      {"Tile", 2, 2, 1, ops::tile},
      {"DepthToSpace", 1, 1, 1, ops::depth_to_space},
      {"SpaceToDepth", 1, 1, 1, ops::space_to_depth},
      {"Trilu", 1, 2, 1, ops::trilu},
      {"ReverseSequence", 2, 2, 1, ops::reverse_sequence},
      {"EyeLike", 1, 1, 1, ops::eye_like},

      {"Gather", 2, 2, 1, ops::gather},
      {"GatherElements", 2, 2, 1, ops::gather_elements},
      {"GatherND", 2, 2, 1, ops::gather_nd},
      {"ScatterElements", 3, 3, 1, ops::scatter_elements},
      {"ScatterND", 3, 3, 1, ops::scatter_nd},
      {"Compress", 2, 2, 1, ops::compress},
      {"OneHot", 3, 3, 1, ops::one_hot},
      {"NonZero", 1, 1, 1, ops::non_zero},

      {"ReduceMean", 1, 1, 1, ops::reduce},
      {"ReduceSum", 1, 2, 1, ops::reduce},
      {"ReduceMax", 1, 1, 1, ops::reduce},
      {"ReduceMin", 1, 1, 1, ops::reduce},
      {"ReduceProd", 1, 1, 1, ops::reduce},
      {"ReduceL1", 1, 1, 1, ops::reduce},
      {"ReduceL2", 1, 1, 1, ops::reduce},
      {"ReduceSumSquare", 1, 1, 1, ops::reduce},
      {"ReduceLogSum", 1, 1, 1, ops::reduce},
      {"ReduceLogSumExp", 1, 1, 1, ops::reduce},
      {"ArgMax", 1, 1, 1, ops::arg_extreme},
      {"ArgMin", 1, 1, 1, ops::arg_extreme},
      {"TopK", 2, 2, 2, ops::top_k},
      {"CumSum", 2, 2, 1, ops::cum_sum},

      {"Resize", 1, 4, 1, ops::resize},
      {"GridSample", 2, 2, 1, ops::grid_sample},
      {"RoiAlign", 3, 3, 1, ops::roi_align},
  };
  return ops;
}

}  // namespace

std::span<const Op> all_ops() { return table(); }

const Op* find_op(const std::string& name) {
  const auto& ops = table();
  const auto it = std::find_if(ops.begin(), ops.end(), [&](const Op& op) { return op.name == name; });
  return it == ops.end() ? nullptr : &*it;
}

}  // namespace phosphene
