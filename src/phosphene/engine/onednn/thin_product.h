// Thin product: a few rows times a large matrix, which is read once, where it lies, in its plain layout.
//
//     along rows      y[m, r] = b[r] + sum_c x[m, c] S[r, c]
//     across rows     y[m, c] = b[c] + sum_r x[m, r] S[r, c]
//
// A fully connected layer needs one of them forward and the other one backward: one copy of its weights serves both, and where they are
// float32 it is the caller's own. oneDNN's matmul wants a copy laid out for each. With few rows the matrix comes from memory once in either
// case, and that is the limit. Each y is summed by one thread in an order that depends on S alone, so that its bits depend neither on m
// nor on the number of threads.
#pragma once

#include <cstdint>

namespace phosphene::onednn {

struct ThinProduct {
  int64_t m = 0;                  // rows of x and y, at most kThinRows
  int64_t rows = 0, columns = 0;  // of S
  bool along = false;
  bool bf16 = false;   // x and S; b and y are float32
  int64_t stride = 0;  // numbers from a row of S to the next one

  int64_t from() const { return along ? columns : rows; }  // columns of x
  int64_t to() const { return along ? rows : columns; }    // columns of y
};

constexpr int64_t kThinRows = 32;  // with more, arithmetic is the limit and oneDNN's layouts pay

// Whether this machine has one: AVX-512, for float32 also AVX2.
bool has_thin_product(bool bf16);
// The stride that suits a copy of S: an odd number of pairs of lines, so that rows do not begin at the same place of a cache.
int64_t thin_product_stride(int64_t columns, bool bf16);
// Bytes that thin_product() works in.
int64_t thin_product_scratch(const ThinProduct& product);
// For machines with has_thin_product(product.bf16). x and y are dense; `bias` may be null.
void thin_product(const ThinProduct& product, const void* x, const void* s, const float* bias, float* y, void* scratch);

}  // namespace phosphene::onednn
