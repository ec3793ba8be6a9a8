// The thin product in AVX-512: 24 sums of 16 in registers; in bf16 two rows of S at a time, as the instruction adds the products of
// neighbours.
#include "phosphene/engine/onednn/vectors.h"

#if defined(__x86_64__)

#define PHOSPHENE_TARGET PHOSPHENE_AVX512
#include "phosphene/engine/onednn/thin_product_kernels.h"

namespace phosphene::onednn {

namespace {

struct Vectors {
  using Data = __m512i;
  using Sum = __m512;
  static constexpr int kVector = 16, kTileRows = 6, kTileLanes = 4, kSums = 4, kBlockRows = 96;
  PHOSPHENE_INLINE static Sum zero() { return _mm512_setzero_ps(); }
  PHOSPHENE_INLINE static Sum load_sum(const float* from) { return _mm512_loadu_ps(from); }
  PHOSPHENE_INLINE static void store(float* to, Sum sum) { _mm512_storeu_ps(to, sum); }
  PHOSPHENE_INLINE static float total(Sum sum) {
    const __m256 half = __builtin_shufflevector(sum, sum, 0, 1, 2, 3, 4, 5, 6, 7) +  // GCC 12 warns of the intrinsic functions
                        __builtin_shufflevector(sum, sum, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m128 quarter = _mm256_castps256_ps128(half) + _mm256_extractf128_ps(half, 1),
                 eighth = quarter + _mm_movehl_ps(quarter, quarter);
    return eighth[0] + eighth[1];
  }
  PHOSPHENE_INLINE static Data spread(Factor factor) { return _mm512_set1_epi32(factor); }
};

struct Float32 : Vectors {
  using Element = float;
  static constexpr int kPerSum = 1;
  PHOSPHENE_INLINE static Data load(const float* from) { return _mm512_loadu_si512(from); }
  PHOSPHENE_INLINE static Data load(const float* from, int64_t count) {
    return _mm512_maskz_loadu_epi32(static_cast<__mmask16>((1u << std::clamp<int64_t>(count, 0, 16)) - 1), from);
  }
  PHOSPHENE_INLINE static Sum multiply_add(Sum sum, Data a, Data b) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b), sum);
  }
  template <bool kWhole>
  PHOSPHENE_INLINE static void load_rows(const float* s, int64_t, int64_t columns, Data (&row)[4]) {
    for (int v = 0; v < 4; ++v) row[v] = kWhole ? load(s + kVector * v) : load(s + kVector * v, columns - kVector * v);
  }
};

struct Bfloat16 : Vectors {
  using Element = uint16_t;
  static constexpr int kPerSum = 2;
  PHOSPHENE_INLINE static Data load(const uint16_t* from) { return _mm512_loadu_si512(from); }
  PHOSPHENE_INLINE static Data load(const uint16_t* from, int64_t count) {
    return _mm512_maskz_loadu_epi16(static_cast<__mmask32>((uint64_t{1} << std::clamp<int64_t>(count, 0, 32)) - 1), from);
  }
  PHOSPHENE_INLINE static Sum multiply_add(Sum sum, Data a, Data b) { return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b); }
  // Two rows, interleaved.
  template <bool kWhole>
  PHOSPHENE_INLINE static void load_rows(const uint16_t* s, int64_t stride, int64_t columns, Data (&row)[4]) {
    const __m512i counting = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i low = _mm512_or_si512(counting, _mm512_slli_epi32(_mm512_add_epi32(counting, _mm512_set1_epi32(32)), 16));
    const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(kVector));
    for (int v = 0; v < 4; v += 2) {
      const uint16_t* at = s + kVector * v;
      const int64_t count = columns - kVector * v;
      const __m512i a = kWhole ? load(at) : load(at, count);
      const __m512i b = kWhole ? load(at + stride) : stride ? load(at + stride, count) : _mm512_setzero_si512();
      row[v] = _mm512_permutex2var_epi16(a, low, b);
      row[v + 1] = _mm512_permutex2var_epi16(a, high, b);
    }
  }
};

}  // namespace

void thin_product_avx512(const ThinProduct& p, const void* x, const void* s, const float* bias, float* y, void* scratch) {
  p.bf16 ? run<Bfloat16>(p, x, s, bias, y, scratch) : run<Float32>(p, x, s, bias, y, scratch);
}

}  // namespace phosphene::onednn

#endif
