// moved[c, y, x] = picture[c, clamp(y - down), clamp(x - right)]
#include "phosphene/train/shift.h"

#include <algorithm>

#include "phosphene/graph/passes.h"
#include "phosphene/synth/resampling.h"

namespace phosphene {

namespace {

int64_t source(int64_t at, int64_t shift, int64_t side) { return std::clamp<int64_t>(at - shift, 0, side - 1); }

}  // namespace

Shift draw_shift(Rng& rng, int64_t most) {
  const int64_t down = rng.below(2 * most + 1) - most, right = rng.below(2 * most + 1) - most;
  return {down, right};
}

void shift_picture(const Shift& shift, const PictureExtent& extent, std::span<const float> picture, std::span<float> moved) {
  auto to = moved.begin();
  for (int64_t c = 0; c < extent.channels; ++c)
    for (int64_t y = 0; y < extent.height; ++y) {
      const float* row = picture.data() + (c * extent.height + source(y, shift.down, extent.height)) * extent.width;
      for (int64_t x = 0; x < extent.width; ++x) *to++ = row[source(x, shift.right, extent.width)];
    }
}

Graph shift_network(const PictureExtent& extent) {
  const int64_t h = extent.height, w = extent.width;
  Graph graph;
  graph.name = "shift";
  graph.inputs = {{"image", {DataType::kFloat32, Shape{kUnknown, extent.channels, h, w}}},
                  {"rows", {DataType::kFloat32, Shape{kUnknown, 1, h, h}}},
                  {"columns", {DataType::kFloat32, Shape{kUnknown, 1, w, w}}}};
  graph.outputs = {"moved"};
  graph.nodes = {{"move_rows", "MatMul", {"rows", "image"}, {"moved_rows"}, {}},
                 {"turn", "Transpose", {"columns"}, {"turned"}, {{"perm", std::vector<int64_t>{0, 1, 3, 2}}}},
                 {"move_columns", "MatMul", {"moved_rows", "turned"}, {"moved"}, {}}};
  return infer_shapes(std::move(graph));
}

void write_shift(const Shift& shift, const PictureExtent& extent, std::span<float> rows, std::span<float> columns) {
  write_resampling(rows, extent.height, {.shift = -static_cast<double>(shift.down)});
  write_resampling(columns, extent.width, {.shift = -static_cast<double>(shift.right)});
}

}  // namespace phosphene
