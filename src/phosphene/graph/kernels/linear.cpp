// Matrix products.
//
//     Gemm    Y = alpha A' B' + beta C,   A' [m, k], B' [k, n], a prime being an optional transposition, C broadcast to [m, n]
//     MatMul  Y[..., m, n] = sum_k A[..., m, k] B[..., k, n], leading axes broadcast, a vector being a row on the left and a column on the
//     right
#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

namespace {

// A matrix inside an array: element (row, column) at data[row * row_step + column * column_step].
template <typename Value>
struct View {
  Value* data;
  int64_t row_step, column_step;
  Value& operator()(int64_t row, int64_t column) const { return data[row * row_step + column * column_step]; }
  View transposed() const { return {data, column_step, row_step}; }
};
using Matrix = View<double>;
using ConstMatrix = View<const double>;

struct Extents {
  int64_t m, k, n;
};

// Y += alpha A B. Each row of Y belongs to one thread.
void multiply_add(const Extents& e, double alpha, ConstMatrix a, ConstMatrix b, Matrix y) {
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < e.m; ++i) {
    if (b.row_step == 1 && a.column_step == 1) {
      for (int64_t j = 0; j < e.n; ++j) {
        double sum = 0;
        for (int64_t l = 0; l < e.k; ++l) sum += a(i, l) * b(l, j);
        y(i, j) += alpha * sum;
      }
    } else {
      for (int64_t l = 0; l < e.k; ++l) {
        const double factor = alpha * a(i, l);
        for (int64_t j = 0; j < e.n; ++j) y(i, j) += factor * b(l, j);
      }
    }
  }
}

struct Gemm {
  double alpha, beta;
  bool trans_a, trans_b;
  Extents extents;

  Gemm(const Node& node, const Shape& a, const Shape& y)
      : alpha(node.attributes.get_float("alpha", 1)),
        beta(node.attributes.get_float("beta", 1)),
        trans_a(node.attributes.get_int("transA", 0) != 0),
        trans_b(node.attributes.get_int("transB", 0) != 0),
        extents{y[0], trans_a ? a[0] : a[1], y[1]} {}

  template <typename Value>
  View<Value> a(Value* data) const {
    return trans_a ? View<Value>{data, 1, extents.m} : View<Value>{data, extents.k, 1};
  }
  template <typename Value>
  View<Value> b(Value* data) const {
    return trans_b ? View<Value>{data, 1, extents.k} : View<Value>{data, extents.n, 1};
  }
  template <typename Value>
  View<Value> y(Value* data) const {
    return {data, extents.n, 1};
  }
};

void gemm_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  Array& y = *outputs[0];
  const Gemm gemm(node, inputs[0]->shape, y.shape);
  std::fill(y.values.begin(), y.values.end(), 0.0);
  if (const Array* c = at(inputs, 2)) {
    const auto map = broadcast_map(c->shape, y.shape);
    for (size_t i = 0; i < map.size(); ++i) y.values[i] = gemm.beta * c->values[static_cast<size_t>(map[i])];
  }
  multiply_add(gemm.extents, gemm.alpha, gemm.a(inputs[0]->values.data()), gemm.b(inputs[1]->values.data()), gemm.y(y.values.data()));
}

void gemm_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                   const Arrays& grad_inputs) {
  const Array* dy = grad_outputs[0];
  if (!dy) return;
  const Gemm gemm(node, inputs[0]->shape, dy->shape);
  const auto [m, k, n] = gemm.extents;
  const ConstMatrix g = gemm.y(dy->values.data());
  if (Array* da = at(grad_inputs, 0))  // dA' = dY B'^T
    multiply_add({m, n, k}, gemm.alpha, g, gemm.b(inputs[1]->values.data()).transposed(), gemm.a(da->values.data()));
  if (Array* db = at(grad_inputs, 1))  // dB' = A'^T dY
    multiply_add({k, m, n}, gemm.alpha, gemm.a(inputs[0]->values.data()).transposed(), g, gemm.b(db->values.data()));
  if (Array* dc = at(grad_inputs, 2)) {
    const auto map = broadcast_map(dc->shape, dy->shape);
    for (size_t i = 0; i < map.size(); ++i) dc->values[static_cast<size_t>(map[i])] += gemm.beta * dy->values[i];
  }
}

// The matrices of a batched product: which matrix of A and of B makes each matrix of Y.
struct Batches {
  Extents extents;
  std::vector<int64_t> a, b;  // by matrix of Y

  Batches(Shape a_shape, Shape b_shape) {
    if (a_shape.rank() == 1) a_shape = Shape{1, a_shape[0]};
    if (b_shape.rank() == 1) b_shape = Shape{b_shape[0], 1};
    extents = {a_shape[-2], a_shape[-1], b_shape[-1]};
    const Shape a_lead(std::vector<int64_t>(a_shape.begin(), a_shape.end() - 2)),
        b_lead(std::vector<int64_t>(b_shape.begin(), b_shape.end() - 2));
    const Shape lead = broadcast(a_lead, b_lead);
    a = broadcast_map(a_lead, lead);
    b = broadcast_map(b_lead, lead);
  }
};

void matmul_forward(const Node&, const ConstArrays& inputs, const Arrays& outputs) {
  const Batches batches(inputs[0]->shape, inputs[1]->shape);
  const auto [m, k, n] = batches.extents;
  std::fill(outputs[0]->values.begin(), outputs[0]->values.end(), 0.0);
  for (size_t i = 0; i < batches.a.size(); ++i)
    multiply_add(batches.extents, 1, ConstMatrix{inputs[0]->values.data() + batches.a[i] * m * k, k, 1},
                 ConstMatrix{inputs[1]->values.data() + batches.b[i] * k * n, n, 1},
                 Matrix{outputs[0]->values.data() + static_cast<int64_t>(i) * m * n, n, 1});
}

void matmul_backward(const Node&, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                     const Arrays& grad_inputs) {
  const Array* dy = grad_outputs[0];
  if (!dy) return;
  const Batches batches(inputs[0]->shape, inputs[1]->shape);
  const auto [m, k, n] = batches.extents;
  for (size_t i = 0; i < batches.a.size(); ++i) {
    const ConstMatrix g{dy->values.data() + static_cast<int64_t>(i) * m * n, n, 1};
    const int64_t a = batches.a[i] * m * k, b = batches.b[i] * k * n;
    if (Array* da = at(grad_inputs, 0))
      multiply_add({m, n, k}, 1, g, ConstMatrix{inputs[1]->values.data() + b, n, 1}.transposed(), Matrix{da->values.data() + a, k, 1});
    if (Array* db = at(grad_inputs, 1))
      multiply_add({k, m, n}, 1, ConstMatrix{inputs[0]->values.data() + a, k, 1}.transposed(), g, Matrix{db->values.data() + b, n, 1});
  }
}

}  // namespace

std::vector<Kernel> linear_kernels() {
  return {
      {"Gemm", gemm_forward, gemm_backward},
      {"MatMul", matmul_forward, matmul_backward},
  };
}

}  // namespace phosphene::kernels
