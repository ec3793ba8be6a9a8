// The table: operator, least and most inputs, most outputs, shape rule; then the traits, whose columns stand above it.
#include "phosphene/graph/op.h"

#include <algorithm>

#include "phosphene/graph/op_traits.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene {

namespace {

using Kind = OpKind;
using Reach = OpReach;
using Values = OpValues;
using Units = OpUnits;
using Same = OpIdentity;

// clang-format off
//                             kind                  reach                  values             units              identity           settings
constexpr OpTraits
    kElementwise              {Kind::kOther,         Reach::kSame,          Values::kComputed, Units::kCarried,   Same::kNever},
    kBroadcasting             {Kind::kOther,         Reach::kBroadcast,     Values::kComputed, Units::kCarried,   Same::kNever},
    kBroadcastingMany         {Kind::kOther,         Reach::kBroadcast,     Values::kComputed, Units::kCarried,   Same::kOneOperand},
    kActivation               {Kind::kActivation,    Reach::kSame,          Values::kComputed, Units::kCarried,   Same::kNever},
    kActivationWithSlope      {Kind::kActivation,    Reach::kBroadcast,     Values::kComputed, Units::kCarried,   Same::kNever},
    kClip                     {Kind::kActivation,    Reach::kSame,          Values::kComputed, Units::kCarried,   Same::kNever, true},
    kSigmoid                  {Kind::kProbability,   Reach::kSame,          Values::kComputed, Units::kCarried,   Same::kNever},
    kProbabilities            {Kind::kProbability,   Reach::kAlongAxis,     Values::kComputed, Units::kCarried,   Same::kNever},
    kLogProbabilities         {Kind::kLogProbability, Reach::kAlongAxis,    Values::kComputed, Units::kCarried,   Same::kNever},

    kConvolution              {Kind::kProduct,       Reach::kWindow,        Values::kComputed, Units::kSecond,    Same::kNever},
    kTransposedConvolution    {Kind::kProduct,       Reach::kSpreadWindow,  Values::kComputed, Units::kSecond,    Same::kNever},
    kDense                    {Kind::kProduct,       Reach::kAll,           Values::kComputed, Units::kLast,      Same::kNever},
    kMatrixProduct            {Kind::kProduct,       Reach::kRowAndColumn,  Values::kComputed, Units::kLast,      Same::kNever},
    kUnclearProduct           {Kind::kOther,         Reach::kAll,           Values::kComputed, Units::kUnclear,   Same::kNever},
    kWindowPooling            {Kind::kPooling,       Reach::kWindow,        Values::kComputed, Units::kCarried,   Same::kNever},
    kGlobalPooling            {Kind::kPooling,       Reach::kPositions,     Values::kComputed, Units::kCarried,   Same::kNever},

    kBatchNormalization       {Kind::kNormalization, Reach::kSame,          Values::kComputed, Units::kCarried,   Same::kNever},
    kInstanceNormalization    {Kind::kNormalization, Reach::kPositions,     Values::kComputed, Units::kCarried,   Same::kNever},
    kGroupNormalization       {Kind::kNormalization, Reach::kItem,          Values::kComputed, Units::kCarried,   Same::kNever},
    kLayerNormalization       {Kind::kNormalization, Reach::kFromAxis,      Values::kComputed, Units::kLast,      Same::kNever},
    kMeanVarianceNormalization{Kind::kNormalization, Reach::kAlongAxes,     Values::kComputed, Units::kCarried,   Same::kNever},
    kLrn                      {Kind::kNormalization, Reach::kChannels,      Values::kComputed, Units::kCarried,   Same::kNever},
    kLpNormalization          {Kind::kNormalization, Reach::kAlongAxis,     Values::kComputed, Units::kCarried,   Same::kNever},

    kReduce                   {Kind::kOther,         Reach::kAlongAxes,     Values::kComputed, Units::kCarried,   Same::kNever},
    kReducePooling            {Kind::kPooling,       Reach::kAlongAxes,     Values::kComputed, Units::kCarried,   Same::kNever},
    kCumSum                   {Kind::kOther,         Reach::kAlongAxes,     Values::kComputed, Units::kCarried,   Same::kNever},
    kMixing                   {Kind::kOther,         Reach::kAll,           Values::kComputed, Units::kCarried,   Same::kNever},

    kIdentity                 {Kind::kOther,         Reach::kSame,          Values::kKept,     Units::kCarried,   Same::kAlways},
    kDropout                  {Kind::kOther,         Reach::kSame,          Values::kKept,     Units::kCarried,   Same::kSettings, true},
    kRegrouping               {Kind::kOther,         Reach::kRegrouped,     Values::kKept,     Units::kRegrouped, Same::kSameShape},
    kTranspose                {Kind::kOther,         Reach::kPermuted,      Values::kMoved,    Units::kPermuted,  Same::kSettings},
    kExpand                   {Kind::kOther,         Reach::kSame,          Values::kMoved,    Units::kCarried,   Same::kSameShape},
    kTile                     {Kind::kOther,         Reach::kResized,       Values::kMoved,    Units::kCarried,   Same::kSameShape},
    kSlice                    {Kind::kOther,         Reach::kCut,           Values::kMoved,    Units::kCarried,   Same::kSettings},
    kSplit                    {Kind::kOther,         Reach::kAlongAxis,     Values::kMoved,    Units::kCarried,   Same::kOneResult},
    kConcat                   {Kind::kOther,         Reach::kJoined,        Values::kJoined,   Units::kCarried,   Same::kOneOperand},
    kPad                      {Kind::kOther,         Reach::kPadded,        Values::kMoved,    Units::kCarried,   Same::kSettings, true},
    kGather                   {Kind::kOther,         Reach::kAlongAxis,     Values::kMoved,    Units::kCarried,   Same::kNever},
    kGatherNd                 {Kind::kOther,         Reach::kAll,           Values::kMoved,    Units::kCarried,   Same::kNever},
    kDepthToSpace             {Kind::kOther,         Reach::kDepthToSpace,  Values::kMoved,    Units::kCarried,   Same::kNever},
    kSpaceToDepth             {Kind::kOther,         Reach::kSpaceToDepth,  Values::kMoved,    Units::kCarried,   Same::kNever},
    kResize                   {Kind::kOther,         Reach::kSampled,       Values::kComputed, Units::kCarried,   Same::kNever, true},

    kCounting                 {Kind::kOther,         Reach::kNothing,       Values::kCounted,  Units::kUnclear,   Same::kNever},
    kConstant                 {Kind::kOther,         Reach::kNothing,       Values::kMoved,    Units::kUnclear,   Same::kNever},
    kRange                    {Kind::kOther,         Reach::kAll,           Values::kMoved,    Units::kUnclear,   Same::kNever},
    kEyeLike                  {Kind::kOther,         Reach::kNothing,       Values::kComputed, Units::kUnclear,   Same::kNever};
// clang-format on

// Addition and its like; `symbol` is its sign.
constexpr OpTraits arithmetic(char symbol) {
  OpTraits traits = kBroadcasting;
  traits.kind = Kind::kArithmetic;
  traits.symbol = symbol;
  return traits;
}

// What works on lines along attribute `axis`; `axis` is its default.
constexpr OpTraits along(int axis, OpTraits traits = kReduce) {
  traits.reach = Reach::kAlongAxis;
  traits.axis = axis;
  return traits;
}

struct Row {
  Op op;
  OpTraits traits;
};

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {{"Conv", 2, 3, 1, ops::conv}, kConvolution},
      {{"ConvTranspose", 2, 3, 1, ops::conv_transpose}, kTransposedConvolution},

      {{"MaxPool", 1, 1, 2, ops::pool}, kWindowPooling},
      {{"AveragePool", 1, 1, 1, ops::pool}, kWindowPooling},
      {{"LpPool", 1, 1, 1, ops::pool}, kWindowPooling},
      {{"GlobalMaxPool", 1, 1, 1, ops::global_pool}, kGlobalPooling},
      {{"GlobalAveragePool", 1, 1, 1, ops::global_pool}, kGlobalPooling},
      {{"GlobalLpPool", 1, 1, 1, ops::global_pool}, kGlobalPooling},
      {{"MaxUnpool", 2, 3, 1, ops::max_unpool}, kMixing},

      {{"Gemm", 2, 3, 1, ops::gemm}, kDense},
      {{"MatMul", 2, 2, 1, ops::matmul}, kMatrixProduct},
      {{"Einsum", 1, kAnyNumber, 1, ops::einsum}, kUnclearProduct},

      {{"BatchNormalization", 5, 5, 3, ops::batch_normalization}, kBatchNormalization},
      {{"InstanceNormalization", 3, 3, 1, ops::channel_normalization}, kInstanceNormalization},
      {{"GroupNormalization", 3, 3, 1, ops::channel_normalization}, kGroupNormalization},
      {{"LayerNormalization", 2, 3, 3, ops::layer_normalization}, kLayerNormalization},
      {{"MeanVarianceNormalization", 1, 1, 1, ops::mean_variance_normalization}, kMeanVarianceNormalization},
      {{"LRN", 1, 1, 1, ops::lrn}, kLrn},
      {{"LpNormalization", 1, 1, 1, ops::softmax}, kLpNormalization},
      {{"Softmax", 1, 1, 1, ops::softmax}, kProbabilities},
      {{"LogSoftmax", 1, 1, 1, ops::softmax}, kLogProbabilities},
      {{"Hardmax", 1, 1, 1, ops::softmax}, along(-1)},

      {{"Relu", 1, 1, 1, ops::float_unary}, kActivation},
      {{"LeakyRelu", 1, 1, 1, ops::float_unary}, kActivation},
      {{"ThresholdedRelu", 1, 1, 1, ops::float_unary}, kActivation},
      {{"Shrink", 1, 1, 1, ops::float_unary}, kActivation},
      {{"Elu", 1, 1, 1, ops::float_unary}, kActivation},
      {{"Selu", 1, 1, 1, ops::float_unary}, kActivation},
      {{"Celu", 1, 1, 1, ops::float_unary}, kActivation},
      {{"Sigmoid", 1, 1, 1, ops::float_unary}, kSigmoid},
      {{"HardSigmoid", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"HardSwish", 1, 1, 1, ops::float_unary}, kActivation},
      {{"Tanh", 1, 1, 1, ops::float_unary}, kActivation},
      {{"Softplus", 1, 1, 1, ops::float_unary}, kActivation},
      {{"Softsign", 1, 1, 1, ops::float_unary}, kActivation},
      {{"Mish", 1, 1, 1, ops::float_unary}, kActivation},
      {{"Gelu", 1, 1, 1, ops::float_unary}, kActivation},
      {{"PRelu", 2, 2, 1, ops::prelu}, kActivationWithSlope},
      {{"Clip", 1, 3, 1, ops::clip}, kClip},

      {{"Exp", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Log", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Sqrt", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Reciprocal", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Erf", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Sin", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Cos", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Tan", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Asin", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Acos", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Atan", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Sinh", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Cosh", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Asinh", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Acosh", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Atanh", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Floor", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Ceil", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Round", 1, 1, 1, ops::float_unary}, kElementwise},
      {{"Abs", 1, 1, 1, ops::number_unary}, kElementwise},
      {{"Neg", 1, 1, 1, ops::number_unary}, kElementwise},
      {{"Sign", 1, 1, 1, ops::number_unary}, kElementwise},
      {{"IsNaN", 1, 1, 1, ops::float_test}, kElementwise},
      {{"IsInf", 1, 1, 1, ops::float_test}, kElementwise},

      {{"Add", 2, 2, 1, ops::arithmetic}, arithmetic('+')},
      {{"Sub", 2, 2, 1, ops::arithmetic}, arithmetic('-')},
      {{"Mul", 2, 2, 1, ops::arithmetic}, arithmetic('*')},
      {{"Div", 2, 2, 1, ops::arithmetic}, arithmetic('/')},
      {{"Mod", 2, 2, 1, ops::arithmetic}, kBroadcasting},
      {{"BitShift", 2, 2, 1, ops::arithmetic}, kBroadcasting},
      {{"BitwiseAnd", 2, 2, 1, ops::arithmetic}, kBroadcasting},
      {{"BitwiseOr", 2, 2, 1, ops::arithmetic}, kBroadcasting},
      {{"BitwiseXor", 2, 2, 1, ops::arithmetic}, kBroadcasting},
      {{"Pow", 2, 2, 1, ops::pow}, kBroadcasting},
      {{"Min", 1, kAnyNumber, 1, ops::arithmetic}, kBroadcastingMany},
      {{"Max", 1, kAnyNumber, 1, ops::arithmetic}, kBroadcastingMany},
      {{"Sum", 1, kAnyNumber, 1, ops::arithmetic}, kBroadcastingMany},
      {{"Mean", 1, kAnyNumber, 1, ops::arithmetic}, kBroadcastingMany},
      {{"Equal", 2, 2, 1, ops::compare}, kBroadcasting},
      {{"Greater", 2, 2, 1, ops::compare}, kBroadcasting},
      {{"GreaterOrEqual", 2, 2, 1, ops::compare}, kBroadcasting},
      {{"Less", 2, 2, 1, ops::compare}, kBroadcasting},
      {{"LessOrEqual", 2, 2, 1, ops::compare}, kBroadcasting},
      {{"Not", 1, 1, 1, ops::not_}, kElementwise},
      {{"And", 2, 2, 1, ops::logic}, kBroadcasting},
      {{"Or", 2, 2, 1, ops::logic}, kBroadcasting},
      {{"Xor", 2, 2, 1, ops::logic}, kBroadcasting},
      {{"Where", 3, 3, 1, ops::where}, kBroadcasting},
      {{"Cast", 1, 1, 1, ops::cast}, kIdentity},
      {{"CastLike", 2, 2, 1, ops::cast_like}, kIdentity},
      {{"Identity", 1, 1, 1, ops::any_unary}, kIdentity},
      {{"Dropout", 1, 3, 2, ops::dropout}, kDropout},
      {{"QuantizeLinear", 2, 3, 1, ops::quantize}, kElementwise},
      {{"DequantizeLinear", 2, 3, 1, ops::dequantize}, kElementwise},

      {{"Concat", 1, kAnyNumber, 1, ops::concat}, kConcat},
      {{"Slice", 3, 5, 1, ops::slice}, kSlice},
      {{"Split", 1, 2, kAnyNumber, ops::split}, along(0, kSplit)},
      {{"Pad", 2, 3, 1, ops::pad}, kPad},
      {{"Flatten", 1, 1, 1, ops::flatten}, kRegrouping},
      {{"Reshape", 2, 2, 1, ops::reshape}, kRegrouping},
      {{"Transpose", 1, 1, 1, ops::transpose}, kTranspose},
      {{"Squeeze", 1, 2, 1, ops::squeeze}, kRegrouping},
      {{"Unsqueeze", 2, 2, 1, ops::unsqueeze}, kRegrouping},
      {{"Expand", 2, 2, 1, ops::expand}, kExpand},
      {{"Shape", 1, 1, 1, ops::shape}, kCounting},
      {{"Size", 1, 1, 1, ops::size}, kCounting},
      {{"Constant", 0, 0, 1, ops::constant}, kConstant},
      {{"ConstantOfShape", 1, 1, 1, ops::constant_of_shape}, kConstant},
      {{"Range", 3, 3, 1, ops::range}, kRange},

      {{"Tile", 2, 2, 1, ops::tile}, kTile},
      {{"DepthToSpace", 1, 1, 1, ops::depth_to_space}, kDepthToSpace},
      {{"SpaceToDepth", 1, 1, 1, ops::space_to_depth}, kSpaceToDepth},
      {{"Trilu", 1, 2, 1, ops::trilu}, kElementwise},
      {{"ReverseSequence", 2, 2, 1, ops::reverse_sequence}, kMixing},
      {{"EyeLike", 1, 1, 1, ops::eye_like}, kEyeLike},

      {{"Gather", 2, 2, 1, ops::gather}, along(0, kGather)},
      {{"GatherElements", 2, 2, 1, ops::gather_elements}, along(0, kGather)},
      {{"GatherND", 2, 2, 1, ops::gather_nd}, kGatherNd},
      {{"ScatterElements", 3, 3, 1, ops::scatter_elements}, kMixing},
      {{"ScatterND", 3, 3, 1, ops::scatter_nd}, kMixing},
      {{"Compress", 2, 2, 1, ops::compress}, kMixing},
      {{"OneHot", 3, 3, 1, ops::one_hot}, kMixing},
      {{"NonZero", 1, 1, 1, ops::non_zero}, kMixing},

      {{"ReduceMean", 1, 1, 1, ops::reduce}, kReducePooling},
      {{"ReduceSum", 1, 2, 1, ops::reduce}, kReduce},
      {{"ReduceMax", 1, 1, 1, ops::reduce}, kReducePooling},
      {{"ReduceMin", 1, 1, 1, ops::reduce}, kReduce},
      {{"ReduceProd", 1, 1, 1, ops::reduce}, kReduce},
      {{"ReduceL1", 1, 1, 1, ops::reduce}, kReduce},
      {{"ReduceL2", 1, 1, 1, ops::reduce}, kReduce},
      {{"ReduceSumSquare", 1, 1, 1, ops::reduce}, kReduce},
      {{"ReduceLogSum", 1, 1, 1, ops::reduce}, kReduce},
      {{"ReduceLogSumExp", 1, 1, 1, ops::reduce}, kReduce},
      {{"ArgMax", 1, 1, 1, ops::arg_extreme}, along(0)},
      {{"ArgMin", 1, 1, 1, ops::arg_extreme}, along(0)},
      {{"TopK", 2, 2, 2, ops::top_k}, along(-1)},
      {{"CumSum", 2, 2, 1, ops::cum_sum}, kCumSum},

      {{"Resize", 1, 4, 1, ops::resize}, kResize},
      {{"GridSample", 2, 2, 1, ops::grid_sample}, kMixing},
      {{"RoiAlign", 3, 3, 1, ops::roi_align}, kMixing},
  };
  return rows;
}

}  // namespace

std::span<const Op> all_ops() {
  static const std::vector<Op> ops = [] {
    std::vector<Op> result;
    for (const Row& row : table()) result.push_back(row.op);
    return result;
  }();
  return ops;
}

const Op* find_op(const std::string& name) {
  const auto ops = all_ops();
  const auto it = std::find_if(ops.begin(), ops.end(), [&](const Op& op) { return op.name == name; });
  return it == ops.end() ? nullptr : &*it;
}

const OpTraits& traits_of(const std::string& op) {
  static const OpTraits unknown;
  const auto it = std::ranges::find_if(table(), [&](const Row& row) { return row.op.name == op; });
  return it == table().end() ? unknown : it->traits;
}

bool only_moves(const OpTraits& traits) {
  return traits.values == Values::kMoved || traits.values == Values::kKept || traits.values == Values::kCounted;
}

}  // namespace phosphene
