#include "phosphene/synth/layer_chain.h"

#include "phosphene/base/error.h"
#include "phosphene/graph/passes/rewrite.h"
#include "phosphene/model/unit_axis.h"

namespace phosphene {

namespace {

const std::string kPriorPrefix = "prior/", kNetworkPrefix = "network/";

// Adds what an objective raises of a layer's value, units on axis 1: the logarithm of every unit's probability, with kBoth the value and
// it; returns its name. Shapes must be inferred.
std::string add_raised(Graph& graph, const std::string& value, const std::string& layer, const std::string& objective) {
  if (objective == kActivation) return value;
  const Node* producer = graph.find_producer(layer);
  if (producer && producer->op == "Softmax")
    throw Error(fmt::format("layer {} > its units are probabilities already", layer),
                fmt::format("give --layer {}, which it is made of, or raise the activation", producer->inputs[0]));
  const Shape& shape = graph.type_of(value).shape;
  if (shape.rank() < 2) return value;  // has no units
  if (shape[1] == 1) throw Error(fmt::format("layer {} > it has one unit, whose probability is always 1", layer), "raise the activation");
  const std::string log_probability = passes::unique_name(graph, value + "/log_probability");
  graph.nodes.push_back({log_probability, "LogSoftmax", {value}, {log_probability}, {{"axis", int64_t{1}}}});
  graph.outputs.push_back(log_probability);
  if (objective == kBoth) {
    const std::string both = passes::unique_name(graph, value + "/both");
    graph.nodes.push_back({both, "Add", {value, log_probability}, {both}, {}});
    graph.outputs.back() = both;
  }
  return graph.outputs.back();
}

}  // namespace

LayerChain chain_to_layers(const Model& network, const Prior& prior, const LayerChainOptions& options) {
  const PictureSpace input = input_space(network, {prior.picture.height, prior.picture.width});
  LayerChain result;
  Graph first = infer_shapes(bind_batch(prior.graph, options.batch));
  std::string seen = prior.image;
  if (options.views) {
    RandomView& view = result.view.emplace(append_view(first, prior.image, prior.picture.preprocess, *options.views));
    seen = view.seen;
    for (std::string* name : {&view.rows, &view.columns, &view.noise, &view.seen})
      if (!name->empty()) *name = kPriorPrefix + *name;
  }
  std::vector<std::string> values = options.layers;  // with their units on axis 1
  Graph second = units_first(cut(bind_batch(network.graph, options.batch, {input.height, input.width}), options.layers), values);
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string raised = add_raised(second, values[i], options.layers[i], options.objective);
    result.layers.push_back({kNetworkPrefix + values[i], kNetworkPrefix + raised});
  }
  result.graph = infer_shapes(
      chain(first, seen, make_bridge(prior.picture, input), second, network.input().name, ChainNames{kPriorPrefix, kNetworkPrefix}));
  result.code = kPriorPrefix + prior.code;
  result.image = kPriorPrefix + prior.image;
  return result;
}

}  // namespace phosphene
