// Lays the weights out, [u][o][v, c], in bf16 [u][o / 2][v, c][o % 2], and chooses the instructions.
#include "phosphene/engine/onednn/to_pixels.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/engine/onednn/to_pixels_line.h"
#include "phosphene/engine/onednn/winograd.h"
#include "phosphene/formats/half.h"

namespace phosphene::onednn {

void to_pixels_avx512(const ToPixels& layer, const void* features, const void* packed, const float* bias, float slope, void* pixels,
                      float* scratch);
void to_pixels_avx2(const ToPixels& layer, const void* features, const void* packed, const float* bias, float slope, void* pixels,
                    float* scratch);

int64_t to_pixels_weight_floats(const ToPixels& p) { return p.kernel_rows * p.features * kSpread / (p.bf16 ? 2 : 1); }

void to_pixels_weights(const ToPixels& p, const float* weights, void* packed) {
  std::fill_n(static_cast<float*>(packed), to_pixels_weight_floats(p), 0.0f);
  const int64_t pair = p.bf16 ? 2 : 1;
  for (int64_t o = 0; o < p.features; ++o)
    for (int64_t c = 0; c < p.channels; ++c)
      for (int64_t u = 0; u < p.kernel_rows; ++u)
        for (int64_t v = 0; v < p.kernel_columns; ++v, ++weights) {
          const int64_t at = ((u * p.features + o) / pair * kSpread + v * ToPixels::kMostChannels + c) * pair + o % pair;
          if (p.bf16)
            static_cast<uint16_t*>(packed)[at] = float_to_bfloat16(*weights);
          else
            static_cast<float*>(packed)[at] = *weights;
        }
}

int64_t to_pixels_scratch_floats(const ToPixels& p) { return p.threads * line_floats(p); }

void to_pixels(const ToPixels& p, const void* features, const void* packed, const float* bias, float slope, void* pixels, float* scratch) {
  const int64_t block = winograd_block(p.bf16);
  PHOSPHENE_CHECK(block > 0 && p.features % block == 0 && p.channels <= ToPixels::kMostChannels && p.kernel_rows <= ToPixels::kMostRows &&
                  p.kernel_columns <= ToPixels::kMostColumns);
#if defined(__x86_64__)
  (block == 16 ? to_pixels_avx512 : to_pixels_avx2)(p, features, packed, bias, slope, pixels, scratch);
#endif
}

}  // namespace phosphene::onednn
