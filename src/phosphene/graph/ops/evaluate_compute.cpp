// Element arithmetic with numpy broadcasting. Integers wrap as in every runtime; an open operand makes an open result.
#include <cmath>
#include <functional>

#include "phosphene/graph/ops/evaluate_parts.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene::ops {

namespace {

using Floats = std::vector<float>;
using Ints = std::vector<int64_t>;

template <typename T>
std::span<const T> values_of(const Tensor& tensor) {
  if constexpr (std::is_same_v<T, float>)
    return tensor.floats();
  else
    return tensor.ints();
}

// r[i] = f(a[i], b[i]) after broadcasting.
template <typename T, typename R, typename F>
std::vector<R> zipped(const Tensor& a, const Tensor& b, const Shape& shape, F f) {
  const auto ia = broadcast_indices(a.shape(), shape), ib = broadcast_indices(b.shape(), shape);
  const auto va = values_of<T>(a), vb = values_of<T>(b);
  std::vector<R> result(ia.size());
  for (size_t i = 0; i < ia.size(); ++i) result[i] = static_cast<R>(f(va[static_cast<size_t>(ia[i])], vb[static_cast<size_t>(ib[i])]));
  return result;
}

int64_t wrapped(char op, int64_t a, int64_t b) {
  if (a == kOpen || b == kOpen) return kOpen;
  int64_t r = 0;
  switch (op) {
    case '+': __builtin_add_overflow(a, b, &r); break;
    case '-': __builtin_sub_overflow(a, b, &r); break;
    case '*': __builtin_mul_overflow(a, b, &r); break;
    default:
      if (b == 0) throw Error("an integer is divided by 0");
      if (b == -1)
        __builtin_sub_overflow(int64_t{0}, a, &r);  // the least integer / -1 traps
      else
        r = a / b;
  }
  return r;
}

float float_of(char op, float a, float b) { return op == '+' ? a + b : op == '-' ? a - b : op == '*' ? a * b : a / b; }

char symbol_of(const std::string& op) { return op == "Add" ? '+' : op == "Sub" ? '-' : op == "Mul" ? '*' : op == "Div" ? '/' : 0; }

TensorPtr make(const Shape& shape, Floats values) { return std::make_shared<const Tensor>(shape, std::move(values)); }
TensorPtr make(const Shape& shape, Ints values, DataType type = DataType::kInt64) {
  return std::make_shared<const Tensor>(shape, std::move(values), type);
}

TensorPtr arithmetic_of(char op, const Tensor& a, const Tensor& b, const Shape& shape) {
  if (a.type() == DataType::kFloat32)
    return make(shape, zipped<float, float>(a, b, shape, [&](float x, float y) { return float_of(op, x, y); }));
  return make(shape, zipped<int64_t, int64_t>(a, b, shape, [&](int64_t x, int64_t y) { return wrapped(op, x, y); }));
}

TensorPtr extreme(const OpInputs& in, const Shape& shape, bool largest) {
  TensorPtr result = in.constants[0];
  for (size_t i = 1; i < in.constants.size(); ++i) {
    const Shape step = broadcast(result->shape(), in.shape(i));
    const auto pick = [&](auto x, auto y) { return largest ? std::max(x, y) : std::min(x, y); };
    if (result->type() == DataType::kFloat32)
      result = make(step, zipped<float, float>(*result, *in.constants[i], step, pick));
    else
      result = make(step, zipped<int64_t, int64_t>(*result, *in.constants[i], step, pick));
  }
  return result->shape() == shape ? result : std::make_shared<const Tensor>(result->reshaped(shape));
}

template <typename F>
TensorPtr compared(const OpInputs& in, const Shape& shape, F f) {
  const Tensor &a = *in.constants[0], &b = *in.constants[1];
  if (a.type() == DataType::kFloat32) return make(shape, zipped<float, int64_t>(a, b, shape, f), DataType::kBool);
  return make(shape, zipped<int64_t, int64_t>(a, b, shape, f), DataType::kBool);
}

TensorPtr chosen(const OpInputs& in, const ValueType& type) {
  const auto condition = in.constants[0]->ints();
  const auto ic = broadcast_indices(in.shape(0), type.shape), ia = broadcast_indices(in.shape(1), type.shape),
             ib = broadcast_indices(in.shape(2), type.shape);
  const auto choose = [&](auto a, auto b) {
    std::vector<std::remove_const_t<typename decltype(a)::element_type>> result(ic.size());
    for (size_t i = 0; i < ic.size(); ++i)
      result[i] = condition[static_cast<size_t>(ic[i])] ? a[static_cast<size_t>(ia[i])] : b[static_cast<size_t>(ib[i])];
    return result;
  };
  if (type.type == DataType::kFloat32) return make(type.shape, choose(in.constants[1]->floats(), in.constants[2]->floats()));
  return make(type.shape, choose(in.constants[1]->ints(), in.constants[2]->ints()), type.type);
}

int64_t truncated(float value) {
  if (std::isnan(value)) return 0;
  if (value >= 9.2e18f) return std::numeric_limits<int64_t>::max();
  if (value <= -9.2e18f) return std::numeric_limits<int64_t>::min() + 1;
  return static_cast<int64_t>(value);
}

TensorPtr cast_to(const Tensor& from, const ValueType& type) {
  if (type.type == DataType::kFloat32) {
    const auto values = from.ints();
    Floats result(values.size());
    std::transform(values.begin(), values.end(), result.begin(), [](int64_t v) { return static_cast<float>(v); });
    return make(type.shape, std::move(result));
  }
  const bool to_bool = type.type == DataType::kBool;
  Ints result;
  if (from.type() == DataType::kFloat32)
    for (float v : from.floats()) result.push_back(to_bool ? v != 0 : truncated(v));
  else
    for (int64_t v : from.ints()) result.push_back(to_bool ? v != 0 : v);
  return make(type.shape, std::move(result), type.type);
}

TensorPtr product(const OpInputs& in, const Shape& shape) {
  const Tensor& x = *in.constants[0];
  std::vector<int64_t> axes = in.node.attributes.get_ints("axes", {});
  if (axes.empty() && in.node.attributes.get_int("noop_with_empty_axes", 0) != 0) return in.constants[0];
  Shape kept = x.shape();  // the result with keepdims, whose elements lie as those of `shape`
  for (int axis = 0; axes.empty() && axis < kept.rank(); ++axis) kept[axis] = 1;
  for (int64_t axis : axes) kept[normal_axis(axis, kept.rank())] = 1;
  const auto to = broadcast_indices(kept, x.shape());
  const auto reduce = [&](auto values, auto one, auto multiply) {
    std::vector<decltype(one)> result(static_cast<size_t>(shape.size()), one);
    for (size_t i = 0; i < to.size(); ++i) {
      auto& r = result[static_cast<size_t>(to[i])];
      r = multiply(r, values[i]);
    }
    return result;
  };
  if (x.type() == DataType::kFloat32) return make(shape, reduce(x.floats(), 1.0f, std::multiplies<float>()));
  return make(shape, reduce(x.ints(), int64_t{1}, [](int64_t a, int64_t b) { return wrapped('*', a, b); }));
}

TensorPtr ranged(const OpInputs& in, const ValueType& type) {
  const auto count = static_cast<size_t>(type.shape[0]);
  if (type.type == DataType::kFloat32) {
    const float start = in.constants[0]->floats()[0], delta = in.constants[2]->floats()[0];
    Floats values(count);
    for (size_t i = 0; i < count; ++i) values[i] = start + static_cast<float>(i) * delta;
    return make(type.shape, std::move(values));
  }
  const int64_t start = in.constants[0]->ints()[0], delta = in.constants[2]->ints()[0];
  Ints values(count);
  for (size_t i = 0; i < count; ++i) values[i] = wrapped('+', start, wrapped('*', static_cast<int64_t>(i), delta));
  return make(type.shape, std::move(values));
}

std::function<float(float)> float_function(const OpInputs& in) {
  const std::string& op = in.node.op;
  if (op == "Neg") return [](float v) { return -v; };
  if (op == "Abs") return [](float v) { return std::fabs(v); };
  if (op == "Sqrt") return [](float v) { return std::sqrt(v); };
  if (op == "Floor") return [](float v) { return std::floor(v); };
  if (op == "Ceil") return [](float v) { return std::ceil(v); };
  if (op == "Exp") return [](float v) { return std::exp(v); };
  if (op == "Log") return [](float v) { return std::log(v); };
  if (op == "Reciprocal") return [](float v) { return 1 / v; };
  return {};
}

TensorPtr mapped(const OpInputs& in, const Shape& shape, const std::function<float(float)>& f) {
  if (in.constants[0]->type() == DataType::kFloat32) {
    const auto values = in.constants[0]->floats();
    Floats result(values.size());
    std::transform(values.begin(), values.end(), result.begin(), f);
    return make(shape, std::move(result));
  }
  Ints result;  // only Neg and Abs take integers
  for (int64_t v : in.constants[0]->ints()) result.push_back(in.node.op == "Abs" && v >= 0 ? v : wrapped('-', 0, v));
  return make(shape, std::move(result));
}

}  // namespace

std::optional<TensorPtr> compute_elements(const OpInputs& in, const ValueType& type) {
  const std::string& op = in.node.op;
  if (const char symbol = symbol_of(op)) return arithmetic_of(symbol, *in.constants[0], *in.constants[1], type.shape);
  if (op == "Min" || op == "Max") return extreme(in, type.shape, op == "Max");
  if (op == "Equal") return compared(in, type.shape, [](auto a, auto b) { return a == b; });
  if (op == "Less") return compared(in, type.shape, [](auto a, auto b) { return a < b; });
  if (op == "Greater") return compared(in, type.shape, [](auto a, auto b) { return a > b; });
  if (op == "And") return compared(in, type.shape, [](auto a, auto b) { return a && b; });
  if (op == "Or") return compared(in, type.shape, [](auto a, auto b) { return a || b; });
  if (op == "Not") {
    Ints result;
    for (int64_t v : in.constants[0]->ints()) result.push_back(!v);
    return make(type.shape, std::move(result), DataType::kBool);
  }
  if (op == "Where") return chosen(in, type);
  if (op == "Cast") return cast_to(*in.constants[0], type);
  if (op == "ReduceProd") return product(in, type.shape);
  if (op == "Range") return ranged(in, type);
  if (op == "Pow" && in.constants[0]->type() == DataType::kFloat32 && in.constants[1]->type() == DataType::kFloat32)
    return make(type.shape,
                zipped<float, float>(*in.constants[0], *in.constants[1], type.shape, [](float a, float b) { return std::pow(a, b); }));
  if (const auto f = float_function(in)) return mapped(in, type.shape, f);
  return std::nullopt;
}

}  // namespace phosphene::ops
