// A box of the value goes back to the input, node by node (source_box.h). A value used in several places is seen in the smallest box around
// all of them.
#include "phosphene/model/receptive_field.h"

#include <algorithm>
#include <map>

#include "phosphene/base/error.h"
#include "phosphene/model/source_box.h"

namespace phosphene {

PixelRect receptive_field(const Graph& graph, const std::string& input, const std::string& value, Position position) {
  const GraphInput* picture = graph.find_input(input);
  if (!picture) throw Error(fmt::format("no input {}", input));
  if (!graph.has_value(value)) throw Error(fmt::format("no value {}", value), "`phosphene inspect` lists the layers");
  const Shape& size = picture->type.shape;
  if (size.rank() == 4 && (size[2] == kUnknown || size[3] == kUnknown)) throw Error("the size of the picture is open", "give the size");
  std::map<std::string, Box> seen;
  Box& start = seen[value] = everything(graph.type_of(value).shape);
  if (start.size() == 4) start[2] = {position.y, position.y}, start[3] = {position.x, position.x};
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node)
    for (const std::string& output : node->outputs) {
      const auto found = seen.find(output);
      if (found == seen.end()) continue;
      const Box box = found->second;
      for (size_t i = 0; i < node->inputs.size(); ++i) {
        const std::string& from = node->inputs[i];
        if (from.empty() || graph.weights.contains(from)) continue;
        const Box source = located(fmt::format("node {} ({})", node->name, node->op),
                                   [&] { return source_box(graph, *node, i, graph.type_of(output).shape, box); });
        if (is_empty(source)) continue;
        const auto [known, is_new] = seen.insert({from, source});
        if (!is_new)
          for (size_t axis = 0; axis < source.size(); ++axis) known->second[axis].include(source[axis]);
      }
    }
  const auto found = seen.find(input);
  if (found == seen.end()) return {};
  if (found->second.size() != 4) return {0, 0, 1, 1};  // no positions: one stands for all
  const Interval rows = found->second[2], columns = found->second[3];
  return {rows.first, columns.first, rows.last - rows.first + 1, columns.last - columns.first + 1};
}

PixelRect clip(const PixelRect& rect, int64_t picture_height, int64_t picture_width) {
  const int64_t top = std::clamp<int64_t>(rect.y, 0, picture_height), bottom = std::clamp<int64_t>(rect.y + rect.height, 0, picture_height);
  const int64_t left = std::clamp<int64_t>(rect.x, 0, picture_width), right = std::clamp<int64_t>(rect.x + rect.width, 0, picture_width);
  return {top, left, bottom - top, right - left};
}

}  // namespace phosphene
