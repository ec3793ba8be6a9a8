// Winograd's convolution in AVX-512: 28 sums of 16 in registers, of bf16 each of the products of two neighbours.
#include "phosphene/engine/onednn/lanes_avx512.h"

#if defined(__x86_64__)

#include "phosphene/engine/onednn/winograd_kernels.h"

namespace phosphene::onednn {

void winograd_avx512(const Winograd& w, const void* x, const void* transformed, const WinogradEnd& end, void* y, float* scratch) {
  w.bf16 ? run<Bfloat16>(w, x, transformed, end, y, scratch) : run<Float32>(w, x, transformed, end, y, scratch);
}

}  // namespace phosphene::onednn

#endif
