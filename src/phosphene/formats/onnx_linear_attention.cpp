// Attention without a softmax, and the convolution that comes before it (opset 27), unrolled. Per head, with a state S of [batch, heads,
// k features, v features] and q, k, v of one position:
//
//     LinearAttention       S' = exp(g) S + k (b (v - (exp(g) S)' k))',  y = scale S'' q;  scale = 1 / sqrt(features) unless given
//                           update_rule: linear without g and b, gated without b, delta without g, gated_delta with both; without b the
//                           bracket is v. Several heads of q share one state
//     CausalConvWithState   a convolution of every channel with the positions before, the first of which are the state of an earlier call
//
// (Yang et al. 2024, "Gated delta networks", arXiv 2412.06464.)
#include <cmath>

#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_attention.h"

namespace phosphene {

namespace {

constexpr int64_t kPositions = 512;

class LinearAttention {
 public:
  explicit LinearAttention(Compound& compound) : c_(compound) {
    const Attributes& a = c_.attributes();
    heads_ = a.get_int("q_num_heads", 0), states_ = a.get_int("kv_num_heads", 0);
    if (heads_ < 1 || states_ < 1 || heads_ % states_ != 0)
      throw Error(fmt::format("{} heads of queries share {} states", heads_, states_), "export the model again");
    const std::string rule = a.get_string("update_rule", "gated_delta");
    gated_ = rule == "gated" || rule == "gated_delta", delta_ = rule == "delta" || rule == "gated_delta";
    if (!gated_ && !delta_ && rule != "linear") throw Error(fmt::format("attribute update_rule is \"{}\"", rule), "export the model again");
    const Shape& of_q = c_.shape(c_.in(0));
    if (of_q.rank() != 3 || of_q[1] == kUnknown || of_q[2] == kUnknown)
      throw Error(fmt::format("queries {} have an open or a missing size", of_q), "export the model with fixed sizes");
    positions_ = of_q[1], features_ = of_q[2] / heads_;
    if (positions_ < 1 || positions_ > kPositions)
      throw Error(fmt::format("{} positions are not supported", positions_), fmt::format("1 to {} are", kPositions));
  }

  void write() {
    const auto q = each(split_heads(c_, c_.in(0), heads_)), k = each(split_heads(c_, c_.in(1), states_)),
               v = each(split_heads(c_, c_.in(2), states_));
    const auto g = gated_ ? each(decay()) : q, b = delta_ ? each(rate()) : q;
    const double scale = c_.attributes().get_float("scale", 0) != 0 ? static_cast<double>(c_.attributes().get_float("scale", 0))
                                                                    : 1 / std::sqrt(static_cast<double>(features_));
    std::string state = c_.has(3) ? c_.in(3) : "";  // without one it is 0
    std::vector<std::string> outputs;
    for (size_t t = 0; t < q.size(); ++t) {
      if (gated_ && !state.empty()) state = c_.add("Mul", {state, turned(c_.add("Exp", {g[t]}))});
      std::string value = v[t];
      if (delta_) {
        if (!state.empty()) value = c_.add("Sub", {value, c_.add("MatMul", {k[t], state})});
        value = c_.add("Mul", {b[t], value});
      }
      const std::string fresh = c_.add("MatMul", {turned(k[t]), value});
      state = state.empty() ? fresh : c_.add("Add", {state, fresh});
      outputs.push_back(c_.add("MatMul", {c_.times(q[t], scale), repeated_heads(c_, state, heads_ / states_)}));
    }
    c_.result(0, "Identity", {joined_heads(c_, c_.add("Concat", outputs, {{"axis", int64_t{2}}}))});
    c_.result(1, "Identity", {state});
  }

 private:
  // [batch, heads, positions, features] -> one [batch, heads, 1, features] a position.
  std::vector<std::string> each(const std::string& x) {
    if (positions_ == 1) return {x};
    return c_.add_many("Split", {x}, static_cast<size_t>(positions_), {{"axis", int64_t{2}}});
  }
  std::string turned(const std::string& x) { return c_.add("Transpose", {x}, {{"perm", std::vector<int64_t>{0, 1, 3, 2}}}); }

  // [batch, positions, heads] -> [batch, heads, positions, 1]
  std::string one_a_head(size_t at) {
    const std::string heads_first = c_.add("Transpose", {c_.in(at)}, {{"perm", std::vector<int64_t>{0, 2, 1}}});
    return c_.add("Unsqueeze", {heads_first, c_.ints({3})});
  }
  std::string decay() { return c_.shape(c_.in(4))[-1] == states_ ? one_a_head(4) : split_heads(c_, c_.in(4), states_); }
  std::string rate() { return one_a_head(5); }

  Compound& c_;
  int64_t heads_ = 0, states_ = 0, positions_ = 0, features_ = 0;
  bool gated_ = false, delta_ = false;
};

void linear_attention(Compound& c) { LinearAttention(c).write(); }

void causal_conv(Compound& c) {
  const std::string activation = c.attributes().get_string("activation", "none");
  const Shape &of_x = c.shape(c.in(0)), &of_w = c.shape(c.in(1));
  if (of_x.rank() != 3 || of_w.rank() != 3 || of_w[0] == kUnknown || of_w[2] < 1)
    throw Error(fmt::format("input {} and weight {} do not fit", of_x, of_w), "export the model again");
  const int64_t before = of_w[2] - 1;
  std::string x = c.in(0);
  if (c.has(3))
    x = c.add("Concat", {c.in(3), x}, {{"axis", int64_t{2}}});
  else
    x = c.add("Pad", {x, c.ints({0, 0, before, 0, 0, 0})});
  std::vector<std::string> inputs = {x, c.in(1)};
  if (c.has(2)) inputs.push_back(c.in(2));
  const std::string y = c.add("Conv", inputs, {{"group", of_w[0]}});
  if (activation == "silu" || activation == "swish")
    c.result(0, "Mul", {y, c.add("Sigmoid", {y})});
  else if (activation == "none")
    c.result(0, "Identity", {y});
  else
    throw Error(fmt::format("attribute activation is \"{}\"", activation), "export the model again");
  const Shape& all = c.shape(x);
  if (all[2] == kUnknown) throw Error(fmt::format("the length of {} is open", all), "export the model with fixed sizes");
  c.result(1, "Slice", {x, c.ints({all[2] - before}), c.ints({all[2]}), c.ints({2})});
}

}  // namespace

std::vector<CompoundOp> linear_attention_compounds() {
  return {{"", "LinearAttention", linear_attention}, {"", "CausalConvWithState", causal_conv}};
}

}  // namespace phosphene
