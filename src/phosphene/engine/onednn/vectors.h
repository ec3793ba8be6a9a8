// AVX-512 and AVX2, for what is written in their instructions: a function that uses them is marked PHOSPHENE_AVX512 or PHOSPHENE_AVX2 and
// called where has_avx512() or has_avx2().
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#define PHOSPHENE_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define PHOSPHENE_AVX2 __attribute__((target("avx2,fma")))
// In a file whose functions are all for the same instructions, which it names PHOSPHENE_TARGET.
#define PHOSPHENE_INLINE PHOSPHENE_TARGET __attribute__((always_inline)) inline
#define PHOSPHENE_UNROLL _Pragma("GCC unroll 16")  // before the compiler decides what lives in registers
#endif

namespace phosphene::onednn {

// Whether this machine has them, for bf16 also AVX512_BF16, for AVX2 also FMA, and oneDNN may use them (DNNL_MAX_CPU_ISA).
bool has_avx512(bool bf16);
bool has_avx2();
// Whether oneDNN may multiply bf16 in AMX's tiles.
bool has_amx();

#if defined(__x86_64__)
// 16 values of bf16 as float32.
PHOSPHENE_AVX512 __attribute__((always_inline)) inline __m512 widened(__m256i bf16) {
  constexpr __mmask16 kAll = 0xffff;  // GCC 12 warns of the forms without a mask
  return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(kAll, _mm512_maskz_cvtepu16_epi32(kAll, bf16), 16));
}
#endif

}  // namespace phosphene::onednn
