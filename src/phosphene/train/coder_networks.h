// The networks of a picture coder: an encoder from pictures to a small grid of latents, a decoder back, and the discriminator of patches
// that the training needs. All are convolutional, so they take any size; a grid cell stands for kCoderStride x kCoderStride pixels.
#pragma once

#include <cstdint>
#include <vector>

#include "phosphene/train/trainable.h"

namespace phosphene {

inline constexpr int64_t kCoderStride = 16;

struct CoderShape {
  int64_t latents = 32, channels = 3;
  std::vector<int64_t> encoder_widths = {32, 64, 128, 192};      // after each halving
  std::vector<int64_t> decoder_widths = {256, 128, 64, 32, 24};  // on the grid, then after each doubling
  float leak = 0.2f;
};

// Height and width of the pictures; multiples of kCoderStride.
struct CoderExtent {
  int64_t height = 0, width = 0;
};
// Error for pictures of a data set that are no multiple.
void expect_whole_cells(const CoderExtent& pictures);

// As it trains: image [n, c, H, W] and noise [n, latents, H/16, W/16] -> latents (normalised over the batch: mean 0, variance 1 a channel),
// drawn [n, c, H, W] = decoder(latents + noise).
//
// Encoder: convolutions 5x5, 4x4, 4x4, 4x4 of stride 2 with LeakyReLU, residual blocks after the third and fourth, 1x1, normalisation.
// Decoder: 3x3; then a residual block and a doubling with 3x3, four times; 3x3 to pixels. The last doubling has no residual block, so few
// multiplications are made at full size.
TrainableGraph coder_network(const CoderShape& shape, const CoderExtent& extent, uint64_t seed);

// The two halves as they are used, cut out of a coder_network with trained weights; height and width are open.
Graph deployed_encoder(const Graph& trained);                           // image -> latents
Graph deployed_decoder(const Graph& trained, const CoderShape& shape);  // code [n, latents, h, w] -> image [n, c, 16 h, 16 w]
// Both, image -> drawn, with every weight of `trained` under its name, for measuring while it trains.
Graph examined_coder(const Graph& trained);

// PatchGAN (Isola et al., CVPR 2017, arXiv 1611.07004): image [n, c, H, W] -> score [n, 1, h, w], one for each patch of about 70 pixels;
// positive: taken for real.
struct PatchDiscriminatorShape {
  int64_t channels = 3;
  std::vector<int64_t> widths = {32, 64, 128};
};
TrainableGraph patch_discriminator(const PatchDiscriminatorShape& shape, const CoderExtent& extent, uint64_t seed);

}  // namespace phosphene
