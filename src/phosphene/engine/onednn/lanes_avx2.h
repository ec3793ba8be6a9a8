// The lanes of convolutions' kernels in AVX2. Who includes this compiles for these instructions.
#pragma once

#include "phosphene/engine/onednn/vectors.h"

#if defined(__x86_64__)

#define PHOSPHENE_TARGET PHOSPHENE_AVX2

namespace phosphene::onednn {

namespace {

struct Float32 {
  using Value = float;
  using Vector = __m256;
  using Data = Vector;                                      // what a product takes
  static constexpr int kLanes = 8, kRows = 6, kPerSum = 1;  // rows of a product, channels that it multiplies and adds at once
  PHOSPHENE_INLINE static Vector load(const float* from) { return _mm256_loadu_ps(from); }
  PHOSPHENE_INLINE static void store(float* to, Vector vector) { _mm256_storeu_ps(to, vector); }
  PHOSPHENE_INLINE static Vector spread(float value) { return _mm256_set1_ps(value); }
  PHOSPHENE_INLINE static Data load_data(const float* from) { return load(from); }
  PHOSPHENE_INLINE static Data spread_data(const float* from) { return spread(*from); }
  PHOSPHENE_INLINE static Vector multiply_add(Vector a, Vector b, Vector sum) { return _mm256_fmadd_ps(a, b, sum); }
  PHOSPHENE_INLINE static Vector scale_unless_above_zero(Vector y, Vector slope) {
    return _mm256_blendv_ps(y * slope, y, _mm256_cmp_ps(y, _mm256_setzero_ps(), _CMP_GT_OQ));
  }
};

}  // namespace

}  // namespace phosphene::onednn

#endif
