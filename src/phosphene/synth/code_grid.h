// Code grid: the code of a generator that draws pictures of any size, code [n, c, h, w] -> picture [n, colours, stride h, stride w] with h
// and w left open in the file. A search binds the grid to the network's input.
#pragma once

#include <cstdint>
#include <vector>

#include "phosphene/graph/graph.h"
#include "phosphene/graph/passes.h"

namespace phosphene {

constexpr int64_t kLargestGridSide = 256;  // pixels; for larger inputs the bridge enlarges the picture

struct CodeGrid {
  int64_t height = 0, width = 0;
  int64_t stride = 0;  // pixels of the picture a place of the grid, in both directions
};

bool is_open_grid(const Shape& code);  // [n, c, ?, ?]

// The smallest grid of the open generator whose picture covers `picture`; of a picture with a side above kLargestGridSide, one that covers
// it made smaller so that its longer side is that. The stride is inferred from the shapes of two grids. Error when the picture does not
// grow with the grid, or by another factor in height than in width.
CodeGrid grid_for(const Graph& generator, const ImageSize& picture);
// The generator with h and w of the grid, shapes inferred, the batch as it was.
Graph bind_grid(Graph generator, const CodeGrid& grid);

// One value a channel [c], for each place of the code [c, h, w].
std::vector<float> spread(const std::vector<float>& channels, const Shape& code);

// Whether so many values are a whole code, or the first channels of a code [c, h, w]; the others (detail, which no picture decides) are
// then zero.
bool fills_code(int64_t values, const Shape& code);

// Codes of the first `channels` of a code [c, h, w], one after the other, with the rest of each zero.
std::vector<float> with_zero_channels(const std::vector<float>& codes, int64_t channels, const Shape& code);

// Codes [k, c, h, w] on another grid: their centre where they are larger, repeated side by side about the centre where they are smaller.
std::vector<float> fit_grid(const Tensor& codes, const CodeGrid& grid);

}  // namespace phosphene
