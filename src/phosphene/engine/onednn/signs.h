// Signs: which values of an array are above zero, one bit each. The way back of Relu and LeakyRelu needs no more of the way forward than
// that, so the values themselves, 32 (in bf16 16) times as large, need not wait for it.
//
//     dx[i] = dy[i] where y[i] > 0, else slope dy[i]          dy: a gradient, or the sum of two
#pragma once

#include <cstdint>

namespace phosphene::onednn {

constexpr int64_t kSignWord = 16;  // values, whose signs are a word
constexpr int64_t sign_words(int64_t count) { return (count + kSignWord - 1) / kSignWord; }
// Whether this machine keeps them: AVX-512, for float32 also AVX2.
bool has_signs(bool bf16);
// Both for machines with has_signs(bf16). y: `count` values in bf16 or float32; signs: sign_words(count).
void keep_signs(bool bf16, const void* y, int64_t count, uint16_t* signs);
// `more`: the second gradient of a sum, or null. dx may be dy or `more`.
void scale_by_signs(bool bf16, const uint16_t* signs, float slope, const void* dy, const void* more, int64_t count, void* dx);

}  // namespace phosphene::onednn
