#include "phosphene/train/networks.h"

#include <algorithm>
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"
#include "phosphene/train/builder.h"
#include "phosphene/train/residual_network.h"

namespace phosphene {

namespace {

TrainableGraph fully_connected_onto(GraphBuilder& net, std::string x, const ClassifierShape& shape) {
  x = net.flatten("flat5", x);
  for (int i = 6; i <= 7; ++i) {
    const std::string name = fmt::format("fc{}", i), mask = fmt::format("drop{}", i);
    x = net.gemm(name + "/linear", x, shape.fully_connected);
    x = net.batch_norm(name + "/norm", x);
    x = net.unary(name, "Relu", x);
    x = net.masked(name + "/dropped", x, mask);
  }
  return net.finish({net.gemm("fc8", x, shape.classes, 1)});
}

}  // namespace

TrainableGraph classifier_network(const ClassifierShape& shape, uint64_t seed) {
  if (shape.blocks > 0) return residual_network(shape, seed);
  if (shape.widths.size() != 5) throw Error("the classifier has five convolutions", "give five widths");
  GraphBuilder net("classifier", seed);
  std::string x = net.input("image", {kUnknown, shape.channels, shape.size, shape.size});
  for (int i = 1; i <= 5; ++i) {
    const std::string name = fmt::format("conv{}", i);
    ConvShape conv{.out = shape.widths[static_cast<size_t>(i - 1)]};
    if (i == 1) conv.kernel = 5, conv.pad = 2, conv.stride = shape.size >= 48 ? 2 : 1;
    x = net.conv(name + "/linear", x, conv);
    x = net.batch_norm(name + "/norm", x);
    x = net.unary(name, "Relu", x);
    const bool pooled = i != 4 && (i != 3 || shape.size >= 96);
    if (pooled) x = net.max_pool(fmt::format("pool{}", i), x);
  }
  return fully_connected_onto(net, x, shape);
}

TrainableGraph classifier_head(const ClassifierShape& shape, const Shape& features, uint64_t seed) {
  GraphBuilder net("classifier", seed);
  std::string x = net.input("features", {kUnknown, features[1], features[2], features[3]});
  if (std::max(features[2], features[3]) > 4) x = net.max_pool("pool5", x);
  return fully_connected_onto(net, x, shape);
}

Graph deployed_classifier(const TrainableGraph& trained) {
  Graph graph = trained.graph;
  std::map<std::string, std::string> renamed;  // a masked value -> the value itself
  std::vector<Node> nodes;
  for (Node node : trained.graph.nodes) {
    for (std::string& input : node.inputs)
      if (renamed.contains(input)) input = renamed[input];
    if (node.op == "Mul" && trained.masks.contains(node.inputs[1])) {
      renamed[node.outputs[0]] = node.inputs[0];
      continue;
    }
    if (node.op == "BatchNormalization") {
      node.attributes.erase("training_mode");
      node.outputs.resize(1);
    }
    nodes.push_back(std::move(node));
  }
  graph.nodes = std::move(nodes);
  std::erase_if(graph.inputs, [&](const GraphInput& input) { return trained.masks.contains(input.name); });
  graph = fold_batch_normalization(infer_shapes(std::move(graph)), {});
  return cut(std::move(graph), {trained.graph.outputs[0]});
}

namespace {

// The pixel itself less what alternates around it: [k = 0] - (-1)^k C(16, k + 8) / 2^16. It lets through 1 - cos^16((pi - w) / 2) of a
// frequency w: all of the coarse ones, 90 % of a period of 3 pixels, nothing of a period of 2, which transposed convolutions leave (Odena,
// Dumoulin, Olah, Distill 2016, "Deconvolution and checkerboard artifacts").
std::vector<float> alternation_filter() {
  constexpr int kReach = 8;
  std::vector<float> taps;
  double choose = 1;  // C(16, k + 8)
  for (int k = -kReach; k <= kReach; ++k) {
    taps.push_back(static_cast<float>((k == 0 ? 1 : 0) - (k % 2 == 0 ? 1 : -1) * std::ldexp(choose, -2 * kReach)));
    choose = choose * (kReach - k) / (k + kReach + 1);
  }
  return taps;
}

std::string without_alternation(GraphBuilder& net, const std::string& from, const std::string& name) {
  const std::vector<float> taps = alternation_filter();
  return net.filter(name, net.filter(from + "/rows", from, GraphBuilder::Along::kRows, taps), GraphBuilder::Along::kColumns, taps);
}

}  // namespace

TrainableGraph generator_network(const GeneratorShape& shape, uint64_t seed) {
  const auto doublings = static_cast<int64_t>(shape.widths.size()) - 1;
  if (doublings < 1 || shape.size % (int64_t{1} << doublings) != 0)
    throw Error(fmt::format("a picture of {} pixels cannot be reached by {} doublings", shape.size, doublings),
                "give other generator widths");
  const int64_t first = shape.size >> doublings;
  const Attributes leak{{"alpha", 0.3f}};
  const double gain = 2 / (1 + 0.3 * 0.3);
  GraphBuilder net("generator", seed);
  std::string x = net.input("code", {kUnknown, shape.code});
  const int64_t grid = shape.widths[0] * first * first;
  const int64_t units[] = {shape.fully_connected, shape.fully_connected, grid};
  for (int i = 1; i <= 3; ++i) {
    const double code_gain = i == 1 ? 1 / (shape.code_deviation * shape.code_deviation) : gain;
    const std::string name = fmt::format("defc{}", 8 - i);
    x = net.gemm(name + "/linear", x, units[i - 1], code_gain);
    x = net.unary(name, "LeakyRelu", x, leak);
  }
  x = net.reshape("grid", x, {0, shape.widths[0], first, first});
  for (int64_t i = 1; i <= doublings; ++i) {
    const int64_t out = shape.widths[static_cast<size_t>(i)];
    const std::string up = fmt::format("deconv{}", i), same = fmt::format("conv{}", i);
    x = net.transposed_conv(up + "/linear", x, {.out = out, .kernel = 4, .stride = 2, .pad = 1}, gain);
    x = net.unary(up, "LeakyRelu", x, leak);
    if (i == doublings) {
      x = net.rename(net.conv("image", x, {.out = shape.channels}, 0.5), "drawn");
      return net.finish({without_alternation(net, x, "image")});
    }
    x = net.conv(same + "/linear", x, {.out = out}, gain);
    x = net.unary(same, "LeakyRelu", x, leak);
  }
  return {};
}

TrainableGraph discriminator_network(const DiscriminatorShape& shape, uint64_t seed) {
  const Attributes leak{{"alpha", 0.2f}};
  GraphBuilder net("discriminator", seed);
  std::string x = net.input("image", {kUnknown, shape.channels, shape.size, shape.size});
  const std::string code = net.input("code", {kUnknown, shape.code});
  x = without_alternation(net, x, "filtered");  // what a generator cannot draw says nothing of its quality
  std::set<std::string> shown;
  for (size_t i = 0; i < shape.widths.size(); ++i) {
    const std::string name = fmt::format("disc{}", i + 1);
    x = net.conv(name + "/linear", x, {.out = shape.widths[i], .kernel = 4, .stride = 2, .pad = 1});
    for (const DiscriminatorShape::Map& map : shape.maps) {
      // Pools without padding come out one short: 31 where the half of the half of 128 is 32.
      const Shape own = net.shape(x);
      const int64_t missing = own[2] - map.shape[2];
      if (missing < 0 || missing > 1 || own[3] - map.shape[3] != missing || shown.contains(map.name)) continue;
      const std::string seen = net.input(DiscriminatorShape::kSeen + map.name, map.shape), part = name + "/" + map.name;
      const ConvShape onto{.out = shape.widths[i], .kernel = 1 + missing, .pad = missing};
      x = net.binary(part + "/sum", "Add", x, net.conv(part, seen, onto, 2 / (map.deviation * map.deviation)));
      shown.insert(map.name);
    }
    x = net.unary(name, "LeakyRelu", x, leak);
  }
  for (const DiscriminatorShape::Map& map : shape.maps)
    if (!shown.contains(map.name))
      throw Error(fmt::format("the discriminator has no maps of the size of {}, {}", map.name, map.shape), "name another layer for it");
  x = net.flatten("features", x);
  std::string y = net.gemm("embedding/linear", code, shape.embedding, 2 / (shape.code_deviation * shape.code_deviation));
  y = net.unary("embedding", "LeakyRelu", y, leak);
  x = net.concat("joined", x, y);
  x = net.gemm("judge/linear", x, shape.embedding);
  x = net.unary("judge", "LeakyRelu", x, leak);
  return net.finish({net.gemm("score", x, 1, 1)});
}

}  // namespace phosphene
