// Chains of operators that only move numbers: what exporters make of attention, patches of pictures, parts that share numbers.
#include "engine/op_case_builder.h"

namespace phosphene::test {

namespace {

std::string transpose(Cases& cases, const std::string& x, Ints perm) {
  return cases.node("Transpose", {x}, {}, {{"perm", std::move(perm)}});
}
std::string reshape(Cases& cases, const std::string& x, Ints shape) { return cases.node("Reshape", {x}, {ints(std::move(shape))}); }
std::string slice(Cases& cases, const std::string& x, int64_t axis, int64_t start, int64_t end, int64_t step = 1) {
  return cases.node("Slice", {x}, {ints({start}), ints({end}), ints({axis}), ints({step})});
}
std::string attention(Cases& cases, const std::string& q, const std::string& k, const std::string& v) {
  return cases.node("MatMul", {cases.node("Softmax", {cases.node("MatMul", {q, k}, {})}, {}), v}, {});
}

// Tokens first, then pictures; q, k and v are parts of one product.
void attention_with_tokens_first(Cases& cases) {
  cases.start("views_tokens_first");
  const std::string x = transpose(cases, cases.operand(in({2, 5, 8})), {1, 0, 2});
  const std::string all = cases.node("Add", {cases.node("MatMul", {x}, {weight({8, 24})})}, {weight({24})});
  const auto heads = [&](int64_t part) { return reshape(cases, slice(cases, all, 2, 8 * part, 8 * part + 8), {5, 4, 4}); };
  const std::string q = transpose(cases, heads(0), {1, 0, 2}), k = transpose(cases, heads(1), {1, 2, 0}),
                    v = transpose(cases, heads(2), {1, 0, 2});
  const std::string rows = reshape(cases, transpose(cases, attention(cases, q, k, v), {1, 0, 2}), {10, 8});
  const std::string product = cases.node("Gemm", {rows}, {weight({8, 8}), weight({8})}, {{"transB", int64_t{1}}});
  transpose(cases, reshape(cases, product, {5, 2, 8}), {1, 0, 2});
}

// One Transpose of all parts, of which a Gather takes each.
void attention_by_gather(Cases& cases) {
  cases.start("views_gather");
  const std::string all = cases.node("MatMul", {}, {in({2, 5, 8}), weight({8, 24})});
  const std::string parts = transpose(cases, reshape(cases, all, {2, 5, 3, 2, 4}), {2, 0, 3, 1, 4});
  const auto part = [&](int64_t index) { return cases.node("Gather", {parts}, {ints({index}).with({})}, {{"axis", int64_t{0}}}); };
  const std::string q = part(0), k = transpose(cases, part(1), {0, 1, 3, 2}), v = part(2);
  reshape(cases, transpose(cases, attention(cases, q, k, v), {0, 2, 1, 3}), {2, 5, 8});
}

}  // namespace

void view_cases(Cases& cases) {
  attention_with_tokens_first(cases);
  attention_by_gather(cases);
  cases.start("views_patches");
  const std::string patches = cases.node("Conv", {}, {in({2, 3, 9, 8}), weight({6, 3, 4, 4}), weight({6})}, {{"strides", Ints{4, 4}}});
  transpose(cases, reshape(cases, patches, {2, 6, 4}), {0, 2, 1});
  cases.start("views_patches_read_as_picture");
  const std::string picture = cases.node("Conv", {}, {in({2, 3, 8, 12}), weight({16, 3, 4, 4})}, {{"strides", Ints{4, 4}}});
  cases.node("Conv", {cases.node("Relu", {picture}, {})}, {weight({4, 16, 2, 2})});

  cases.start("views_overlap");  // and leave out the last row
  const std::string base = cases.node("Sigmoid", {}, {in({2, 6, 4})});
  const std::string upper = slice(cases, base, 1, 0, 3), lower = slice(cases, base, 1, 2, 5), middle = slice(cases, base, 1, 1, 4);
  cases.node("Mul", {cases.node("Mul", {upper, lower}, {}), middle}, {});
  cases.start("views_every_second");
  const std::string grid = cases.node("Tanh", {}, {in({2, 4, 6, 3})});
  std::vector<std::string> quarters;
  for (const int64_t y : {0, 1})
    for (const int64_t x : {0, 1}) quarters.push_back(slice(cases, slice(cases, grid, 1, y, 4, 2), 2, x, 6, 2));
  cases.node("Concat", quarters, {}, {{"axis", int64_t{3}}});
  cases.start("views_not_told_by_strides");  // a Reshape of what a Transpose made, a part of what a Reshape merged
  const std::string turned = transpose(cases, cases.node("Sigmoid", {}, {in({2, 3, 4})}), {0, 2, 1});
  slice(cases, reshape(cases, turned, {2, 6, 2}), 1, 1, 4);
  cases.start("views_part_of_merged_axes");
  const std::string swapped = transpose(cases, cases.node("Sigmoid", {}, {in({2, 3, 4, 2})}), {0, 2, 1, 3});
  slice(cases, reshape(cases, swapped, {2, 12, 2}), 1, 2, 9);
  cases.start("views_beside_other_readers");  // the gradient of an activation from two convolutions and a view
  const auto conv = [&](const std::string& x) { return cases.node("Conv", {x}, {weight({4, 4, 1, 1})}); };
  const std::string relu = cases.node("Relu", {conv(cases.operand(in({2, 4, 5, 5})))}, {});
  const std::string left = conv(relu), right = conv(relu), turn = transpose(cases, relu, {0, 2, 3, 1});
  cases.all.back().graph.outputs = {left, right, turn};
  cases.start("views_of_a_weight");
  cases.node("MatMul", {}, {in({2, 3, 4}), weight({5, 4})});
  cases.all.back().graph.nodes.pop_back();
  cases.node("MatMul", {"x0", transpose(cases, "w0", {1, 0})}, {});
  cases.start("views_of_a_transpose_that_no_strides_tell");  // its rows merge, those of its transpose do not
  const std::string part = slice(cases, cases.operand(in({2, 24})), 1, 1, 13);
  const std::string matrices = transpose(cases, reshape(cases, part, {2, 3, 4}), {1, 2, 0});
  cases.node("MatMul", {reshape(cases, cases.operand(in({2, 30})), {3, 5, 4}), matrices}, {});
  cases.start("views_in_another_order");
  const std::string turned_rows = transpose(cases, cases.node("Sigmoid", {}, {in({2, 3, 4, 6})}), {0, 2, 1, 3});
  cases.node("Relu", {cases.node("MatMul", {turned_rows}, {weight({6, 5})})}, {});
}

}  // namespace phosphene::test
