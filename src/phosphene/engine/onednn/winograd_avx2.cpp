// Winograd's convolution in AVX2: 12 sums of 8 in registers.
#include "phosphene/engine/onednn/vectors.h"

#if defined(__x86_64__)

#define PHOSPHENE_TARGET PHOSPHENE_AVX2
#include "phosphene/engine/onednn/winograd_kernels.h"

namespace phosphene::onednn {

namespace {

struct Lanes {
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

void winograd_avx2(const Winograd& w, const void* x, const void* transformed, const WinogradEnd& end, void* y, float* scratch) {
  run<Lanes>(w, x, transformed, end, y, scratch);
}

}  // namespace phosphene::onednn

#endif
