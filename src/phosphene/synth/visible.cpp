#include "phosphene/synth/visible.h"

#include <algorithm>

#include "phosphene/graph/op_traits.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/rewrite.h"

namespace phosphene {

namespace {

struct PixelRange {
  std::vector<float> black, white;  // one a channel
};

PixelRange range_of(const Preprocess& preprocess) {
  PixelRange range;
  for (int64_t c = 0; c < preprocess.channels(); ++c) {
    const auto values = preprocess.values_of_pixel(c);
    range.black.push_back(values.front());
    range.white.push_back(values.back());
  }
  return range;
}

// No value of it lies beyond the range, as far as its maker tells.
bool stays_within(const Graph& graph, std::string value, const PixelRange& range) {
  const auto covers = [&](float lowest, float highest) {
    return std::ranges::all_of(range.black, [&](float black) { return black <= lowest; }) &&
           std::ranges::all_of(range.white, [&](float white) { return white >= highest; });
  };
  while (const Node* node = graph.find_producer(value)) {
    if (node->op == "Sigmoid") return covers(0, 1);
    if (node->op == "Tanh") return covers(-1, 1);
    const OpValues values = traits_of(*node).values;
    if ((values != OpValues::kMoved && values != OpValues::kKept) || node->inputs.empty()) return false;
    value = node->inputs[0];
  }
  return true;
}

bool all_equal(const std::vector<float>& values) {
  return std::ranges::all_of(values, [&](float value) { return value == values.front(); });
}

}  // namespace

std::string append_visible(Graph& graph, const std::string& image, const Preprocess& preprocess) {
  const auto [black, white] = range_of(preprocess);
  if (stays_within(graph, image, {black, white})) return image;
  const auto name = [&](const char* word) { return passes::unique_name(graph, std::string("visible/") + word); };
  const auto append = [&](const char* word, const char* op, std::vector<std::string> inputs) {
    const std::string value = name(word);
    graph.nodes.push_back({value, op, std::move(inputs), {value}, {}});
    return value;
  };
  const bool alike = all_equal(black) && all_equal(white);
  const auto bound = [&](const char* word, const std::vector<float>& values) {
    std::string weight = name(word);
    graph.add_weight(weight, alike ? Tensor::scalar(values.front()) : Tensor(Shape{1, preprocess.channels(), 1, 1}, values));
    return weight;
  };
  const std::string lower = bound("black", black), upper = bound("white", white);
  const std::string visible = alike ? append("picture", "Clip", {image, lower, upper})
                                    : append("picture", "Min", {append("not_black", "Max", {image, lower}), upper});
  graph.outputs.push_back(visible);
  graph = infer_shapes(std::move(graph));
  return visible;
}

}  // namespace phosphene
