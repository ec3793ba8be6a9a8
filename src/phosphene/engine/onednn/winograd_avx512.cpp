// Winograd's convolution in AVX-512: 28 sums of 16 in registers.
#include "phosphene/engine/onednn/vectors.h"

#if defined(__x86_64__)

#define PHOSPHENE_TARGET PHOSPHENE_AVX512
#include "phosphene/engine/onednn/winograd_kernels.h"

namespace phosphene::onednn {

namespace {

struct Lanes {
  using Vector = __m512;
  static constexpr int kLanes = 16, kRows = 14;  // rows: of a product
  PHOSPHENE_INLINE static Vector load(const float* from) { return _mm512_loadu_ps(from); }
  PHOSPHENE_INLINE static void store(float* to, Vector vector) { _mm512_storeu_ps(to, vector); }
  PHOSPHENE_INLINE static Vector spread(float value) { return _mm512_set1_ps(value); }
  PHOSPHENE_INLINE static Vector multiply_add(Vector a, Vector b, Vector sum) { return _mm512_fmadd_ps(a, b, sum); }
  PHOSPHENE_INLINE static Vector scale_unless_above_zero(Vector y, Vector slope) {
    return _mm512_mask_mul_ps(y, _mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_NGT_UQ), y, slope);
  }
};

}  // namespace

void winograd_avx512(const Winograd& w, const float* x, const float* transformed, const WinogradEnd& end, float* y, float* scratch) {
  run<Lanes>(w, x, transformed, end, y, scratch);
}

}  // namespace phosphene::onednn

#endif
