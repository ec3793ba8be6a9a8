// From features to pixels in AVX-512: 16 features at a time, in bf16 the products of two neighbours in a sum.
#include "phosphene/engine/onednn/lanes_avx512.h"

#if defined(__x86_64__)

#include "phosphene/engine/onednn/to_pixels_kernels.h"

namespace phosphene::onednn {

void to_pixels_avx512(const ToPixels& p, const void* features, const void* packed, const float* bias, float slope, void* pixels,
                      float* scratch) {
  p.bf16 ? run<Bfloat16>(p, features, packed, bias, slope, pixels, scratch)
         : run<Float32>(p, features, packed, bias, slope, pixels, scratch);
}

}  // namespace phosphene::onednn

#endif
