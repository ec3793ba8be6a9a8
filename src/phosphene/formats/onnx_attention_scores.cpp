// Per head, with q, k, v of [batch, heads, positions, features], scores s = scale q k', and a bias b that is 0 where a query sees a key and
// minus infinity where not, plus what a mask adds:
//
//     y = softmax(c tanh(s / c) + b) v,  scale = 1 / sqrt(features) unless given,  no tanh without a cap c
//
// Where all of a query's b are minus infinity, y is 0: then b becomes the lowest finite number, and the softmax is multiplied by 0.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_attention.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene {

namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();
constexpr float kHidden = -std::numeric_limits<float>::infinity();
constexpr int kBool = 9;  // ONNX's number of the type

struct Extents {
  int64_t queries, keys;
};

struct Bias {
  std::string value;   // "" for none
  bool guard = false;  // a query may see no key
};

// Both are one number a query and key, and known here.
Bias window_bias(Compound& c, const Scores& by, Extents n) {
  Bias bias;
  std::vector<float> values;
  for (int64_t i = 0; i < n.queries; ++i) {
    const int64_t place = i + by.offset;
    bool sees = false;
    for (int64_t j = 0; j < n.keys; ++j) {
      const bool seen = (!by.causal || j <= place) && (by.left < 0 || j >= place - by.left) && (by.right < 0 || j <= place + by.right);
      values.push_back(seen ? 0 : kHidden);
      sees = sees || seen;
    }
    bias.guard = bias.guard || !sees;
  }
  bias.value = c.weight(Tensor(Shape{n.queries, n.keys}, values));
  return bias;
}

std::string counted(Compound& c, int64_t count, const Shape& shape) {
  std::vector<int64_t> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int64_t>(i);
  return c.weight(Tensor(shape, std::move(values)));
}

// The same where the number of keys differs from item to item of the batch.
Bias filled_bias(Compound& c, const Scores& by, Extents n) {
  const std::string j = counted(c, n.keys, Shape{1, 1, 1, n.keys}), filled = c.add("Reshape", {by.filled, c.ints({-1, 1, 1, 1})});
  std::string seen = c.add("Less", {j, filled});
  const auto also = [&](const std::string& a, const char* relation, const std::string& b) {
    seen = c.add("And", {seen, c.add(relation, {a, b})});
  };
  if (by.causal || by.left >= 0 || by.right >= 0) {
    const std::string first = c.add("Sub", {filled, c.ints({n.queries})});
    const std::string place = c.add("Add", {counted(c, n.queries, Shape{1, 1, n.queries, 1}), first});
    if (by.causal) also(j, "LessOrEqual", place);
    if (by.left >= 0) also(j, "GreaterOrEqual", c.add("Sub", {place, c.ints({by.left})}));
    if (by.right >= 0) also(j, "LessOrEqual", c.add("Add", {place, c.ints({by.right})}));
  }
  return {c.add("Where", {seen, c.scalar(0), c.scalar(kHidden)}), true};
}

// Whether each row of a mask that is known here lets something through.
bool every_row_sees(const Tensor& mask) {
  const int64_t row = mask.shape().rank() == 0 ? 1 : mask.shape()[-1];
  for (int64_t from = 0; from < mask.size(); from += row) {
    bool sees = false;
    for (int64_t i = from; i < from + row; ++i) {
      const auto at = static_cast<size_t>(i);
      sees = sees || (mask.type() == DataType::kFloat32 ? mask.floats()[at] > kHidden : mask.ints()[at] != 0);
    }
    if (!sees) return false;
  }
  return true;
}

Bias mask_bias(Compound& c, const Scores& by, int64_t keys) {
  const TensorPtr known = c.constant(by.mask);
  const bool bools = known ? known->type() == DataType::kBool : c.element_type(by.mask) == kBool;
  std::string mask = bools ? c.add("Where", {by.mask, c.scalar(0), c.scalar(kHidden)}) : by.mask;
  const Shape& shape = c.shape(by.mask);
  if (shape.rank() > 0 && shape[-1] != kUnknown && keys != kUnknown && shape[-1] < keys) {
    std::vector<int64_t> pads(2 * static_cast<size_t>(shape.rank()), 0);
    pads.back() = keys - shape[-1];
    mask = c.add("Pad", {mask, c.ints(pads), c.scalar(kHidden)});
  }
  return {mask, !known || !every_row_sees(*known)};
}

// What is added to the scores of all heads; its guard is needless where one rule alone lets every query see a key.
Bias all_biases(Compound& c, const Scores& by, Extents n) {
  std::vector<Bias> parts;
  const bool window = by.causal || by.left >= 0 || by.right >= 0;
  if ((window || !by.filled.empty()) && (n.queries == kUnknown || n.keys == kUnknown))
    throw Error("the number of queries or keys is open", "export the model with fixed sizes");
  if (n.queries != kUnknown && n.keys != kUnknown && n.queries * n.keys > int64_t{1} << 26)
    throw Error(fmt::format("a mask of {} queries and {} keys is too large", n.queries, n.keys), "export the model with smaller inputs");
  if (!by.filled.empty())
    parts.push_back(filled_bias(c, by, n));
  else if (window)
    parts.push_back(window_bias(c, by, n));
  if (!by.mask.empty()) parts.push_back(mask_bias(c, by, n.keys));
  if (parts.empty()) return {};
  if (parts.size() == 1) return parts[0];
  return {c.add("Add", {parts[0].value, parts[1].value}), true};
}

}  // namespace

std::string split_heads(Compound& c, const std::string& x, int64_t heads) {
  return c.add("Transpose", {c.add("Reshape", {x, c.ints({0, 0, heads, -1})})}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}});
}

std::string joined_heads(Compound& c, const std::string& y) {
  const std::string turned = c.add("Transpose", {y}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}});
  return c.add("Reshape", {turned, c.ints({0, 0, -1})});
}

std::string repeated_heads(Compound& c, const std::string& x, int64_t times) {
  if (times == 1) return x;
  const Shape& shape = c.shape(x);
  const std::string apart = c.add("Unsqueeze", {x, c.ints({2})});
  const std::string copies = c.add("Concat", std::vector<std::string>(static_cast<size_t>(times), apart), {{"axis", int64_t{2}}});
  return c.add("Reshape", {copies, c.ints({0, shape[1] * times, -1, shape[3]})});
}

std::string attended(Compound& c, const std::string& q, const std::string& k, const std::string& v, const Scores& by) {
  const Shape of_q = c.shape(q), of_k = c.shape(k);
  if (of_q.rank() != 4 || of_k.rank() != 4)
    throw Error(fmt::format("queries {} and keys {} have no heads", of_q, of_k), "export the network with other operators");
  if (of_q[-1] == kUnknown && by.scale == 0)
    throw Error(fmt::format("the features of the queries {} are open", of_q), "export the model with fixed sizes");
  const double scale = by.scale != 0 ? static_cast<double>(by.scale) : 1 / std::sqrt(static_cast<double>(of_q[-1]));
  const auto keep = [](std::string* wanted, const std::string& value) {
    if (wanted) *wanted = value;
  };
  const std::string turned = c.add("Transpose", {k}, {{"perm", std::vector<int64_t>{0, 1, 3, 2}}});
  std::string scores = c.times(c.add("MatMul", {q, turned}), scale);
  keep(by.raw, scores);
  if (by.softcap != 0) scores = c.times(c.add("Tanh", {c.times(scores, 1 / static_cast<double>(by.softcap))}), by.softcap);
  keep(by.capped, scores);
  const Bias bias = all_biases(c, by, {of_q[2], of_k[2]});
  if (by.masked) *by.masked = bias.value.empty() ? scores : c.add("Add", {scores, bias.value});
  std::string finite = bias.value;
  if (bias.guard) finite = c.add("Max", {bias.value, c.scalar(kLowest)});
  if (!finite.empty()) scores = c.add("Add", {scores, finite});
  std::string shares = c.add("Softmax", {scores}, {{"axis", int64_t{-1}}});
  if (bias.guard) {
    const std::string most = c.add("ReduceMax", {bias.value}, {{"axes", std::vector<int64_t>{-1}}, {"keepdims", int64_t{1}}});
    shares = c.add("Mul", {shares, c.add("Cast", {c.add("Greater", {most, c.scalar(kHidden)})}, {{"to", int64_t{1}}})});
  }
  keep(by.shares, shares);
  return c.add("MatMul", {shares, v});
}

void refuse_inputs(const Compound& c, std::initializer_list<size_t> inputs, const char* what) {
  for (const size_t input : inputs)
    if (c.has(input)) throw Error(fmt::format("{} (input {}) is not supported", what, input), "export the network with other operators");
}

void refuse_other_attributes(const Compound& c, std::initializer_list<const char*> known) {
  for (const auto& [name, value] : c.attributes()) {
    const auto* whole = std::get_if<int64_t>(&value);
    if (std::find(known.begin(), known.end(), name) == known.end() && !(whole && *whole == 0))
      throw Error(fmt::format("attribute {} is not supported", name), "export the network with other operators");
  }
}

}  // namespace phosphene
