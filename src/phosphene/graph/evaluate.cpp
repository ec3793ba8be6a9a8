#include "phosphene/graph/evaluate.h"

#include <cmath>

#include "phosphene/graph/kernels/kernels.h"
#include "phosphene/graph/op_traits.h"
#include "phosphene/graph/ops/evaluate_parts.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene {

namespace {

bool is_open(const TensorPtr& tensor) {
  if (!tensor || tensor->type() != DataType::kInt64) return false;
  const auto values = tensor->ints();
  return std::find(values.begin(), values.end(), kOpen) != values.end();
}

// Open elements go on in what holds the numbers of its input, as long as what says which numbers (indices, bounds) is not open; and in
// arithmetic. Kernels take none, so what else computes has no value.
bool passes_open(const OpInputs& in) {
  const OpValues values = traits_of(in.node).values;
  const bool by_others = values == OpValues::kMoved || values == OpValues::kKept;
  return !by_others ||
         std::none_of(in.constants.begin() + std::min<std::ptrdiff_t>(1, std::ssize(in.constants)), in.constants.end(), is_open);
}

// Doubles hold integers up to 2^53.
bool is_exact(const Tensor& tensor) {
  constexpr int64_t kLargest = int64_t{1} << 53;
  if (tensor.type() == DataType::kFloat32) return true;
  return std::ranges::all_of(tensor.ints(), [](int64_t value) { return value >= -kLargest && value <= kLargest; });
}

int64_t to_integer(double value) {
  constexpr double kBeyond = 9223372036854775808.0;  // 2^63
  if (std::isnan(value)) return 0;
  if (value >= kBeyond) return std::numeric_limits<int64_t>::max();
  return value <= -kBeyond ? std::numeric_limits<int64_t>::min() + 1 : static_cast<int64_t>(value);
}

TensorPtr to_tensor(const kernels::Array& array) {
  if (array.type == DataType::kFloat32)
    return std::make_shared<const Tensor>(array.shape, std::vector<float>(array.values.begin(), array.values.end()));
  std::vector<int64_t> values(array.values.size());
  std::ranges::transform(array.values, values.begin(), to_integer);
  return std::make_shared<const Tensor>(array.shape, std::move(values), array.type);
}

// Everything else: what the operator means, in double.
std::vector<TensorPtr> run_kernel(const OpInputs& in, const std::vector<ValueType>& types) {
  constexpr int64_t kLimit = int64_t{1} << 24;  // kernels take 16 bytes and more an element
  const kernels::Kernel* kernel = kernels::find_kernel(in.node.op);
  if (!kernel || std::ranges::any_of(types, [](const ValueType& type) { return type.shape.size() > kLimit; })) return {};
  std::vector<std::unique_ptr<kernels::Array>> arrays;
  kernels::ConstArrays inputs;
  kernels::Arrays outputs;
  for (const TensorPtr& tensor : in.constants) {
    if (tensor && (is_open(tensor) || !is_exact(*tensor))) return {};
    inputs.push_back(tensor ? arrays.emplace_back(std::make_unique<kernels::Array>(*tensor)).get() : nullptr);
  }
  for (const ValueType& type : types) outputs.push_back(arrays.emplace_back(std::make_unique<kernels::Array>(type)).get());
  kernel->forward(in.node, inputs, outputs);
  std::vector<TensorPtr> values;
  for (const kernels::Array* output : outputs) values.push_back(to_tensor(*output));
  return values;
}

}  // namespace

std::vector<TensorPtr> evaluate(const OpInputs& in, const std::vector<ValueType>& types, int64_t limit) {
  for (const ValueType& type : types)
    if (!type.shape.known() || type.shape.size() > limit) return {};
  if (!passes_open(in)) return {};
  if (types.size() != 1) return run_kernel(in, types);
  if (in.node.op == "Constant") return {ops::constant_tensor(in.node)};
  if (in.node.op == "Identity") return {in.constants[0]};
  if (in.node.op == "Cast" && in.constants[0]->type() == types[0].type) return {in.constants[0]};
  if (auto moved = ops::move_elements(in, types[0])) return {std::move(*moved)};
  if (auto computed = ops::compute_integers(in, types[0])) return {std::move(*computed)};
  return run_kernel(in, types);
}

TensorPtr shape_value(const Node& node, const Shape& shape) {
  if (node.op == "Size") return shape.known() ? std::make_shared<const Tensor>(Shape{}, std::vector<int64_t>{shape.size()}) : nullptr;
  if (node.op != "Shape") return nullptr;
  const int64_t rank = shape.rank();
  const auto clamped = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const int64_t start = clamped(node.attributes.get_int("start", 0)), end = clamped(node.attributes.get_int("end", rank));
  std::vector<int64_t> values;
  for (int64_t axis = start; axis < end; ++axis) {
    const int64_t extent = shape[static_cast<int>(axis)];
    values.push_back(extent == kUnknown ? kOpen : extent);
  }
  return std::make_shared<const Tensor>(Tensor::ints(std::move(values)));
}

}  // namespace phosphene
