// AVX-512, for what is written in its instructions: a function that uses them is marked PHOSPHENE_AVX512 and called where has_avx512().
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#define PHOSPHENE_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#endif

namespace phosphene::onednn {

// Whether this machine has them; for bf16 also AVX512_BF16.
inline bool has_avx512(bool bf16) {
#if defined(__x86_64__)
  static const bool vectors = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  static const bool halves = vectors && __builtin_cpu_supports("avx512bf16");
  return bf16 ? halves : vectors;
#else
  static_cast<void>(bf16);
  return false;
#endif
}

}  // namespace phosphene::onednn
