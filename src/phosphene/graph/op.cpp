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

      {"MaxPool", 1, 1, 1, ops::pool},
      {"AveragePool", 1, 1, 1, ops::pool},
      {"GlobalMaxPool", 1, 1, 1, ops::global_pool},
      {"GlobalAveragePool", 1, 1, 1, ops::global_pool},

      {"Gemm", 2, 3, 1, ops::gemm},
      {"MatMul", 2, 2, 1, ops::matmul},

      {"BatchNormalization", 5, 5, 3, ops::batch_normalization},
      {"LRN", 1, 1, 1, ops::lrn},
      {"Softmax", 1, 1, 1, ops::softmax},
      {"LogSoftmax", 1, 1, 1, ops::softmax},

      {"Relu", 1, 1, 1, ops::float_unary},
      {"LeakyRelu", 1, 1, 1, ops::float_unary},
      {"Sigmoid", 1, 1, 1, ops::float_unary},
      {"Tanh", 1, 1, 1, ops::float_unary},
      {"Softplus", 1, 1, 1, ops::float_unary},
      {"Exp", 1, 1, 1, ops::float_unary},
      {"Log", 1, 1, 1, ops::float_unary},
      {"Floor", 1, 1, 1, ops::float_unary},
      {"Ceil", 1, 1, 1, ops::float_unary},
      {"Erf", 1, 1, 1, ops::float_unary},
      {"Sqrt", 1, 1, 1, ops::float_unary},
      {"Reciprocal", 1, 1, 1, ops::float_unary},
      {"Abs", 1, 1, 1, ops::number_unary},
      {"Neg", 1, 1, 1, ops::number_unary},
      {"Clip", 1, 3, 1, ops::clip},
      {"Add", 2, 2, 1, ops::arithmetic},
      {"Sub", 2, 2, 1, ops::arithmetic},
      {"Mul", 2, 2, 1, ops::arithmetic},
      {"Div", 2, 2, 1, ops::arithmetic},
      {"Pow", 2, 2, 1, ops::pow},
      {"Min", 1, kAnyNumber, 1, ops::arithmetic},
      {"Max", 1, kAnyNumber, 1, ops::arithmetic},
      {"Equal", 2, 2, 1, ops::compare},
      {"Greater", 2, 2, 1, ops::compare},
      {"Less", 2, 2, 1, ops::compare},
      {"Not", 1, 1, 1, ops::not_},
      {"And", 2, 2, 1, ops::logic},
      {"Or", 2, 2, 1, ops::logic},
      {"Where", 3, 3, 1, ops::where},
      {"Cast", 1, 1, 1, ops::cast},
      {"Identity", 1, 1, 1, ops::any_unary},
      {"Dropout", 1, 3, 2, ops::dropout},

      {"Concat", 1, kAnyNumber, 1, ops::concat},
      {"Slice", 3, 5, 1, ops::slice},
      {"Split", 1, 2, kAnyNumber, ops::split},
      {"Pad", 2, 3, 1, ops::pad},
      {"Flatten", 1, 1, 1, ops::flatten},
      {"Reshape", 2, 2, 1, ops::reshape},
      {"Transpose", 1, 1, 1, ops::transpose},
      {"Squeeze", 1, 2, 1, ops::squeeze},
      {"Unsqueeze", 2, 2, 1, ops::unsqueeze},
      {"Shape", 1, 1, 1, ops::shape},
      {"Gather", 2, 2, 1, ops::gather},
      {"Expand", 2, 2, 1, ops::expand},
      {"Constant", 0, 0, 1, ops::constant},
      {"ConstantOfShape", 1, 1, 1, ops::constant_of_shape},
      {"Range", 3, 3, 1, ops::range},

      {"ReduceMean", 1, 1, 1, ops::reduce},
      {"ReduceSum", 1, 2, 1, ops::reduce},
      {"ReduceMax", 1, 1, 1, ops::reduce},
      {"ReduceMin", 1, 1, 1, ops::reduce},
      {"ReduceProd", 1, 1, 1, ops::reduce},
      {"ReduceL2", 1, 1, 1, ops::reduce},
      {"ArgMax", 1, 1, 1, ops::arg_max},

      {"Resize", 1, 4, 1, ops::resize},
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
