// Gelu as exporters spell it: y = x * (Erf(x / sqrt(2)) + 1) * 0.5, the factors in any order.
#include <cmath>

#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/match.h"

namespace phosphene {

namespace {

using passes::Matcher;

bool near(std::optional<float> value, double wanted) { return value && std::abs(*value - wanted) <= 1e-5 * wanted; }

// x where `value` is Erf(x / sqrt(2)) + 1, else "".
std::string inside(const Matcher& m, const std::string& value) {
  const Node* sum = m.maker(value, "Add");
  if (!sum) return "";
  for (int side : {0, 1}) {
    const Node* erf = m.maker(*sum, side, "Erf");
    if (!erf || !near(m.scalar(sum->inputs[static_cast<size_t>(1 - side)]), 1)) continue;
    const Node *quotient = m.maker(*erf, 0, "Div"), *product = m.maker(*erf, 0, "Mul");
    if (quotient && near(m.scalar(quotient->inputs[1]), std::sqrt(2.0))) return quotient->inputs[0];
    for (size_t k : {0, 1})
      if (product && near(m.scalar(product->inputs[k]), std::sqrt(0.5))) return product->inputs[1 - k];
  }
  return "";
}

}  // namespace

Graph merge_gelu(Graph graph, const std::set<std::string>& wanted) {
  graph = infer_shapes(std::move(graph));
  const Matcher m(graph, wanted);
  std::map<std::string, Node> merged;
  for (const Node& node : graph.nodes) {
    if (node.op != "Mul") continue;
    for (int side : {0, 1}) {
      const Node* nested = m.maker(node, side, "Mul");
      if (!nested) continue;
      const std::string factors[3] = {node.inputs[static_cast<size_t>(1 - side)], nested->inputs[0], nested->inputs[1]};
      for (int half = 0; half < 3; ++half) {
        if (!near(m.scalar(factors[half]), 0.5)) continue;
        for (int sum : {(half + 1) % 3, (half + 2) % 3}) {
          const std::string& x = factors[3 - half - sum];
          if (!x.empty() && inside(m, factors[sum]) == x) merged[node.outputs[0]] = {node.name, "Gelu", {x}, {node.outputs[0]}, {}};
        }
      }
    }
  }
  return passes::replace_makers(std::move(graph), std::move(merged), wanted);
}

}  // namespace phosphene
