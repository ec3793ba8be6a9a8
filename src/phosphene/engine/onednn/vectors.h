// AVX-512, for what is written in its instructions: a function that uses them is marked PHOSPHENE_AVX512 and called where has_avx512().
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#define PHOSPHENE_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#endif

namespace phosphene::onednn {

// Whether this machine has them, for bf16 also AVX512_BF16, and oneDNN may use them (DNNL_MAX_CPU_ISA).
bool has_avx512(bool bf16);

}  // namespace phosphene::onednn
