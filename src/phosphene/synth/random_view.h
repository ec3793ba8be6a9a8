// Random view: the picture slightly moved and scaled, or a box of it enlarged, another way at every step (views.h). Rows and columns are
// resampled each by a matrix; noise may be added. The view stands between the prior's picture and the bridge to the network:
//
//     seen = R picture C^T + noise,   R[i, :] interpolates the row at (i - centre) / scale + centre + shift, likewise C
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "phosphene/graph/graph.h"
#include "phosphene/model/model.h"
#include "phosphene/synth/views.h"

namespace phosphene {

// A view in a graph: the inputs that it adds, and the value that the network sees, of the picture's shape.
struct RandomView {
  std::string rows, columns;  // matrices [n, height, height], [n, width, width]
  std::string noise;          // [n, c, height, width]; empty: there is none
  std::string seen;
  int64_t height = 0, width = 0;
  Views views;
  std::vector<float> deviations;  // of the noise, one a channel, in the picture's values; empty without noise
};

// Appends the view of the value `image`, [n, c, height, width], whose values relate to pixels as `preprocess` says. `seen` becomes the last
// output of the graph. Shapes must be inferred, and are inferred again; the batch may be open.
RandomView append_view(Graph& graph, const std::string& image, const Preprocess& preprocess, const Views& views);

// The same inputs of the same graph, drawn from other views. Without noise in the graph there is none.
RandomView with_views(RandomView view, const Preprocess& preprocess, const Views& views);

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
