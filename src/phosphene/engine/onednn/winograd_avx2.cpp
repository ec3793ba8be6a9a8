// Winograd's convolution in AVX2: 12 sums of 8 in registers.
#include "phosphene/engine/onednn/lanes_avx2.h"

#if defined(__x86_64__)

#include "phosphene/engine/onednn/winograd_kernels.h"

namespace phosphene::onednn {

void winograd_avx2(const Winograd& w, const void* x, const void* transformed, const WinogradEnd& end, void* y, float* scratch) {
  run<Float32>(w, x, transformed, end, y, scratch);
}

}  // namespace phosphene::onednn

#endif
