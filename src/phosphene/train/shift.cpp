// moved[c, y, x] = image[c, clamp(y - down), clamp(x - right)]
#include "phosphene/train/shift.h"

#include "phosphene/graph/passes.h"
#include "phosphene/synth/resampling.h"

namespace phosphene {

Shift draw_shift(Rng& rng, int64_t most) {
  const int64_t down = rng.below(2 * most + 1) - most, right = rng.below(2 * most + 1) - most;
  return {down, right};
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
