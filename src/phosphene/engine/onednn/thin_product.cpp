// Chooses the instructions.
#include "phosphene/engine/onednn/thin_product.h"

#include "phosphene/base/error.h"
#include "phosphene/engine/onednn/vectors.h"

namespace phosphene::onednn {

void thin_product_avx512(const ThinProduct& product, const void* x, const void* s, const float* bias, float* y, void* scratch);
void thin_product_avx2(const ThinProduct& product, const void* x, const void* s, const float* bias, float* y, void* scratch);

bool has_thin_product(bool bf16) { return has_avx512(bf16) || (!bf16 && has_avx2()); }

int64_t thin_product_stride(int64_t columns, bool bf16) {
  const int64_t pair = bf16 ? 64 : 32;
  return ((columns + pair - 1) / pair | 1) * pair;
}

int64_t thin_product_scratch(const ThinProduct& p) {
  const int64_t size = p.bf16 ? 2 : 4, line = 64 / size;
  return p.m * ((p.from() + line - 1) / line * line) * size;
}

void thin_product(const ThinProduct& p, const void* x, const void* s, const float* bias, float* y, void* scratch) {
  PHOSPHENE_CHECK(p.m >= 1 && p.m <= kThinRows && has_thin_product(p.bf16));
#if defined(__x86_64__)
  (has_avx512(p.bf16) ? thin_product_avx512 : thin_product_avx2)(p, x, s, bias, y, scratch);
#endif
}

}  // namespace phosphene::onednn
