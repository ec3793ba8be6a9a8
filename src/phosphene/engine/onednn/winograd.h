// Winograd's convolution: on tiles, with a quarter to a half of the multiplications.
//
//     Y = A^T [ sum over channels of (G g G^T) . (B^T d B) ] A
//
// g: taps r x r, d: a window of t x t inputs, Y: m x m results, t = m + r - 1; the dot multiplies element by element, so that each of the
// t^2 places of all tiles is one matrix product over the channels (Lavin, Gray, arXiv 1509.09308). A convolution 4x4 of stride 2 is four
// convolutions 2x2 of stride 1, of every second pixel (a phase) each: to its narrow side they are summed in the same products, to its wide
// side each makes every second pixel. The adjoint's taps are mirrored; with windows and results mirrored instead, both directions read the
// same G g G^T. Each result is summed by one thread in an order of its own, so that its bits depend neither on the batch nor on the number
// of threads. It is about 1e-6 away from the direct sum.
//
// In bf16 windows and taps are rounded in their places, where sums cancel: with windows of 4 pixels the result is 4e-3 away from the exact
// sum, with those of 5, 6 and 7 pixels 7e-3, 1.2e-2 and 2.4e-2 (twice that if the points were integers; Barabasz et al., arXiv 1803.10986),
// directly 2e-3.
#pragma once

#include <cstdint>

namespace phosphene::onednn {

// One direction of a convolution from `wide` to `narrow`; pictures in blocks of winograd_block() channels.
struct Winograd {
  int64_t pictures = 0, groups = 1;
  int64_t wide_channels = 0, narrow_channels = 0;  // of a group, multiples of winograd_block()
  int64_t wide_height = 0, wide_width = 0, narrow_height = 0, narrow_width = 0;
  int64_t kernel = 3, stride = 1;  // 3 to 5 and 1, or 4 and 2
  int64_t pad_top = 0, pad_left = 0;
  bool to_wide = false;  // the adjoint
  bool bf16 = false;     // pictures and transformed weights; sums are float32
  int threads = 1;

  int64_t from() const { return to_wide ? narrow_channels : wide_channels; }  // channels of a group
  int64_t to() const { return to_wide ? wide_channels : narrow_channels; }
};

// 16 where has_avx512(bf16), in float32 8 where has_avx2(), else 0: there is no winograd(). Nor is there in bf16 where has_amx(), as tiles
// multiply many times faster.
int64_t winograd_block(bool bf16);

// t, by which the transformed weights differ: the side of the windows that suit pictures of this size.
int64_t winograd_window(const Winograd& winograd);

// The transformed weights, in float32 for both directions: the room of how many floats, and from the plain array
// [groups * narrow, wide, kernel, kernel].
int64_t winograd_weight_floats(const Winograd& winograd);
void winograd_weights(const Winograd& winograd, const float* weights, void* transformed);

// What is done to a sum y: y + bias + more, then times `slope` where that is not above zero.
struct WinogradEnd {
  const float* bias = nullptr;  // of groups * to(), or null
  const void* more = nullptr;   // laid out as y, or null
  float slope = 1;
};
// Floats that winograd() works in.
int64_t winograd_scratch_floats(const Winograd& winograd);
void winograd(const Winograd& winograd, const void* x, const void* transformed, const WinogradEnd& end, void* y, float* scratch);

}  // namespace phosphene::onednn
