// The network that models the latents of photographs: a denoiser over the whole grid.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "phosphene/train/trainable.h"

namespace phosphene {

// A U-shaped network (Ronneberger et al., MICCAI 2015, arXiv 1505.04597): residual blocks on the grid, on its half, its quarter and so on,
// and back, each scale joined with its values on the way down. It takes grids of any size: a scale has half the extents, rounded up.
//
//     noisy [n, latents, h, w] -> clean [n, latents, h, w] = noisy + U(noisy)
struct DensityShape {
  int64_t latents = 32;
  std::vector<int64_t> widths = {192, 288, 384};  // channels on the grid, then after each halving
  std::vector<int64_t> blocks = {2, 3, 2};  // residual blocks of each scale on the way down; one fewer, but at least one, on the way up
  float leak = 0.2f;
};
struct GridExtent {
  int64_t height = 0, width = 0;
};
TrainableGraph density_network(const DensityShape& shape, const GridExtent& extent, uint64_t seed);

// The generator that a search uses, for grids of any size. Its code [n, 2 latents, h, w] has two halves, the scene and the detail:
//
//     image = decoder( R(scene) + detail )
//
// R makes one scene of the whole grid; the detail, kept small by its bounds, adds what R leaves out. The values of the decoder keep their
// names, those of the denoiser stand behind "density.".
Graph generator_of_density(const Graph& trained, const DensityShape& shape, const Graph& decoder);
// Its decoder alone, as `train coder` left it: code [n, latents, h, w] -> image. Error for a graph that is no such generator.
Graph decoder_of_density(const Graph& generator);
inline const std::string kDensity = "density.", kLatents = "latents";  // the prefix; what the decoder draws

}  // namespace phosphene
