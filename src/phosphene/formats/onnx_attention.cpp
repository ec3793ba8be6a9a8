// Attention in its forms, as products and a softmax. Per head, with q, k, v of [batch, heads, positions, features]:
//
//     y = softmax(scale q k' + mask) v,  scale = 1 / sqrt(features) unless given
//
//     Attention (opset 23)                q, k, v apart, with three axes (heads side by side) or four; fewer heads of k and v are repeated
//     Attention (com.microsoft)           q, k, v from one product: x W + b, cut in three
//     MultiHeadAttention (com.microsoft)  q, k, v apart with three axes, one bias for all
//     RotaryEmbedding (opset 23)          pairs of features turned by an angle: (a, b) -> (a cos - b sin, b cos + a sin)
//
// A query that a mask of bools hides from every key gives zeros. Caches of earlier positions (past, present) and windows of near positions
// are what text networks have; here they are an Error, as is every attribute that is not named below.
#include <algorithm>
#include <cmath>
#include <limits>

#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_compound.h"
#include "phosphene/graph/op.h"

namespace phosphene {

namespace {

constexpr const char* kOther = "export the network with other operators";

// [batch, positions, heads * features] -> [batch, heads, positions, features]
std::string split_heads(Compound& c, const std::string& x, int64_t heads) {
  return c.add("Transpose", {c.add("Reshape", {x, c.ints({0, 0, heads, -1})})}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}});
}

void join_heads(Compound& c, const std::string& y) {
  const std::string turned = c.add("Transpose", {y}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}});
  c.result(0, "Reshape", {turned, c.ints({0, 0, -1})});
}

struct Scores {
  float scale = 0;  // 0: 1 / sqrt(features)
  float softcap = 0;
  bool causal = false;
  std::string mask;  // added, or where it is bool, kept where true; "" for none
};

std::string known_extent_error(const Shape& shape) { return fmt::format("{} has open positions or features", shape); }

// [queries, keys]: one number where position j may be seen from i, else the other.
std::string causal_mask(Compound& c, const Shape& q, const Shape& k, float seen, float hidden) {
  if (q[2] == kUnknown || k[2] == kUnknown) throw Error(known_extent_error(q), "export the model with fixed sizes");
  std::vector<float> values;
  for (int64_t i = 0; i < q[2]; ++i)
    for (int64_t j = 0; j < k[2]; ++j) values.push_back(j <= i ? seen : hidden);
  return c.weight(Tensor(Shape{q[2], k[2]}, values));
}

std::string attended(Compound& c, const std::string& q, const std::string& k, const std::string& v, const Scores& by) {
  const Shape &of_q = c.shape(q), &of_k = c.shape(k);
  if (of_q.rank() != 4 || of_k.rank() != 4) throw Error(fmt::format("queries {} and keys {} have no heads", of_q, of_k), kOther);
  if (of_q[-1] == kUnknown && by.scale == 0) throw Error(known_extent_error(of_q), "export the model with fixed sizes");
  const double scale = by.scale != 0 ? static_cast<double>(by.scale) : 1 / std::sqrt(static_cast<double>(of_q[-1]));
  const std::string turned = c.add("Transpose", {k}, {{"perm", std::vector<int64_t>{0, 1, 3, 2}}});
  std::string scores = c.times(c.add("MatMul", {q, turned}), scale);
  if (by.softcap != 0) scores = c.times(c.add("Tanh", {c.times(scores, 1 / static_cast<double>(by.softcap))}), by.softcap);
  constexpr float kLowest = std::numeric_limits<float>::lowest();
  const bool bools = !by.mask.empty() && c.element_type(by.mask) == 9;
  if (by.causal) scores = c.add("Add", {scores, causal_mask(c, of_q, of_k, 0, kLowest)});
  if (bools)
    scores = c.add("Where", {by.mask, scores, c.scalar(kLowest)});
  else if (!by.mask.empty())
    scores = c.add("Add", {scores, by.mask});
  std::string shares = c.add("Softmax", {scores}, {{"axis", int64_t{-1}}});
  if (bools) {  // where no key is seen, all have equal shares up to here
    shares = c.add("Where", {by.mask, shares, c.scalar(0)});
    if (by.causal) shares = c.add("Mul", {shares, causal_mask(c, of_q, of_k, 1, 0)});
  }
  return c.add("MatMul", {shares, v});
}

// [batch, few, positions, features] -> every head `times` in a row.
std::string repeated_heads(Compound& c, const std::string& x, int64_t times) {
  if (times == 1) return x;
  const Shape& shape = c.shape(x);
  const std::string apart = c.add("Unsqueeze", {x, c.ints({2})});
  const std::string copies = c.add("Concat", std::vector<std::string>(static_cast<size_t>(times), apart), {{"axis", int64_t{2}}});
  return c.add("Reshape", {copies, c.ints({0, shape[1] * times, -1, shape[3]})});
}

void refuse(const Compound& c, std::initializer_list<size_t> inputs, const char* what) {
  for (const size_t input : inputs)
    if (c.has(input)) throw Error(fmt::format("{} (input {}) is not supported", what, input), kOther);
}

// Whole numbers that are 0 switch nothing on.
void refuse_others(const Compound& c, std::initializer_list<const char*> known) {
  for (const auto& [name, value] : c.attributes()) {
    const auto* whole = std::get_if<int64_t>(&value);
    if (std::find(known.begin(), known.end(), name) == known.end() && !(whole && *whole == 0))
      throw Error(fmt::format("attribute {} is not supported", name), kOther);
  }
}

// Keys behind the end of a mask are hidden in the specification; broadcasting has no such thing.
void refuse_short_mask(const Compound& c, const std::string& mask, const Shape& k) {
  const Shape& shape = c.shape(mask);
  if (shape.rank() > 0 && shape[-1] != kUnknown && k[2] != kUnknown && shape[-1] != k[2])
    throw Error(fmt::format("a mask {} for {} keys is not supported", shape, k[2]), kOther);
}

void attention(Compound& c) {
  refuse(c, {4, 5, 6, 7, 8}, "a cache of earlier positions");
  refuse_others(c, {"q_num_heads", "kv_num_heads", "scale", "softcap", "is_causal", "softmax_precision", "qk_matmul_output_mode"});
  for (size_t output = 1; output < c.node.outputs.size(); ++output)
    if (c.node.has_output(output)) throw Error(fmt::format("output {} is not supported", output), kOther);
  const Attributes& a = c.attributes();
  std::string q = c.in(0), k = c.in(1), v = c.in(2);
  const bool side_by_side = c.shape(q).rank() == 3;
  if (side_by_side) {
    const int64_t heads = a.get_int("q_num_heads", 0), few = a.get_int("kv_num_heads", 0);
    if (heads < 1 || few < 1) throw Error("the number of heads is missing", "export the model again");
    q = split_heads(c, q, heads), k = split_heads(c, k, few), v = split_heads(c, v, few);
  }
  const Shape &of_q = c.shape(q), &of_k = c.shape(k);
  if (of_q.rank() != 4 || of_k.rank() != 4 || of_k[1] < 1 || of_q[1] % of_k[1] != 0)
    throw Error(fmt::format("queries {} and keys {} do not fit", of_q, of_k), "export the model again");
  if (c.has(3)) refuse_short_mask(c, c.in(3), of_k);
  const int64_t times = of_q[1] / of_k[1];
  const Scores by{a.get_float("scale", 0), a.get_float("softcap", 0), a.get_int("is_causal", 0) != 0, c.has(3) ? c.in(3) : ""};
  const std::string y = attended(c, q, repeated_heads(c, k, times), repeated_heads(c, v, times), by);
  if (side_by_side) return join_heads(c, y);
  c.result(0, "Identity", {y});
}

int64_t heads_of(const Compound& c) {
  const int64_t heads = c.attributes().get_int("num_heads", 0);
  if (heads < 1) throw Error("the number of heads is missing", "export the model again");
  return heads;
}

Scores scores_of(const Compound& c, size_t bias) {
  return {c.attributes().get_float("scale", 0), 0, c.attributes().get_int("unidirectional", 0) != 0, c.has(bias) ? c.in(bias) : ""};
}

void packed_attention(Compound& c) {
  refuse(c, {3, 4, 6}, "a mask of positions or a cache");
  refuse_others(c, {"num_heads", "unidirectional", "qkv_hidden_sizes", "scale", "mask_filter_value"});
  const int64_t heads = heads_of(c);
  const Shape& weight = c.shape(c.in(1));
  std::vector<int64_t> sizes = c.attributes().get_ints("qkv_hidden_sizes", {});
  if (sizes.empty() && weight.rank() == 2 && weight[1] > 0) sizes.assign(3, weight[1] / 3);
  if (sizes.size() != 3) throw Error(fmt::format("the weight {} does not divide into three", weight), "export the model again");
  std::string all = c.add("MatMul", {c.in(0), c.in(1)});
  if (c.has(2)) all = c.add("Add", {all, c.in(2)});
  const auto parts = c.add_many("Split", {all, c.ints(sizes)}, 3, {{"axis", int64_t{2}}});
  join_heads(
      c, attended(c, split_heads(c, parts[0], heads), split_heads(c, parts[1], heads), split_heads(c, parts[2], heads), scores_of(c, 5)));
}

void multi_head_attention(Compound& c) {
  refuse(c, {4, 6, 7, 8, 9}, "a mask of positions or a cache");
  refuse_others(c, {"num_heads", "unidirectional", "scale", "mask_filter_value"});
  const int64_t heads = heads_of(c);
  std::vector<std::string> parts = {c.in(0), c.in(1), c.in(2)};
  for (const std::string& part : parts)
    if (c.shape(part).rank() != 3) throw Error(fmt::format("an input of the shape {} is not supported", c.shape(part)), kOther);
  if (c.has(3)) {
    std::vector<int64_t> sizes;
    for (const std::string& part : parts) sizes.push_back(c.shape(part)[2]);
    const auto biases = c.add_many("Split", {c.in(3), c.ints(sizes)}, 3, {{"axis", int64_t{0}}});
    for (size_t i = 0; i < 3; ++i) parts[i] = c.add("Add", {parts[i], biases[i]});
  }
  join_heads(
      c, attended(c, split_heads(c, parts[0], heads), split_heads(c, parts[1], heads), split_heads(c, parts[2], heads), scores_of(c, 5)));
}

std::string sliced(Compound& c, const std::string& x, int64_t from, int64_t to, int64_t step) {
  return c.add("Slice", {x, c.ints({from}), c.ints({to}), c.ints({-1}), c.ints({step})});
}

void rotary_embedding(Compound& c) {
  refuse_others(c, {"interleaved", "num_heads", "rotary_embedding_dim"});
  const Attributes& a = c.attributes();
  std::string x = c.in(0), cosine = c.in(1), sine = c.in(2);
  const bool side_by_side = c.shape(x).rank() == 3, interleaved = a.get_int("interleaved", 0) != 0;
  if (side_by_side) {
    if (a.get_int("num_heads", 0) < 1) throw Error("the number of heads is missing", "export the model again");
    x = split_heads(c, x, a.get_int("num_heads", 0));
  }
  const int64_t features = c.shape(x)[-1],
                turned = a.get_int("rotary_embedding_dim", 0) > 0 ? a.get_int("rotary_embedding_dim", 0) : features;
  if (features == kUnknown || turned % 2 != 0)
    throw Error(fmt::format("{} features cannot be turned in pairs", turned), "export the model again");
  for (std::string* angle : {&cosine, &sine}) {
    if (c.has(3)) *angle = c.add("Gather", {*angle, c.in(3)}, {{"axis", int64_t{0}}});
    *angle = c.add("Unsqueeze", {sliced(c, *angle, 0, turned / 2, 1), c.ints({1})});  // the same for every head
  }
  const std::string part = turned == features ? x : sliced(c, x, 0, turned, 1);
  const std::string first = interleaved ? sliced(c, part, 0, turned, 2) : sliced(c, part, 0, turned / 2, 1);
  const std::string second = interleaved ? sliced(c, part, 1, turned, 2) : sliced(c, part, turned / 2, turned, 1);
  std::string real = c.add("Sub", {c.add("Mul", {cosine, first}), c.add("Mul", {sine, second})});
  std::string imaginary = c.add("Add", {c.add("Mul", {sine, first}), c.add("Mul", {cosine, second})});
  std::string y;
  if (interleaved) {
    real = c.add("Unsqueeze", {real, c.ints({-1})}), imaginary = c.add("Unsqueeze", {imaginary, c.ints({-1})});
    y = c.add("Reshape", {c.add("Concat", {real, imaginary}, {{"axis", int64_t{-1}}}), c.ints({0, 0, 0, turned})});
  } else {
    y = c.add("Concat", {real, imaginary}, {{"axis", int64_t{-1}}});
  }
  if (turned != features) y = c.add("Concat", {y, sliced(c, x, turned, features, 1)}, {{"axis", int64_t{-1}}});
  if (side_by_side) return join_heads(c, y);
  c.result(0, "Identity", {y});
}

}  // namespace

std::vector<CompoundOp> attention_compounds() {
  return {
      {"", "Attention", attention},
      {"", "RotaryEmbedding", rotary_embedding},
      {"com.microsoft", "Attention", packed_attention},
      {"com.microsoft", "MultiHeadAttention", multi_head_attention},
  };
}

}  // namespace phosphene
