// The lanes of convolutions' kernels in AVX-512, of float32 and of bf16. Who includes this compiles for these instructions.
#pragma once

#include "phosphene/engine/onednn/vectors.h"

#if defined(__x86_64__)

#include <cstdint>
#include <cstring>

#define PHOSPHENE_TARGET PHOSPHENE_AVX512

namespace phosphene::onednn {

namespace {

struct Lanes {
  using Vector = __m512;
  static constexpr int kLanes = 16, kRows = 14;
  PHOSPHENE_INLINE static Vector load(const float* from) { return _mm512_loadu_ps(from); }
  PHOSPHENE_INLINE static void store(float* to, Vector vector) { _mm512_storeu_ps(to, vector); }
  PHOSPHENE_INLINE static Vector spread(float value) { return _mm512_set1_ps(value); }
  PHOSPHENE_INLINE static Vector scale_unless_above_zero(Vector y, Vector slope) {
    return _mm512_mask_mul_ps(y, _mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_NGT_UQ), y, slope);
  }
};

struct Float32 : Lanes {
  using Value = float;
  using Data = Vector;
  static constexpr int kPerSum = 1;
  PHOSPHENE_INLINE static Data load_data(const float* from) { return load(from); }
  PHOSPHENE_INLINE static Data spread_data(const float* from) { return spread(*from); }
  PHOSPHENE_INLINE static Vector multiply_add(Data a, Data b, Vector sum) { return _mm512_fmadd_ps(a, b, sum); }
};

struct Bfloat16 : Lanes {
  using Value = uint16_t;
  using Data = __m512i;
  static constexpr int kPerSum = 2;
  using Lanes::load, Lanes::store;
  PHOSPHENE_INLINE static Vector load(const uint16_t* from) { return widened(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))); }
  PHOSPHENE_INLINE static void store(uint16_t* to, Vector vector) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh(vector));
  }
  PHOSPHENE_INLINE static Data load_data(const uint16_t* from) { return _mm512_loadu_si512(from); }
  PHOSPHENE_INLINE static Data spread_data(const uint16_t* from) {
    int32_t both;
    std::memcpy(&both, from, sizeof both);
    return _mm512_set1_epi32(both);
  }
  PHOSPHENE_INLINE static Vector multiply_add(Data a, Data b, Vector sum) { return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b); }
};

}  // namespace

}  // namespace phosphene::onednn

#endif
