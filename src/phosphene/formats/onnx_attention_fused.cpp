// What ONNX Runtime fuses into attention (onnx_attention_scores.cpp says what that computes):
//
//     Attention            q, k, v from one product: x W + b, cut in three
//     MultiHeadAttention   q, k, v apart with three axes, one bias for all
//
// A mask of keys is [batch, keys] of 0 and 1; hidden keys get mask_filter_value added, as the runtime does. Caches of earlier positions are
// what text networks have; here they are an Error, as is every attribute that is not named below.
#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_attention.h"

namespace phosphene {

namespace {

int64_t heads_of(const Compound& c) {
  const int64_t heads = c.attributes().get_int("num_heads", 0);
  if (heads < 1) throw Error("the number of heads is missing", "export the model again");
  return heads;
}

// 0 for a key that a mask of 0 and 1 shows, mask_filter_value for one that it hides: [batch, 1, 1, keys] or [batch, 1, queries, keys].
std::string hidden_keys(Compound& c, size_t at) {
  const int rank = c.shape(c.in(at)).rank();
  if (rank != 2 && rank != 3)
    throw Error(fmt::format("a mask of the shape {} is not supported", c.shape(c.in(at))), "export the network with other operators");
  const std::string hidden = c.add("Sub", {c.scalar(1), c.floats(c.in(at))});
  const std::vector<int64_t> axes = rank == 2 ? std::vector<int64_t>{1, 2} : std::vector<int64_t>{1};
  return c.add("Unsqueeze", {c.times(hidden, c.attributes().get_float("mask_filter_value", -10000)), c.ints(axes)});
}

void finish(Compound& c, const std::vector<std::string>& qkv, size_t mask, size_t bias) {
  const int64_t heads = heads_of(c);
  Scores by{.scale = c.attributes().get_float("scale", 0), .causal = c.attributes().get_int("unidirectional", 0) != 0};
  if (c.has(bias)) by.mask = c.in(bias);
  if (c.has(mask)) by.mask = c.has(bias) ? c.add("Add", {c.in(bias), hidden_keys(c, mask)}) : hidden_keys(c, mask);
  const std::string y = attended(c, split_heads(c, qkv[0], heads), split_heads(c, qkv[1], heads), split_heads(c, qkv[2], heads), by);
  c.result(0, "Identity", {joined_heads(c, y)});
}

void packed_attention(Compound& c) {
  refuse_inputs(c, {4, 6}, "a cache of earlier positions");
  refuse_other_attributes(c, {"num_heads", "unidirectional", "qkv_hidden_sizes", "scale", "mask_filter_value"});
  const Shape& weight = c.shape(c.in(1));
  std::vector<int64_t> sizes = c.attributes().get_ints("qkv_hidden_sizes", {});
  if (sizes.empty() && weight.rank() == 2 && weight[1] > 0) sizes.assign(3, weight[1] / 3);
  if (sizes.size() != 3) throw Error(fmt::format("the weight {} does not divide into three", weight), "export the model again");
  std::string all = c.add("MatMul", {c.in(0), c.in(1)});
  if (c.has(2)) all = c.add("Add", {all, c.in(2)});
  const auto parts = c.add_many("Split", {all, c.ints(sizes)}, 3, {{"axis", int64_t{2}}});
  finish(c, parts, 3, 5);
}

void multi_head_attention(Compound& c) {
  refuse_inputs(c, {6, 7, 8, 9}, "a cache of earlier positions");
  refuse_other_attributes(c, {"num_heads", "unidirectional", "scale", "mask_filter_value"});
  std::vector<std::string> parts = {c.in(0), c.in(1), c.in(2)};
  for (const std::string& part : parts)
    if (c.shape(part).rank() != 3)
      throw Error(fmt::format("an input of the shape {} is not supported", c.shape(part)), "export the network with other operators");
  if (c.has(3)) {
    std::vector<int64_t> sizes;
    for (const std::string& part : parts) sizes.push_back(c.shape(part)[2]);
    const auto biases = c.add_many("Split", {c.in(3), c.ints(sizes)}, 3, {{"axis", int64_t{0}}});
    for (size_t i = 0; i < 3; ++i) parts[i] = c.add("Add", {parts[i], biases[i]});
  }
  finish(c, parts, 4, 5);
}

}  // namespace

std::vector<CompoundOp> fused_attention_compounds() {
  return {
      {"com.microsoft", "Attention", packed_attention},
      {"com.microsoft", "MultiHeadAttention", multi_head_attention},
  };
}

}  // namespace phosphene
