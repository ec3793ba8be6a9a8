// Above zero is what is above zero as an integer, too: the sign is the highest bit of a float, and +0 is all zeros. A NaN with that bit
// clear counts as above zero, one with it set does not.
#include "phosphene/engine/onednn/signs.h"

#include <algorithm>

#include "phosphene/base/error.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define PHOSPHENE_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))
#define PHOSPHENE_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

namespace phosphene::onednn {

namespace {

constexpr int64_t kParallelWords = 256;  // with fewer, threads cost more than they bring

PHOSPHENE_AVX512 inline __mmask16 first16(int64_t count) { return static_cast<__mmask16>((1u << std::clamp<int64_t>(count, 0, 16)) - 1); }

// One word's values, `count` of 64 of them.
struct Float32 {
  using Element = float;
  PHOSPHENE_AVX512 static uint64_t signs(const float* y, int64_t count) {
    uint64_t word = 0;
    for (int part = 0; part < 4; ++part) {
      const __m512i values = _mm512_maskz_loadu_epi32(first16(count - 16 * part), y + 16 * part);
      word |= static_cast<uint64_t>(_mm512_cmpgt_epi32_mask(values, _mm512_setzero_si512())) << 16 * part;
    }
    return word;
  }
  PHOSPHENE_AVX512 static void scale(uint64_t word, float slope, const float* dy, int64_t count, float* dx) {
    for (int part = 0; part < 4; ++part, word >>= 16) {
      const __mmask16 there = first16(count - 16 * part);
      const __m512 gradient = _mm512_maskz_loadu_ps(there, dy + 16 * part);
      const __mmask16 below = static_cast<__mmask16>(~word);
      _mm512_mask_storeu_ps(dx + 16 * part, there, _mm512_mask_mul_ps(gradient, below, gradient, _mm512_set1_ps(slope)));
    }
  }
};

struct Bfloat16 {
  using Element = uint16_t;
  PHOSPHENE_AVX512_BF16 static __mmask32 first32(int64_t count) {
    return static_cast<__mmask32>((uint64_t{1} << std::clamp<int64_t>(count, 0, 32)) - 1);
  }
  PHOSPHENE_AVX512_BF16 static uint64_t signs(const uint16_t* y, int64_t count) {
    uint64_t word = 0;
    for (int part = 0; part < 2; ++part) {
      const __m512i values = _mm512_maskz_loadu_epi16(first32(count - 32 * part), y + 32 * part);
      word |= static_cast<uint64_t>(_mm512_cmpgt_epi16_mask(values, _mm512_setzero_si512())) << 32 * part;
    }
    return word;
  }
  PHOSPHENE_AVX512_BF16 static void scale(uint64_t word, float slope, const uint16_t* dy, int64_t count, uint16_t* dx) {
    constexpr __mmask16 kAll = 0xffff;  // GCC 12 warns of the forms without a mask
    for (int part = 0; part < 4; ++part, word >>= 16) {
      const __mmask16 there = first16(count - 16 * part), below = static_cast<__mmask16>(~word);
      const __m256i gradient = _mm256_maskz_loadu_epi16(there, dy + 16 * part);
      const __m512 wide = _mm512_castsi512_ps(_mm512_maskz_slli_epi32(kAll, _mm512_maskz_cvtepu16_epi32(kAll, gradient), 16));
      const __m256i scaled = (__m256i)_mm512_cvtneps_pbh(_mm512_mul_ps(wide, _mm512_set1_ps(slope)));
      _mm256_mask_storeu_epi16(dx + 16 * part, there, _mm256_mask_mov_epi16(gradient, below, scaled));
    }
  }
};

template <typename T>
void keep(const void* y, int64_t count, uint64_t* signs) {
  const auto* from = static_cast<const typename T::Element*>(y);
  const int64_t words = sign_words(count);
#pragma omp parallel for schedule(static) if (words >= kParallelWords)
  for (int64_t i = 0; i < words; ++i) signs[i] = T::signs(from + 64 * i, count - 64 * i);
}

template <typename T>
void scale(const uint64_t* signs, float slope, const void* dy, int64_t count, void* dx) {
  const auto* from = static_cast<const typename T::Element*>(dy);
  auto* to = static_cast<typename T::Element*>(dx);
  const int64_t words = sign_words(count);
#pragma omp parallel for schedule(static) if (words >= kParallelWords)
  for (int64_t i = 0; i < words; ++i) T::scale(signs[i], slope, from + 64 * i, count - 64 * i, to + 64 * i);
}

}  // namespace

bool can_keep_signs(bool bf16) {
  static const bool vectors = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  static const bool halves = vectors && __builtin_cpu_supports("avx512bf16");
  return bf16 ? halves : vectors;
}

void keep_signs(bool bf16, const void* y, int64_t count, uint64_t* signs) {
  PHOSPHENE_CHECK(can_keep_signs(bf16));
  bf16 ? keep<Bfloat16>(y, count, signs) : keep<Float32>(y, count, signs);
}

void scale_by_signs(bool bf16, const uint64_t* signs, float slope, const void* dy, int64_t count, void* dx) {
  PHOSPHENE_CHECK(can_keep_signs(bf16));
  bf16 ? scale<Bfloat16>(signs, slope, dy, count, dx) : scale<Float32>(signs, slope, dy, count, dx);
}

}  // namespace phosphene::onednn

#else

namespace phosphene::onednn {

bool can_keep_signs(bool) { return false; }
void keep_signs(bool, const void*, int64_t, uint64_t*) { PHOSPHENE_CHECK(false); }
void scale_by_signs(bool, const uint64_t*, float, const void*, int64_t, void*) { PHOSPHENE_CHECK(false); }

}  // namespace phosphene::onednn

#endif
