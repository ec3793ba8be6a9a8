// Above zero is what is above zero as an integer, too: the sign is the highest bit of a float, and +0 is all zeros. A NaN with that bit
// clear counts as above zero, one with it set does not.
#include "phosphene/engine/onednn/signs.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/engine/onednn/vectors.h"

#if defined(__x86_64__)

namespace phosphene::onednn {

namespace {

constexpr int64_t kParallel = 16384;  // with fewer values, threads cost more than they bring

// An element type: what is done to some values of a vector.
struct Float32 {
  using Element = float;
  PHOSPHENE_AVX512 static __mmask16 above_zero(__mmask16 some, const float* y) {
    return _mm512_cmpgt_epi32_mask(_mm512_maskz_loadu_epi32(some, y), _mm512_setzero_si512());
  }
  PHOSPHENE_AVX512 static void scale(__mmask16 some, __mmask16 scaled, float slope, const float* dy, const float* more, float* dx) {
    __m512 gradient = _mm512_maskz_loadu_ps(some, dy);
    if (more) gradient = _mm512_add_ps(gradient, _mm512_maskz_loadu_ps(some, more));
    _mm512_mask_storeu_ps(dx, some, _mm512_mask_mul_ps(gradient, scaled, gradient, _mm512_set1_ps(slope)));
  }
};

struct Bfloat16 {
  using Element = uint16_t;
  PHOSPHENE_AVX512 static __mmask16 above_zero(__mmask16 some, const uint16_t* y) {
    return _mm256_cmpgt_epi16_mask(_mm256_maskz_loadu_epi16(some, y), _mm256_setzero_si256());
  }
  PHOSPHENE_AVX512 static void scale(__mmask16 some, __mmask16 scaled, float slope, const uint16_t* dy, const uint16_t* more,
                                     uint16_t* dx) {
    __m512 gradient = widened(_mm256_maskz_loadu_epi16(some, dy));
    if (more) gradient = _mm512_add_ps(gradient, widened(_mm256_maskz_loadu_epi16(some, more)));
    _mm256_mask_storeu_epi16(dx, some, (__m256i)_mm512_cvtneps_pbh(_mm512_mask_mul_ps(gradient, scaled, gradient, _mm512_set1_ps(slope))));
  }
};

// Which of the values from `first` on a vector holds.
__mmask16 there(int64_t first, int64_t count) { return static_cast<__mmask16>((1u << std::min(count - first, kSignWord)) - 1); }

template <typename T>
PHOSPHENE_AVX512 void keep(const void* y, int64_t count, uint16_t* signs) {
  const auto* from = static_cast<const typename T::Element*>(y);
#pragma omp parallel for schedule(static) if (count >= kParallel)
  for (int64_t first = 0; first < count; first += kSignWord) signs[first / kSignWord] = T::above_zero(there(first, count), from + first);
}

template <typename T>
PHOSPHENE_AVX512 void scale(const uint16_t* signs, float slope, const void* dy, const void* more, int64_t count, void* dx) {
  const auto *from = static_cast<const typename T::Element*>(dy), *second = static_cast<const typename T::Element*>(more);
  auto* to = static_cast<typename T::Element*>(dx);
#pragma omp parallel for schedule(static) if (count >= kParallel)
  for (int64_t first = 0; first < count; first += kSignWord)
    T::scale(there(first, count), static_cast<__mmask16>(~signs[first / kSignWord]), slope, from + first, second ? second + first : nullptr,
             to + first);
}

// In AVX2, of float32: half a word a vector. A mask of the first `count` of 8.
PHOSPHENE_AVX2 __m256i first_of(int64_t count) {
  const __m256i places = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(std::min<int64_t>(count, 8))), places);
}

PHOSPHENE_AVX2 void keep_avx2(const float* y, int64_t count, uint16_t* signs) {
#pragma omp parallel for schedule(static) if (count >= kParallel)
  for (int64_t word = 0; word < sign_words(count); ++word) {
    int bits = 0;
    for (int64_t half = 0, at = word * kSignWord; half < kSignWord && at < count; half += 8, at += 8) {
      const __m256i values = _mm256_castps_si256(_mm256_maskload_ps(y + at, first_of(count - at)));
      bits |= _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(values, _mm256_setzero_si256()))) << half;
    }
    signs[word] = static_cast<uint16_t>(bits);
  }
}

PHOSPHENE_AVX2 void scale_avx2(const uint16_t* signs, float slope, const float* dy, const float* more, int64_t count, float* dx) {
#pragma omp parallel for schedule(static) if (count >= kParallel)
  for (int64_t word = 0; word < sign_words(count); ++word)
    for (int64_t half = 0, at = word * kSignWord; half < kSignWord && at < count; half += 8, at += 8) {
      const __m256i some = first_of(count - at), bit = _mm256_set_epi32(128, 64, 32, 16, 8, 4, 2, 1);
      const __m256i above = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(signs[word] >> half), bit), bit);
      __m256 gradient = _mm256_maskload_ps(dy + at, some);
      if (more) gradient = _mm256_add_ps(gradient, _mm256_maskload_ps(more + at, some));
      const __m256 scaled = _mm256_mul_ps(gradient, _mm256_set1_ps(slope));
      _mm256_maskstore_ps(dx + at, some, _mm256_blendv_ps(scaled, gradient, _mm256_castsi256_ps(above)));
    }
}

}  // namespace

bool has_signs(bool bf16) { return has_avx512(bf16) || (!bf16 && has_avx2()); }

void keep_signs(bool bf16, const void* y, int64_t count, uint16_t* signs) {
  PHOSPHENE_CHECK(has_signs(bf16));
  if (!has_avx512(bf16)) return keep_avx2(static_cast<const float*>(y), count, signs);
  bf16 ? keep<Bfloat16>(y, count, signs) : keep<Float32>(y, count, signs);
}

void scale_by_signs(bool bf16, const uint16_t* signs, float slope, const void* dy, const void* more, int64_t count, void* dx) {
  PHOSPHENE_CHECK(has_signs(bf16));
  if (!has_avx512(bf16))
    return scale_avx2(signs, slope, static_cast<const float*>(dy), static_cast<const float*>(more), count, static_cast<float*>(dx));
  bf16 ? scale<Bfloat16>(signs, slope, dy, more, count, dx) : scale<Float32>(signs, slope, dy, more, count, dx);
}

}  // namespace phosphene::onednn

#else

namespace phosphene::onednn {

bool has_signs(bool) { return false; }
void keep_signs(bool, const void*, int64_t, uint16_t*) { PHOSPHENE_CHECK(false); }
void scale_by_signs(bool, const uint16_t*, float, const void*, const void*, int64_t, void*) { PHOSPHENE_CHECK(false); }

}  // namespace phosphene::onednn

#endif
