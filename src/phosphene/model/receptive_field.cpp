// Intervals [first, last] are carried from the value back to the input, per axis. A window of k taps, stride s, dilation d and padding p:
//
//     first' = first s - p             last' = last s - p + (k - 1) d
//
// a transposed window:
//
//     first' = ceil((first + p - (k - 1) d) / s)             last' = floor((last + p) / s)
//
// Values used in several places see the smallest interval around all of them. Nothing is clipped on the way.
#include "phosphene/model/receptive_field.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "phosphene/base/error.h"
#include "phosphene/graph/op.h"

namespace phosphene {
namespace {

struct Interval {
  int64_t first = 0, last = -1;  // empty

  bool empty() const { return last < first; }
  void include(const Interval& other) {
    if (other.empty()) return;
    if (empty())
      *this = other;
    else
      *this = {std::min(first, other.first), std::max(last, other.last)};
  }
};
using Field = std::array<Interval, 2>;  // rows, columns

int64_t floor_divide(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

Field everything(const Shape& shape) {
  if (shape.rank() != 4) return {Interval{0, 0}, Interval{0, 0}};  // no positions: one stands for all
  if (shape[2] == kUnknown || shape[3] == kUnknown) throw Error("the size of the picture is open", "give the size");
  return {Interval{0, shape[2] - 1}, Interval{0, shape[3] - 1}};
}

bool is_window_op(const std::string& op) { return op == "Conv" || op == "MaxPool" || op == "AveragePool" || op == "LpPool"; }

std::vector<int64_t> kernel_of(const Graph& graph, const Node& node) {
  if (node.op != "Conv" && node.op != "ConvTranspose") return node.attributes.get_ints("kernel_shape", {});
  const auto& dims = graph.type_of(node.inputs[1]).shape.dims();
  return {dims.begin() + 2, dims.end()};
}

Field through_window(const Graph& graph, const Node& node, const Shape& input, const Field& field) {
  const bool transposed = node.op == "ConvTranspose";
  const std::vector<int64_t> kernel = kernel_of(graph, node);
  const Window window = transposed ? transposed_window(node, input, kernel) : sliding_window(node, input, kernel);
  Field result;
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t s = window.strides[axis], p = window.pads_begin[axis], reach = (window.kernel[axis] - 1) * window.dilations[axis];
    const auto [first, last] = field[axis];
    if (transposed)
      result[axis] = {-floor_divide(-(first + p - reach), s), floor_divide(last + p, s)};
    else
      result[axis] = {first * s - p, last * s - p + reach};
  }
  return result;
}

// Half-pixel centres, linear between neighbours; the other modes see no more than one pixel beside.
Field through_resize(const Shape& input, const Shape& output, const Field& field) {
  Field result;
  for (int axis = 0; axis < 2; ++axis) {
    const double ratio = static_cast<double>(input[axis + 2]) / static_cast<double>(output[axis + 2]);
    const auto [first, last] = field[static_cast<size_t>(axis)];
    const auto source = [&](int64_t position) { return (static_cast<double>(position) + 0.5) * ratio - 0.5; };
    result[static_cast<size_t>(axis)] = {static_cast<int64_t>(std::floor(source(first))), static_cast<int64_t>(std::ceil(source(last)))};
  }
  return result;
}

bool mixes_positions(const std::string& op) {
  static constexpr const char* kMixing[] = {"GlobalAveragePool",
                                            "GlobalMaxPool",
                                            "Gemm",
                                            "MatMul",
                                            "Flatten",
                                            "Reshape",
                                            "Transpose",
                                            "ReduceMean",
                                            "ReduceSum",
                                            "ReduceMax",
                                            "Pad",
                                            "Slice",
                                            "InstanceNormalization",
                                            "LayerNormalization"};
  return std::find(std::begin(kMixing), std::end(kMixing), op) != std::end(kMixing);
}

Field through(const Graph& graph, const Node& node, const Shape& input, const Shape& output, const Field& field) {
  if (input.rank() == 4 && output.rank() == 4) {
    if (is_window_op(node.op) || node.op == "ConvTranspose") return through_window(graph, node, input, field);
    if (node.op == "Resize") return through_resize(input, output, field);
    if (!mixes_positions(node.op) && input[2] == output[2] && input[3] == output[3]) return field;
  }
  return everything(input);
}

}  // namespace

PixelRect receptive_field(const Graph& graph, const std::string& input, const std::string& value, Position position) {
  if (!graph.find_input(input)) throw Error(fmt::format("no input {}", input));
  if (!graph.has_value(value)) throw Error(fmt::format("no value {}", value), "`phosphene inspect` lists the layers");
  std::map<std::string, Field> seen;
  const bool has_positions = graph.type_of(value).shape.rank() == 4;
  seen[value] =
      has_positions ? Field{Interval{position.y, position.y}, Interval{position.x, position.x}} : everything(graph.type_of(value).shape);
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    for (const std::string& output : node->outputs) {
      const auto found = seen.find(output);
      if (found == seen.end()) continue;
      const Field field = found->second;
      for (size_t i = 0; i < node->inputs.size(); ++i) {
        const std::string& from = node->inputs[i];
        if (from.empty() || graph.weights.contains(from)) continue;
        const Field back = located(fmt::format("node {} ({})", node->name, node->op),
                                   [&] { return through(graph, *node, graph.type_of(from).shape, graph.type_of(output).shape, field); });
        Field& all = seen[from];
        for (size_t axis = 0; axis < 2; ++axis) all[axis].include(back[axis]);
      }
    }
  }
  const auto found = seen.find(input);
  if (found == seen.end() || found->second[0].empty() || found->second[1].empty()) return {};
  const auto [rows, columns] = found->second;
  return {rows.first, columns.first, rows.last - rows.first + 1, columns.last - columns.first + 1};
}

PixelRect clip(const PixelRect& rect, int64_t picture_height, int64_t picture_width) {
  const int64_t top = std::clamp<int64_t>(rect.y, 0, picture_height), bottom = std::clamp<int64_t>(rect.y + rect.height, 0, picture_height);
  const int64_t left = std::clamp<int64_t>(rect.x, 0, picture_width), right = std::clamp<int64_t>(rect.x + rect.width, 0, picture_width);
  return {top, left, bottom - top, right - left};
}

}  // namespace phosphene
