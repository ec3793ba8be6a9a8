#include "phosphene/synth/layer_chain.h"

#include "phosphene/base/error.h"
#include "phosphene/model/unit_axis.h"
#include "phosphene/synth/bridge.h"
#include "phosphene/synth/visible.h"

namespace phosphene {

namespace {

const std::string kPriorPrefix = "prior/", kNetworkPrefix = "network/";

}  // namespace

LayerChain chain_to_layers(const Model& network, const Prior& prior, const LayerChainOptions& options) {
  PHOSPHENE_CHECK(options.objective);
  const PictureSpace input = input_space(network, {prior.picture.height, prior.picture.width});
  LayerChain result;
  Graph first = infer_shapes(bind_batch(prior.graph, options.batch));
  std::string seen = append_visible(first, prior.image, prior.picture.preprocess);
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
  return result;
}

}  // namespace phosphene
