// Integer arithmetic with numpy broadcasting, exact to 64 bits: it wraps as in every runtime, and an open operand makes an open result.
#include "phosphene/graph/op_traits.h"
#include "phosphene/graph/ops/broadcast.h"
#include "phosphene/graph/ops/evaluate_parts.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene::ops {

namespace {

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

}  // namespace

std::optional<TensorPtr> compute_integers(const OpInputs& in, const ValueType& type) {
  const char symbol = traits_of(in.node).symbol;
  if (!symbol || type.type != DataType::kInt64) return std::nullopt;
  const auto ia = broadcast_map(in.shape(0), type.shape), ib = broadcast_map(in.shape(1), type.shape);
  const auto a = in.constants[0]->ints(), b = in.constants[1]->ints();
  std::vector<int64_t> result(ia.size());
  for (size_t i = 0; i < ia.size(); ++i) result[i] = wrapped(symbol, a[static_cast<size_t>(ia[i])], b[static_cast<size_t>(ib[i])]);
  return std::make_shared<const Tensor>(type.shape, std::move(result));
}

}  // namespace phosphene::ops
