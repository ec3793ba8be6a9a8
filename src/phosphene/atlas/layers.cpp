#include "phosphene/atlas/layers.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "phosphene/graph/op_traits.h"
#include "phosphene/graph/passes.h"
#include "phosphene/model/describe.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/model/unit_axis.h"
#include "phosphene/model/units.h"
#include "phosphene/synth/picture_space.h"

namespace phosphene {

namespace {

// True: the node only adds or multiplies constants to its first input, as a bias, a scale or a normalisation in inference does.
bool is_affine(const Graph& graph, const Node& node, const std::string& value) {
  if (node.op == "BatchNormalization") return true;
  if (traits_of(node).kind != OpKind::kArithmetic || node.inputs.size() != 2) return false;
  return graph.weights.contains(node.inputs[node.inputs[0] == value ? 1 : 0]);
}

bool has_learned_weights(const Graph& graph, const Node& node) {
  if (traits_of(node).kind != OpKind::kProduct || node.inputs.size() < 2) return false;
  const TensorPtr weight = graph.constant(node.inputs[1]);
  return weight && weight->type() == DataType::kFloat32 && weight->shape().rank() >= 2;
}

// The last value of the chain of affine nodes behind a product.
std::string before_nonlinearity(const Graph& graph, const std::map<std::string, std::vector<int>>& users, std::string value) {
  for (;;) {
    const auto found = users.find(value);
    if (found == users.end() || found->second.size() != 1) return value;
    const Node& next = graph.nodes[static_cast<size_t>(found->second.front())];
    if (!is_affine(graph, next, value)) return value;
    value = next.outputs[0];
  }
}

// The values from `value` upwards to the nearest one with weights, as long as each has one computed input and is no nonlinearity but the
// last activation before a pooling.
std::string source_of_scores(const Graph& graph, const std::set<std::string>& wanted, std::string value) {
  for (int depth = 0; depth < 8; ++depth) {
    const Node* node = graph.find_producer(value);
    if (!node || traits_of(*node).kind == OpKind::kProduct) return "";
    value = node->inputs.at(0);
    if (wanted.contains(value)) return value;
  }
  return "";
}

std::vector<std::string> default_values(const Model& network) {
  const Graph& graph = network.graph;
  const auto users = consumers(graph);
  std::set<std::string> wanted;
  for (const Node& node : graph.nodes)
    if (has_learned_weights(graph, node)) wanted.insert(before_nonlinearity(graph, users, node.outputs[0]));
  const std::string scores = network.logits();
  if (!scores.empty() && !wanted.contains(scores)) {
    const std::string source = source_of_scores(graph, wanted, scores);
    if (!source.empty() && graph.type_of(source).shape.rank() > 1 && unit_count(network, source) == unit_count(network, scores))
      wanted.erase(source);
    wanted.insert(scores);
  }
  return {wanted.begin(), wanted.end()};
}

}  // namespace

ImageSize picture_size(const Model& network) {
  const PictureSpace space = input_space(network);
  return {space.height, space.width};
}

int64_t NetworkLayers::index_of(const std::string& name) const {
  const auto found = std::ranges::find(layers, name, &NetworkLayer::name);
  return found == layers.end() ? -1 : found - layers.begin();
}

std::vector<int64_t> NetworkLayers::order() const {
  std::vector<int64_t> hidden, order;
  for (size_t i = 0; i < layers.size(); ++i) (layers[i].output ? order : hidden).push_back(static_cast<int64_t>(i));
  const auto count = static_cast<int64_t>(hidden.size());
  std::vector<int64_t> places(hidden.size());
  for (int64_t i = 0; i < count; ++i) places[static_cast<size_t>(i)] = i;
  std::ranges::stable_sort(places, {}, [&](int64_t i) { return std::abs(2 * i - (count - 1)); });
  for (const int64_t place : places) order.push_back(hidden[static_cast<size_t>(place)]);
  return order;
}

NetworkLayers network_layers(const Model& network, const std::vector<std::string>& more) {
  std::vector<std::string> values = default_values(network);
  for (const std::string& value : more)
    if (std::ranges::find(values, value) == values.end()) values.push_back(value);
  std::vector<std::string> first = values;  // with units on axis 1
  const Graph bound = units_first(bind_batch(cut(network.graph, values), 1, picture_size(network)), first);
  const std::map<std::string, std::string> paths = [&] {
    std::map<std::string, std::string> result;
    const std::vector<std::string> all = layer_paths(network.graph);
    for (size_t i = 0; i < all.size(); ++i) result[network.graph.nodes[i].outputs[0]] = all[i];
    return result;
  }();
  NetworkLayers result;
  const std::string scores = network.logits();
  for (const LayerRow& row : describe(bound).layers) {
    const auto found = std::ranges::find(values, row.name);
    if (found == values.end()) continue;
    const Shape& shape = bound.type_of(first[static_cast<size_t>(found - values.begin())]).shape;
    const bool asked = std::ranges::find(more, row.name) != more.end();
    if (shape.rank() < 2 || shape.rank() > 4 || shape[0] != 1) {
      if (asked) throw Error(fmt::format("layer {} > its shape {} is not [n, units, ...]", row.name, shape), "choose another layer");
      continue;
    }
    NetworkLayer layer{.name = row.name, .op = row.op, .shape = Shape(std::vector<int64_t>(shape.begin() + 1, shape.end()))};
    const auto path = paths.find(row.name);
    layer.path = path == paths.end() ? row.name : path->second;
    layer.units = shape[1];
    layer.parameters = row.parameters, layer.multiply_adds = row.multiply_adds;
    layer.maps = shape.rank() == 4 && first[static_cast<size_t>(found - values.begin())] == row.name;
    layer.output = row.name == scores;
    layer.labelled = layer.output && static_cast<int64_t>(network.labels.size()) == layer.units;
    result.layers.push_back(std::move(layer));
  }
  for (const std::string& value : more)
    if (result.index_of(value) < 0)
      throw Error(fmt::format("layer {} > it is not the first result of a node", value), "choose another layer");
  // The layers nearest above each value, passed on from value to value.
  std::map<std::string, std::set<int64_t>> above;
  for (const Node& node : bound.nodes) {
    std::set<int64_t> sources;
    for (const std::string& input : node.inputs) {
      const int64_t index = result.index_of(input);
      if (index >= 0)
        sources.insert(index);
      else if (const auto found = above.find(input); found != above.end())
        sources.insert(found->second.begin(), found->second.end());
    }
    for (const std::string& output : node.outputs) above[output] = sources;
  }
  std::vector<std::set<int64_t>> ancestors(result.layers.size());
  for (size_t i = 0; i < result.layers.size(); ++i)
    for (const int64_t source : above[result.layers[i].name]) {
      result.edges.emplace_back(source, static_cast<int64_t>(i));
      ancestors[i].insert(source);
      ancestors[i].insert(ancestors[static_cast<size_t>(source)].begin(), ancestors[static_cast<size_t>(source)].end());
    }
  std::ranges::sort(result.edges);
  for (const auto& of : ancestors) result.ancestors.emplace_back(of.begin(), of.end());
  return result;
}

}  // namespace phosphene
