// From features to pixels in AVX2: 6 features at a time.
#include "phosphene/engine/onednn/lanes_avx2.h"

#if defined(__x86_64__)

#include "phosphene/engine/onednn/to_pixels_kernels.h"

namespace phosphene::onednn {

void to_pixels_avx2(const ToPixels& p, const void* features, const void* packed, const float* bias, float slope, void* pixels,
                    float* scratch) {
  run<Float32>(p, features, packed, bias, slope, pixels, scratch);
}

}  // namespace phosphene::onednn

#endif
