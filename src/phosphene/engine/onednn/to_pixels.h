// From features to pixels: the adjoint of a convolution of stride 2 over pictures of few channels, a generator's last layer and the
// gradient of a network's first one.
//
//     pixels[c, 2 y + u - top, 2 x + v - left] = b[c] + sum over o, y, u, x, v of W[o, c, u, v] features[o, y, x]
//
// The 4 x 4 values (v, c) that a feature adds to a row are the lanes of a vector, so that a row of sums is a product over (o, u), without
// the zeros between pixels that a dense convolution would multiply; then neighbours in x are added where they overlap. Each pixel is summed
// by one thread in an order of its own.
#pragma once

#include <cstdint>

namespace phosphene::onednn {

struct ToPixels {
  int64_t pictures = 0;
  int64_t features = 0, height = 0, width = 0;                  // in blocks of winograd_block() channels, a multiple of it
  int64_t channels = 0, picture_height = 0, picture_width = 0;  // up to kMostChannels, a plain array
  int64_t kernel_rows = 0, kernel_columns = 0;                  // up to kMostRows, kMostColumns
  int64_t pad_top = 0, pad_left = 0;
  bool bf16 = false;  // features, weights and pixels; sums and b are float32
  int threads = 1;

  static constexpr int64_t kMostChannels = 4, kMostRows = 8, kMostColumns = 4, kStride = 2;
};

// The weights as they are read: the room of how many floats, and from the plain array [features, channels, kernel_rows, kernel_columns].
int64_t to_pixels_weight_floats(const ToPixels& layer);
void to_pixels_weights(const ToPixels& layer, const float* weights, void* packed);

// Floats that to_pixels() works in.
int64_t to_pixels_scratch_floats(const ToPixels& layer);
// For machines with winograd_block(layer.bf16). Of the sums where they are not above zero `slope` times is kept; `bias` may be null.
void to_pixels(const ToPixels& layer, const void* features, const void* packed, const float* bias, float slope, void* pixels,
               float* scratch);

}  // namespace phosphene::onednn
