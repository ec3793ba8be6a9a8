#include "phosphene/synth/layer_chain.h"

#include "phosphene/base/error.h"
#include "phosphene/model/unit_axis.h"
#include "phosphene/synth/bridge.h"
#include "phosphene/synth/encoder.h"
#include "phosphene/synth/visible.h"

namespace phosphene {

namespace {

const std::string kPriorPrefix = "prior/", kNetworkPrefix = "network/", kEncoderPrefix = "encoder/";

// Lets the prior's encoder see the value `picture`, without a view.
void append_encoder(LayerChain& to, const std::string& picture, const Model& network, const Prior& prior, int64_t batch) {
  try {
    const CodeMaker encoder = load_encoder(prior, network);
    const PictureSpace input = input_space(encoder.network, {prior.picture.height, prior.picture.width});
    const Graph second = bind_batch(cut(encoder.network.graph, {encoder.code}), batch, {input.height, input.width});
    std::vector<std::string> outputs = to.graph.outputs;
    to.graph = chain(to.graph, picture, make_bridge(prior.picture, input), second, encoder.network.input().name, {"", kEncoderPrefix});
    to.encoded = to.graph.outputs.front();
    verify_encoded(prior, to.graph.type_of(to.encoded).shape.size() / batch);
    outputs.push_back(to.encoded);
    to.graph.outputs = std::move(outputs);
  } catch (const Error& error) {
    throw error.or_do("give another --rule, or a prior whose file says what made its codes").at(fmt::format("prior {}", prior.name));
  }
}

}  // namespace

LayerChain chain_to_layers(const Model& network, const Prior& prior, const LayerChainOptions& options) {
  PHOSPHENE_CHECK(options.objective);
  const PictureSpace input = input_space(network, {prior.picture.height, prior.picture.width});
  LayerChain result;
  Graph first = infer_shapes(bind_batch(prior.graph, options.batch));
  const std::string visible = append_visible(first, prior.image, prior.picture.preprocess);
  std::string seen = visible;
  if (options.views) {
    RandomView& view = result.view.emplace(append_view(first, seen, prior.picture.preprocess, *options.views));
    seen = view.seen;
    for (std::string* name : {&view.rows, &view.columns, &view.noise, &view.seen})
      if (!name->empty()) *name = kPriorPrefix + *name;
  }
  std::vector<std::string> values = options.layers;  // with their units on axis 1
  Graph second = units_first(bind_batch(cut(network.graph, options.layers), options.batch, {input.height, input.width}), values);
  if (!second.find_input(network.input().name))
    throw Error(fmt::format("layer {} > it does not depend on the picture", options.layers.front()), "choose another layer");
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string raised = options.objective->append(second, values[i], options.layers[i]);
    result.layers.push_back({kNetworkPrefix + values[i], kNetworkPrefix + raised});
  }
  result.graph = infer_shapes(
      chain(first, seen, make_bridge(prior.picture, input), second, network.input().name, ChainNames{kPriorPrefix, kNetworkPrefix}));
  result.code = kPriorPrefix + prior.code;
  result.image = kPriorPrefix + prior.image;
  if (!prior.denoised.empty()) result.denoised = kPriorPrefix + prior.denoised;
  if (options.encoder) append_encoder(result, kPriorPrefix + visible, network, prior, options.batch);
  return result;
}

}  // namespace phosphene
