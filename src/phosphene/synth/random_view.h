// Random view: a picture slightly moved and scaled, another way at every step, so that a search finds what holds from anywhere
// (Mordvintsev, Olah and Tyka 2015; Olah et al., Feature Visualization, Distill 2017). Rows and columns are resampled each by a matrix:
//
//     seen = R picture C^T,   R[i, :] interpolates the row at (i - centre) / scale + centre + shift, likewise C
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace phosphene {

// The inputs of a prior's graph that take the matrices.
struct RandomView {
  std::string rows, columns;  // [n, height, height], [n, width, width]
  int64_t height = 0, width = 0;
};

// What all steps of a job draw from; `step` below its last one. The last step sees the picture as it is.
struct ViewOf {
  uint64_t seed = 0;
  int64_t step = 0;
  bool last = false;
};

// Fills the matrices of one lane.
void draw_view(const RandomView& view, const ViewOf& of, std::span<float> rows, std::span<float> columns);

}  // namespace phosphene
