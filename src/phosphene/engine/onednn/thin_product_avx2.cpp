// The thin product in AVX2, of float32: 12 sums of 8 in registers.
#include "phosphene/engine/onednn/vectors.h"

#if defined(__x86_64__)

#define PHOSPHENE_TARGET PHOSPHENE_AVX2
#include "phosphene/engine/onednn/thin_product_kernels.h"

namespace phosphene::onednn {

namespace {

struct Float32 {
  using Element = float;
  using Data = __m256;  // a vector of elements
  using Sum = __m256;   // a vector of kVector sums
  static constexpr int kVector = 8;
  static constexpr int kPerSum = 1;      // elements whose products go into one sum
  static constexpr int kTileRows = 4;    // along: rows of a tile
  static constexpr int kTileLanes = 3;   // rows of x at a time
  static constexpr int kSums = 2;        // across: vectors of a strip at a time
  static constexpr int kBlockRows = 48;  // across
  PHOSPHENE_INLINE static Sum zero() { return _mm256_setzero_ps(); }
  PHOSPHENE_INLINE static Sum load_sum(const float* from) { return _mm256_loadu_ps(from); }
  PHOSPHENE_INLINE static void store(float* to, Sum sum) { _mm256_storeu_ps(to, sum); }
  PHOSPHENE_INLINE static float total(Sum sum) {
    const __m128 half = _mm256_castps256_ps128(sum) + _mm256_extractf128_ps(sum, 1), quarter = half + _mm_movehl_ps(half, half);
    return quarter[0] + quarter[1];
  }
  PHOSPHENE_INLINE static Data spread(Factor factor) { return _mm256_castsi256_ps(_mm256_set1_epi32(factor)); }
  PHOSPHENE_INLINE static Data load(const float* from) { return _mm256_loadu_ps(from); }
  // The first `count` of them, then zeros.
  PHOSPHENE_INLINE static Data load(const float* from, int64_t count) {
    const __m256i place = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
    return _mm256_maskload_ps(from, _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(std::clamp<int64_t>(count, 0, 8))), place));
  }
  PHOSPHENE_INLINE static Sum multiply_add(Sum sum, Data a, Data b) { return _mm256_fmadd_ps(a, b, sum); }
  // `vectors` of one row (of kPerSum rows that are `stride` apart); kWhole: all columns are there, else `columns`.
  template <bool kWhole, int vectors>
  PHOSPHENE_INLINE static void load_rows(const float* s, int64_t, int64_t columns, Data (&row)[vectors]) {
    for (int v = 0; v < vectors; ++v) row[v] = kWhole ? load(s + kVector * v) : load(s + kVector * v, columns - kVector * v);
  }
};

}  // namespace

void thin_product_avx2(const ThinProduct& p, const void* x, const void* s, const float* bias, float* y, void* scratch) {
  run<Float32>(p, x, s, bias, y, scratch);
}

}  // namespace phosphene::onednn

#endif
