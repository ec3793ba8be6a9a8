// LRN as PyTorch spells it: the channels of x^2 become the first axis of a picture and are averaged there.
//
//     y = x / (AveragePool(Pad(x^2 as [n, 1, c, ...])) * alpha + bias)^beta        over `size` channels, missing ones being zero
#include <algorithm>

#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/match.h"

namespace phosphene {

namespace {

using passes::Matcher;
using Ints = std::vector<int64_t>;

// The value whose elements `value` has, in the same order.
std::string unmoved(const Matcher& m, std::string value) {
  for (;;) {
    const Node* mover = nullptr;
    for (const char* op : {"Reshape", "Unsqueeze", "Squeeze"})
      if (!mover) mover = m.maker(value, op);
    if (!mover) return value;
    value = mover->inputs[0];
  }
}

bool is_square_of(const Matcher& m, const std::string& value, const std::string& x) {
  const Node *product = m.maker(value, "Mul"), *power = m.maker(value, "Pow");
  return (product && product->inputs[0] == x && product->inputs[1] == x) ||
         (power && power->inputs[0] == x && m.scalar(power->inputs[1]) == 2.0f);
}

// A node of two inputs, one of which is a scalar.
struct Scaled {
  std::string value;
  float scalar = 0;
};
std::optional<Scaled> scaled(const Matcher& m, const std::string& value, const char* op) {
  const Node* node = m.maker(value, op);
  for (size_t side : {0, 1})
    if (const auto scalar = node ? m.scalar(node->inputs[1 - side]) : std::nullopt) return Scaled{node->inputs[side], *scalar};
  return std::nullopt;
}

// Over how many channels `pool` averages x^2, where it does nothing else and each channel lies in the middle of its own; else 0.
int64_t channels_of_mean(const Matcher& m, const Node& pool, const std::string& x) {
  const Shape &shape = m.shape(x), &padded = m.shape(pool.inputs[0]);
  const auto spatial = static_cast<size_t>(std::max(padded.rank() - 2, 0));
  const Ints ones(spatial, 1), kernel = pool.attributes.get_ints("kernel_shape", ones);
  const Ints borders = pool.attributes.get_ints("pads", Ints(2 * spatial, 0));
  if (spatial == 0 || shape.rank() < 3 || !shape.known() || pool.attributes.get_ints("strides", ones) != ones ||
      pool.attributes.get_ints("dilations", ones) != ones || pool.attributes.get_string("auto_pad", "NOTSET") != "NOTSET")
    return 0;
  const bool bordered = std::any_of(borders.begin(), borders.end(), [](int64_t border) { return border != 0; });
  if (bordered && pool.attributes.get_int("count_include_pad", 0) == 0) return 0;
  Ints around(2 * spatial + 4, 0);  // zeros before every axis, then after every axis
  for (size_t i = 0; i < 2 * spatial; ++i) around[i < spatial ? 2 + i : 4 + i] = borders[i];
  std::string view = pool.inputs[0];
  if (const Node* pad = m.maker(view, "Pad")) {
    const auto pads = m.integers(pad->inputs[1]);
    const bool zeros = !pad->has_input(2) || m.scalar(pad->inputs[2]) == 0.0f;
    if (!pads || pads->size() != around.size() || !zeros || pad->has_input(3) ||
        pad->attributes.get_string("mode", "constant") != "constant")
      return 0;
    for (size_t i = 0; i < around.size(); ++i) {
      if ((*pads)[i] < 0) return 0;
      around[i] += (*pads)[i];
    }
    view = pad->inputs[0];
  }
  Ints expected(around.size(), 0), only_channels = ones;
  const int64_t size = only_channels[0] = kernel[0];
  expected[2] = (size - 1) / 2;
  expected[4 + spatial] = size / 2;
  const Shape& viewed = m.shape(view);
  const bool channels_first = viewed[0] == shape[0] && viewed[1] == 1 && viewed[2] == shape[1] && viewed.size() == shape.size();
  return kernel == only_channels && around == expected && channels_first && is_square_of(m, unmoved(m, view), x) ? size : 0;
}

}  // namespace

Graph merge_lrn(Graph graph, const std::set<std::string>& wanted) {
  graph = infer_shapes(std::move(graph));
  const Matcher m(graph, wanted);
  std::map<std::string, Node> merged;
  for (const Node& node : graph.nodes) {
    const Node* power = node.op == "Div" ? m.maker(node, 1, "Pow") : nullptr;
    const auto beta = power ? m.scalar(power->inputs[1]) : std::nullopt;
    const auto sum = beta ? scaled(m, power->inputs[0], "Add") : std::nullopt;
    const auto product = sum ? scaled(m, sum->value, "Mul") : std::nullopt;
    const Node* pool = product ? m.maker(unmoved(m, product->value), "AveragePool") : nullptr;
    const std::string& x = node.inputs[0];
    if (!pool || m.shape(product->value) != m.shape(x)) continue;
    if (const int64_t size = channels_of_mean(m, *pool, x))
      merged[node.outputs[0]] = {
          node.name, "LRN", {x}, {node.outputs[0]}, {{"size", size}, {"alpha", product->scalar}, {"beta", *beta}, {"bias", sum->scalar}}};
  }
  return passes::replace_makers(std::move(graph), std::move(merged), wanted);
}

}  // namespace phosphene
