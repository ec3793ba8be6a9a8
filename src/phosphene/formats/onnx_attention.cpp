// Attention of ONNX's own (onnx_attention_scores.cpp says what it computes), and the turning of its positions:
//
//     Attention (opset 23 to 25)   q, k, v with three axes (heads side by side) or four; fewer heads of k and v are repeated; keys and
//                                  values of earlier positions come before those of this call
//     RotaryEmbedding (opset 23)   pairs of features turned by an angle: (a, b) -> (a cos - b sin, b cos + a sin)
#include "phosphene/formats/onnx_attention.h"

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

void attention(Compound& c) {
  refuse_other_attributes(c, {"q_num_heads", "kv_num_heads", "scale", "softcap", "is_causal", "softmax_precision", "qk_matmul_output_mode",
                              "left_window_size", "right_window_size"});
  const Attributes& a = c.attributes();
  std::string q = c.in(0), k = c.in(1), v = c.in(2);
  const bool side_by_side = c.shape(q).rank() == 3;
  if (side_by_side) {
    const int64_t heads = a.get_int("q_num_heads", 0), few = a.get_int("kv_num_heads", 0);
    if (heads < 1 || few < 1) throw Error("the number of heads is missing", "export the model again");
    q = split_heads(c, q, heads), k = split_heads(c, k, few), v = split_heads(c, v, few);
  }
  Scores by{.scale = a.get_float("scale", 0), .softcap = a.get_float("softcap", 0), .causal = a.get_int("is_causal", 0) != 0};
  by.left = a.get_int("left_window_size", -1), by.right = a.get_int("right_window_size", -1);
  if (c.has(3)) by.mask = c.in(3);
  if (c.has(6)) by.filled = c.in(6);
  if (c.has(4) || c.has(5)) {
    by.offset = c.shape(c.in(4))[2];
    if (by.offset == kUnknown) throw Error("the number of earlier positions is open", "export the model with fixed sizes");
    k = c.add("Concat", {c.in(4), k}, {{"axis", int64_t{2}}}), v = c.add("Concat", {c.in(5), v}, {{"axis", int64_t{2}}});
  }
  const Shape of_q = c.shape(q), of_k = c.shape(k);
  if (of_q.rank() != 4 || of_k.rank() != 4 || of_k[1] < 1 || of_q[1] % of_k[1] != 0)
    throw Error(fmt::format("queries {} and keys {} do not fit", of_q, of_k), "export the model again");
  c.result(1, "Identity", {k});
  c.result(2, "Identity", {v});
  const int64_t times = of_q[1] / of_k[1], mode = a.get_int("qk_matmul_output_mode", 0);
  std::string seen;
  if (c.node.has_output(3)) (mode == 0 ? by.raw : mode == 1 ? by.capped : mode == 2 ? by.masked : by.shares) = &seen;
  const std::string y = attended(c, q, repeated_heads(c, k, times), repeated_heads(c, v, times), by);
  if (!seen.empty()) c.result(3, "Identity", {seen});
  c.result(0, "Identity", {side_by_side ? joined_heads(c, y) : y});
}

std::string sliced(Compound& c, const std::string& x, int64_t from, int64_t to, int64_t step) {
  return c.add("Slice", {x, c.ints({from}), c.ints({to}), c.ints({-1}), c.ints({step})});
}

void rotary_embedding(Compound& c) {
  refuse_other_attributes(c, {"interleaved", "num_heads", "rotary_embedding_dim"});
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
  c.result(0, "Identity", {side_by_side ? joined_heads(c, y) : y});
}

}  // namespace

std::vector<CompoundOp> attention_compounds() {
  return {
      {"", "Attention", attention},
      {"", "RotaryEmbedding", rotary_embedding},
  };
}

}  // namespace phosphene
