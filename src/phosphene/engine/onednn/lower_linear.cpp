// Gemm and MatMul by a constant matrix: y = x W^T + b, W laid out once; dx = dy W, dW = dy^T x, db = column sums of dy.
// The two products are matmuls, W laid out for each: oneDNN's inner product splits the sum over k by the number of threads, so that results
// would depend on it, and its gradient transposes W at every call. With few rows one copy of W serves both (thin_product.h). Where x is a
// flattened picture and dW is wanted, W is seen as [o, c, h, w], for which oneDNN makes dW in its plain layout.
#include "phosphene/engine/onednn/linear.h"
#include "phosphene/engine/onednn/thin_product.h"

namespace phosphene::onednn {

namespace {

// W as [k, o], or its transpose, in the caller's array.
Desc weight_view(const Linear& n, bool transpose) {
  const Dims strides = n.transposed ? Dims{1, n.k} : Dims{n.o, 1};
  return transpose ? Desc({n.o, n.k}, DataKind::f32, {strides[1], strides[0]}) : Desc({n.k, n.o}, DataKind::f32, strides);
}

// The same array as [o, k...] with the axes of a picture.
Desc picture_view(const Linear& n, Dims dims) {
  dims[0] = n.o;
  if (n.transposed) return Lowering::plain(dims);
  Dims strides(dims.size(), 1);
  int64_t step = n.o;
  for (size_t i = dims.size() - 1; i > 0; --i) {
    strides[i] = step;
    step *= dims[i];
  }
  return Desc(dims, DataKind::f32, strides);
}

void lower_weight_gradient(Lowering& l, const Node& node, const Linear& n, Layouts& gradient) {
  const std::string x = l.unflattened(n.x);
  const Dims from = Lowering::dims(l.shape(x));
  const Desc view = picture_view(n, from);
  const DataKind type = l.activation_kind();
  const Desc source = Lowering::any(from, type), to = Lowering::any({n.n, n.o}, type);
  const auto hint = describe<dnnl::inner_product_forward>(l.plan.engine(), l.plan.attributes(), dnnl::prop_kind::forward_training, source,
                                                          Lowering::any(dims_of(view), type), to);
  const auto weights = describe_backward<dnnl::inner_product_backward_weights>(l.plan.engine(), l.plan.attributes(), hint, source,
                                                                               Lowering::any(dims_of(view), DataKind::f32), to);
  const Mem out = l.plan.allocate(weights.diff_weights_desc());
  l.plan.add(node.name + " weight gradient", weights, dnnl::inner_product_backward_weights(weights),
             {{DNNL_ARG_SRC, l.value(x, weights.src_desc())},
              {DNNL_ARG_DIFF_DST, l.lay(gradient, weights.diff_dst_desc(), "gradient of " + n.y)},
              {DNNL_ARG_DIFF_WEIGHTS, out}});
  Layouts layouts{out};
  Mem mem = l.lay(layouts, view, "gradient of " + n.w);
  mem.desc = Lowering::plain(Lowering::dims(l.shape(n.w)));
  l.contribute(n.w, mem);
}

void add_thin_product(Plan& plan, const std::string& label, const ThinProduct& product, const Mem& x, const Mem& w, const Mem& bias,
                      const Mem& y) {
  const Mem scratch = plan.allocate(Lowering::plain({thin_product_scratch(product) / static_cast<int64_t>(sizeof(float))}));
  Arguments arguments{{0, x}, {1, w}, {2, y}, {3, scratch}};
  if (bias) arguments.emplace_back(4, bias);
  plan.add_body(label, product.along ? "thin product along rows" : "thin product across rows", arguments, [=, &plan] {
    thin_product(product, plan.data(x), plan.data(w), bias ? static_cast<const float*>(plan.data(bias)) : nullptr,
                 static_cast<float*>(plan.data(y)), plan.data(scratch));
  });
}

Backward lower_thin(Lowering& l, const Node& node, const Linear& n) {
  const DataKind type = l.activation_kind();
  const Dims array = n.transposed ? Dims{n.o, n.k} : Dims{n.k, n.o};
  const bool bf16 = type == DataKind::bf16;
  const int64_t stride = bf16 ? thin_product_stride(array[1], bf16) : array[1];  // in float32 the caller's array
  const Mem w = l.weight(n.w, Lowering::plain(array), Desc(array, type, {stride, 1}));
  const Mem bias = n.b.empty() ? Mem{} : l.value(n.b, Lowering::plain(Lowering::dims(l.shape(n.b))));
  const Mem result = l.plan.allocate(Lowering::plain(Lowering::dims(l.shape(n.y))));
  const ThinProduct product{n.n, array[0], array[1], n.transposed, bf16, stride};
  add_thin_product(l.plan, node.name, product, l.array_of(n.rows, type), w, bias, result);
  l.define(n.y, result);
  if (!l.wants(n.y)) return nullptr;
  return [=, &l, &node] {
    const Mem seed = l.gradient(n.y, Lowering::plain(Lowering::dims(l.shape(n.y)), type));
    const Mem out = l.plan.allocate(Lowering::plain({n.n, n.k}));
    ThinProduct back = product;
    back.along = !product.along;
    add_thin_product(l.plan, node.name + " gradient", back, seed, w, {}, out);
    l.contribute(n.rows, out);
  };
}

// An Add of a row of weights that alone reads the product goes along.
void add_bias(const Lowering& l, Linear& n) {
  const Node* user = l.only_user(n.y);
  if (!user || user->op != "Add") return;
  const std::string& row = user->inputs[user->inputs[0] == n.y ? 1 : 0];
  if (!l.is_weight(row) || l.wants(row) || l.shape(row) != Shape{n.o} || l.shape(user->outputs[0]) != l.shape(n.y)) return;
  n.b = row;
  n.y = user->outputs[0];
}

// x as the rows that are multiplied.
View rows_of(const Lowering& l, const Linear& n) {
  const auto rows = reshaped(l.view_of(n.x), {n.n, n.k});
  return rows && is_describable(*rows) ? *rows : whole_view(n.x, {n.n, n.k});
}

// Where x has the rows of an array in another order, and y may see the product of that array: how it does.
std::optional<View> other_order(Lowering& l, const Linear& n) {
  const int64_t all = l.shape(n.rows.root).size();
  const bool fixed = !l.wants(n.w) && (n.b.empty() || !l.wants(n.b)) && !l.fuse_activation(n.y);
  const bool is_order = n.rows.axes[1] == std::vector<ViewAxis>{{n.k, 1}} && n.n * n.k == all && !is_in_order(n.rows);
  if (!fixed || !is_order || l.result_kind(n.y) != l.activation_kind()) return std::nullopt;
  View y = n.rows;
  y.root = n.y + " in rows";
  for (ViewAxis& axis : y.axes[0]) {
    if (axis.stride % n.k != 0) return std::nullopt;
    axis.stride = axis.stride / n.k * n.o;
  }
  y.axes[1] = {{n.o, 1}};
  return reshaped(y, Lowering::dims(l.shape(n.y)));
}

Backward lower_rows(Lowering& l, const Node& node, Linear n) {
  n.rows = rows_of(l, n);
  const auto y = other_order(l, n);
  if (!y || !is_describable(*y)) return lower_linear(l, node, n);
  n.rows = whole_view(n.rows.root, {n.n, n.k});
  return lower_linear(l, node, n, *y);
}

}  // namespace

Backward lower_linear(Lowering& l, const Node& node, const Linear& n) {
  const bool fixed = !l.wants(n.w) && (n.b.empty() || !l.wants(n.b));
  if (fixed && n.n <= kThinRows && has_thin_product(l.activation_kind() == DataKind::bf16)) return lower_thin(l, node, n);
  const bool training = l.wants(n.y);
  const auto fused = l.fuse_activation(n.y);
  const std::string y = fused ? fused->output : n.y;
  const DataKind type = l.activation_kind(), result_type = l.result_kind(y);
  const Desc from = Lowering::plain({n.n, n.k}, type), to = Lowering::plain({n.n, n.o}, result_type);
  const Desc weights = Lowering::any({n.k, n.o}, type);
  const auto attributes = l.attributes_with(fused);
  const auto description = n.b.empty() ? describe<dnnl::matmul>(l.plan.engine(), attributes, from, weights, to)
                                       : describe<dnnl::matmul>(l.plan.engine(), attributes, from, weights, Lowering::plain({1, n.o}), to);
  const Dims shape = Lowering::dims(l.shape(n.y));
  Mem result = l.plan.allocate(to);
  Arguments arguments{{DNNL_ARG_SRC, l.array_of(n.rows, type)},
                      {DNNL_ARG_WEIGHTS, l.weight(n.w, weight_view(n, false), description.weights_desc())},
                      {DNNL_ARG_DST, result}};
  if (!n.b.empty()) {
    Mem bias = l.value(n.b, Lowering::plain(Lowering::dims(l.shape(n.b))));
    bias.desc = Lowering::plain({1, n.o});
    arguments.emplace_back(DNNL_ARG_BIAS, bias);
  }
  l.plan.add(node.name + (fused ? " + activation" : ""), description, dnnl::matmul(description), arguments);
  result.desc = Lowering::plain(shape, result_type);
  if (fused) l.absorb(n.y);  // the Add of a bias
  l.define(y, result);
  if (!training) return nullptr;
  const auto kept = fused ? l.keep(y, result, fused->activation, node.name) : Lowering::Kept{};

  return [=, &l, &node] {
    Layouts gradient = fused ? l.activation_backward(kept, fused->activation, node.name) : l.gradient(y);
    if (l.wants(n.x)) {
      const auto data = describe<dnnl::matmul>(l.plan.engine(), l.plan.attributes(), Lowering::plain({n.n, n.o}, type),
                                               Lowering::any({n.o, n.k}, type), Lowering::plain({n.n, n.k}, type));
      Mem seed = l.lay(gradient, Lowering::plain(shape, type), "gradient of " + y);
      seed.desc = data.src_desc();
      const Mem out = l.plan.allocate(data.dst_desc());
      l.plan.add(node.name + " gradient", data, dnnl::matmul(data),
                 {{DNNL_ARG_SRC, seed}, {DNNL_ARG_WEIGHTS, l.weight(n.w, weight_view(n, true), data.weights_desc())}, {DNNL_ARG_DST, out}});
      l.contribute(n.rows, out);
    }
    if (l.wants(n.w)) lower_weight_gradient(l, node, n, gradient);
    if (!n.b.empty() && l.wants(n.b)) {
      Mem sums = channel_sums(l, gradient.front(), node.name + " bias gradient");
      sums.desc = Lowering::plain(Lowering::dims(l.shape(n.b)));
      l.contribute(n.b, sums);
    }
  };
}

Backward lower_linear(Lowering& l, const Node& node, Linear n, const View& view) {
  const std::string y = n.y;
  n.y = view.root;
  l.add_value(n.y, {n.n, n.o}, l.wants(y));
  Backward step = lower_linear(l, node, n);
  l.define(y, view);
  if (!step) return nullptr;
  return [=, &l] {
    l.pass_on(y);
    step();
  };
}

Backward lower_gemm(Lowering& l, const Node& node) {
  require(l.is_weight(node.inputs[1]) && node.attributes.get_int("transA", 0) == 0 && node.attributes.get_float("alpha", 1) == 1 &&
          (!node.has_input(2) || node.attributes.get_float("beta", 1) == 1));
  const Shape from = l.shape(node.inputs[0]), to = l.shape(node.outputs[0]);
  require(from.size() > 0 && to.size() > 0);
  Linear n{.x = node.inputs[0], .w = node.inputs[1], .y = node.outputs[0], .n = from[0], .k = from[1], .o = to[1]};
  n.transposed = node.attributes.get_int("transB", 0) != 0;
  if (node.has_input(2)) {
    n.b = node.inputs[2];
    require(l.shape(n.b).size() == n.o && l.shape(n.b)[-1] == n.o);
  }
  return lower_rows(l, node, n);
}

// x may have any number of axes before its last.
Backward lower_matmul(Lowering& l, const Node& node) {
  const std::string &x = node.inputs[0], &w = node.inputs[1];
  if (!l.is_weight(w) || l.shape(w).rank() != 2) return lower_product(l, node);
  require(l.is_weight(w) && l.shape(w).rank() == 2 && l.shape(x).rank() >= 2);
  const Shape from = l.shape(x), weights = l.shape(w);
  require((from.rank() == 2 || !l.wants(w)) && from.size() > 0 && weights.size() > 0);
  Linear n{.x = x, .w = w, .y = node.outputs[0], .n = from.size() / weights[0], .k = weights[0], .o = weights[1]};
  add_bias(l, n);
  return lower_rows(l, node, n);
}

}  // namespace phosphene::onednn
