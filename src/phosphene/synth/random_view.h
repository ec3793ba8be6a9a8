// Random view: a picture slightly moved and scaled, or a box of it enlarged, another way at every step, so that a search finds what holds
// from anywhere (Mordvintsev, Olah and Tyka 2015; Olah et al., Feature Visualization, Distill 2017). Rows and columns are resampled each by
// a matrix; noise may be added:
//
//     seen = R picture C^T + noise,   R[i, :] interpolates the row at (i - centre) / scale + centre + shift, likewise C
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace phosphene {

// What views a prior asks for; the defaults are Olah et al.'s.
struct Views {
  double smallest = 0.9, largest = 1.1;  // scale, the same in both directions
  double shift = 1.0 / 14;               // of the side, either way: 16 of 224 pixels; farther where an enlarged box stays in the picture
  double noise = 0;                      // standard deviation; 0: none
};

// The inputs of a prior's graph that take the view.
struct RandomView {
  std::string rows, columns;  // matrices [n, height, height], [n, width, width]
  std::string noise;          // [n, c, height, width]; empty: there is none
  int64_t height = 0, width = 0;
  Views views;
};

// What all steps of a job draw from; `step` below its last one. The last step sees the picture as it is,
// without noise.
struct ViewOf {
  uint64_t seed = 0;
  int64_t step = 0;
  bool last = false;
};

// The inputs of one lane, of the shapes above without n.
struct ViewInputs {
  std::span<float> rows, columns, noise;
};
void draw_view(const RandomView& view, const ViewOf& of, const ViewInputs& inputs);

}  // namespace phosphene
