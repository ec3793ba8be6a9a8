// Recurrent layers of a fixed number of steps, unrolled. x_t of [batch, features], the state h of [batch, hidden], W and R of one direction
// cut into gates of `hidden` rows each, s the logistic function:
//
//     RNN    h' = tanh(x W' + h R' + b)
//     LSTM   i, o, f = s(...), g = tanh(...)   c' = f c + i g,  h' = o tanh(c')                         gates in the order i o f g
//     GRU    z, r = s(...)                     h' = (1 - z) g + z h                                     gates in the order z r g
//            g = tanh(x Wg' + (r h) Rg' + b), or with linear_before_reset g = tanh(x Wg' + wb + r (h Rg' + rb))
//
// The products x W' of all steps are one product. Y is [steps, directions, batch, hidden].
//
//     CumProd  y[k] = x[0] .. x[k]; exclusive: without x[k]; reverse: from the end
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_compound.h"
#include "phosphene/formats/onnx_convert.h"
#include "phosphene/graph/op.h"

namespace phosphene {

namespace {

constexpr int64_t kSteps = 512;

class Recurrent {
 public:
  Recurrent(Compound& compound, int64_t gates) : c_(compound), gates_(gates), hidden_(compound.attributes().get_int("hidden_size", 0)) {
    const Attributes& a = c_.attributes();
    if (c_.has(4) || c_.has(7))
      throw Error("lengths of single sequences and peepholes are not supported", "export the network without them");
    if (a.has("clip")) throw Error("attribute clip is not supported", "export the network without it");
    if (hidden_ < 1) throw Error(fmt::format("attribute hidden_size is {}", hidden_), "export the model again");
    batch_first_ = a.get_int("layout", 0) != 0;
    direction_ = a.get_string("direction", "forward");
    activations_ = a.get_strings("activations", {});
    x_ = batch_first_ ? c_.add("Transpose", {c_.in(0)}, {{"perm", std::vector<int64_t>{1, 0, 2}}}) : c_.in(0);
    const Shape& shape = c_.shape(x_);
    steps_ = shape.rank() == 3 ? shape[0] : kUnknown;
    if (steps_ == kUnknown) throw Error(fmt::format("the number of steps of {} is open", shape), "export the model with fixed sizes");
    if (steps_ < 1 || steps_ > kSteps) throw Error(fmt::format("{} steps are not supported", steps_), fmt::format("1 to {} are", kSteps));
  }

  void write() {
    const int64_t directions = direction_ == "bidirectional" ? 2 : 1;
    std::vector<std::string> all, last_h, last_c;
    for (int64_t d = 0; d < directions; ++d) {
      const Run run = unroll(d, direction_ == "reverse" || d == 1);
      all.push_back(run.all), last_h.push_back(run.h), last_c.push_back(run.c);
    }
    finish(0, all, 1);
    finish(1, last_h, 0);
    if (gates_ == 4) finish(2, last_c, 0);
  }

 private:
  struct Run {
    std::string all, h, c;  // [steps, 1, batch, hidden], [1, batch, hidden]
  };

  // Directions side by side; batch first where the file wants it so.
  void finish(size_t output, const std::vector<std::string>& parts, int64_t axis) {
    if (!c_.node.has_output(output)) return;
    const std::string joined = parts.size() == 1 ? parts[0] : c_.add("Concat", parts, {{"axis", axis}});
    if (!batch_first_) return c_.result(output, "Identity", {joined});
    const std::vector<int64_t> perm = output == 0 ? std::vector<int64_t>{2, 0, 1, 3} : std::vector<int64_t>{1, 0, 2};
    c_.result(output, "Transpose", {joined}, {{"perm", perm}});
  }

  // Rows [from, to) of axis 0 of a direction's part of input `at`, that axis 0 being the direction.
  std::string part(size_t at, int64_t direction, int64_t from, int64_t to) {
    const std::string own =
        c_.add("Gather", {c_.in(at), c_.weight(Tensor(Shape{}, std::vector<int64_t>{direction}))}, {{"axis", int64_t{0}}});
    return c_.add("Slice", {own, c_.ints({from}), c_.ints({to}), c_.ints({0})});
  }
  std::string transposed(const std::string& x) { return c_.add("Transpose", {x}, {{"perm", std::vector<int64_t>{1, 0}}}); }

  std::string state(size_t at, int64_t direction, const std::string& like) {
    if (!c_.has(at)) {  // zeros [batch, hidden], the batch being that of x
      const std::string zero = c_.add("Mul", {c_.add("ReduceSum", {like, c_.ints({1})}, {{"keepdims", int64_t{1}}}), c_.scalar(0)});
      return c_.add("Add", {zero, c_.weight(Tensor::zeros(Shape{hidden_}))});
    }
    const std::string given = batch_first_ ? c_.add("Transpose", {c_.in(at)}, {{"perm", std::vector<int64_t>{1, 0, 2}}}) : c_.in(at);
    return c_.add("Gather", {given, c_.weight(Tensor(Shape{}, std::vector<int64_t>{direction}))}, {{"axis", int64_t{0}}});
  }

  std::string act(size_t which, const char* standard, int64_t direction, const std::string& x) {
    const size_t per_direction = gates_ == 4 ? 3 : gates_ == 3 ? 2 : 1, at = which + per_direction * static_cast<size_t>(direction);
    return c_.activation(at < activations_.size() ? activations_[at] : standard, x, {});
  }

  std::vector<std::string> gates_of(const std::string& x, int64_t count) {
    return c_.add_many("Split", {x}, static_cast<size_t>(count), {{"axis", int64_t{1}}});
  }
  std::string plus(const std::string& a, const std::string& b) { return c_.add("Add", {a, b}); }
  std::string mul(const std::string& a, const std::string& b) { return c_.add("Mul", {a, b}); }

  Run unroll(int64_t direction, bool reverse) {
    const int64_t rows = gates_ * hidden_;
    const std::string w = transposed(part(1, direction, 0, rows)), r = transposed(part(2, direction, 0, rows));
    std::string inputs = c_.add("MatMul", {x_, w});  // [steps, batch, gates * hidden]
    const bool apart = gates_ == 3 && c_.attributes().get_int("linear_before_reset", 0) != 0;
    std::string hidden_bias;  // of the gate g, where it is reset with the product
    if (c_.has(3)) {
      const std::string wb = part(3, direction, 0, rows), rb = part(3, direction, rows, 2 * rows);
      if (apart) {
        const auto parts = c_.add_many("Split", {rb, c_.ints({2 * hidden_, hidden_})}, 2, {{"axis", int64_t{0}}});
        const std::string early = c_.add("Concat", {parts[0], c_.weight(Tensor::zeros(Shape{hidden_}))}, {{"axis", int64_t{0}}});
        inputs = plus(inputs, plus(wb, early));
        hidden_bias = parts[1];
      } else {
        inputs = plus(inputs, plus(wb, rb));
      }
    }
    const auto steps = steps_ == 1 ? std::vector<std::string>{inputs}
                                   : c_.add_many("Split", {inputs}, static_cast<size_t>(steps_), {{"axis", int64_t{0}}});
    const std::string r_gates = gates_ == 3 ? c_.add("Slice", {r, c_.ints({0}), c_.ints({2 * hidden_}), c_.ints({1})}) : "";
    const std::string r_last = gates_ == 3 ? c_.add("Slice", {r, c_.ints({2 * hidden_}), c_.ints({3 * hidden_}), c_.ints({1})}) : "";
    std::string h, c;
    std::vector<std::string> outputs(static_cast<size_t>(steps_));
    for (int64_t t = 0; t < steps_; ++t) {
      const auto at = static_cast<size_t>(reverse ? steps_ - 1 - t : t);
      const std::string x = c_.add("Squeeze", {steps[at], c_.ints({0})});
      if (t == 0) h = state(5, direction, x);
      if (t == 0 && gates_ == 4) c = state(6, direction, x);
      if (gates_ == 1) {
        h = act(0, "Tanh", direction, plus(x, c_.add("MatMul", {h, r})));
      } else if (gates_ == 4) {
        const auto g = gates_of(plus(x, c_.add("MatMul", {h, r})), 4);
        c = plus(mul(act(0, "Sigmoid", direction, g[2]), c), mul(act(0, "Sigmoid", direction, g[0]), act(1, "Tanh", direction, g[3])));
        h = mul(act(0, "Sigmoid", direction, g[1]), act(2, "Tanh", direction, c));
      } else {
        const auto g = gates_of(x, 3);
        const auto of_h = gates_of(c_.add("MatMul", {h, r_gates}), 2);
        const std::string z = act(0, "Sigmoid", direction, plus(g[0], of_h[0])), reset = act(0, "Sigmoid", direction, plus(g[1], of_h[1]));
        std::string past = apart ? c_.add("MatMul", {h, r_last}) : c_.add("MatMul", {mul(reset, h), r_last});
        if (apart && !hidden_bias.empty()) past = plus(past, hidden_bias);
        if (apart) past = mul(reset, past);
        const std::string fresh = act(1, "Tanh", direction, plus(g[2], past));
        h = plus(fresh, mul(z, c_.add("Sub", {h, fresh})));
      }
      outputs[at] = c_.add("Unsqueeze", {h, c_.ints({0, 1})});
    }
    const std::string all = c_.node.has_output(0) ? c_.add("Concat", outputs, {{"axis", int64_t{0}}}) : "";
    return {all, c_.add("Unsqueeze", {h, c_.ints({0})}), gates_ == 4 ? c_.add("Unsqueeze", {c, c_.ints({0})}) : ""};
  }

  Compound& c_;
  const int64_t gates_, hidden_;
  bool batch_first_ = false;
  std::string direction_, x_;
  std::vector<std::string> activations_;
  int64_t steps_ = 0;
};

// One product a position, unless it is exclusive with what stands there.
void running_product(Compound& c) {
  const std::vector<int64_t> given = c.constant_ints(1);
  const Shape shape = c.shape(c.in(0));
  const int axis = normal_axis(given.size() == 1 ? given[0] : shape.rank(), shape.rank());
  if (shape[axis] < 1 || shape[axis] > kSteps)
    throw Error(fmt::format("a product of {} steps is not supported", shape[axis]), fmt::format("1 to {} are", kSteps));
  const bool exclusive = c.attributes().get_int("exclusive", 0) != 0, reverse = c.attributes().get_int("reverse", 0) != 0;
  auto parts = shape[axis] == 1 ? std::vector<std::string>{c.in(0)}
                                : c.add_many("Split", {c.in(0)}, static_cast<size_t>(shape[axis]), {{"axis", int64_t{axis}}});
  if (reverse) std::ranges::reverse(parts);
  if (exclusive) {
    parts.pop_back();
    Shape one = shape;
    one[axis] = 1;
    if (!one.known()) throw Error(fmt::format("{} has open sizes", shape), "export the model with fixed sizes");
    const auto count = static_cast<size_t>(one.size());
    const int type = c.element_type(c.in(0));
    const bool whole = type != 0 && type_from_onnx(type) == DataType::kInt64;
    parts.insert(parts.begin(), c.weight(whole ? Tensor(one, std::vector<int64_t>(count, 1)) : Tensor(one, std::vector<float>(count, 1))));
  }
  for (size_t k = 1; k < parts.size(); ++k) parts[k] = c.add("Mul", {parts[k - 1], parts[k]});
  if (reverse) std::ranges::reverse(parts);
  c.result(0, "Concat", parts, {{"axis", int64_t{axis}}});
}

void rnn(Compound& c) { Recurrent(c, 1).write(); }
void gru(Compound& c) { Recurrent(c, 3).write(); }
void lstm(Compound& c) { Recurrent(c, 4).write(); }

}  // namespace

std::vector<CompoundOp> recurrent_compounds() {
  return {{"", "RNN", rnn}, {"", "GRU", gru}, {"", "LSTM", lstm}, {"", "CumProd", running_product}};
}

}  // namespace phosphene
