// Definition -> Graph: parse, keep the layers of the phase TEST, declare inputs, convert layer by layer, verify.
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/formats/caffe.h"
#include "phosphene/formats/caffe/builder.h"
#include "phosphene/formats/caffe/parse.h"
#include "phosphene/graph/passes.h"

namespace phosphene {

namespace caffe {

namespace {

bool meets(const NetState& state, const NetStateRule& rule) {
  const auto has = [&](const std::string& stage) {
    return std::find(state.stage().begin(), state.stage().end(), stage) != state.stage().end();
  };
  if (rule.has_phase() && rule.phase() != TEST) return false;
  if (rule.has_min_level() && state.level() < rule.min_level()) return false;
  if (rule.has_max_level() && state.level() > rule.max_level()) return false;
  return std::all_of(rule.stage().begin(), rule.stage().end(), has) && std::none_of(rule.not_stage().begin(), rule.not_stage().end(), has);
}

bool is_included(const NetState& state, const LayerParameter& layer) {
  const auto met = [&](const NetStateRule& rule) { return meets(state, rule); };
  if (layer.include_size() > 0) return std::any_of(layer.include().begin(), layer.include().end(), met);
  return std::none_of(layer.exclude().begin(), layer.exclude().end(), met);
}

std::string place(const LayerParameter& layer) { return fmt::format("layer {} ({})", layer.name(), layer.type()); }

void declare_inputs(const NetParameter& net, GraphBuilder& builder) {
  const int inputs = net.input_size(), dims = net.input_dim_size();
  if (dims > 0 && (net.input_shape_size() > 0 || dims != 4 * inputs))
    throw Error(fmt::format("{} input_dim stand beside {} inputs", dims, inputs), "give four input_dim or one input_shape for each input");
  if (dims == 0 && net.input_shape_size() != inputs)
    throw Error(fmt::format("{} input_shape stand beside {} inputs", net.input_shape_size(), inputs),
                "give one input_shape for each input");
  for (int i = 0; i < inputs; ++i) {
    std::vector<int64_t> shape;
    if (dims > 0)
      shape.assign(net.input_dim().begin() + 4 * i, net.input_dim().begin() + 4 * i + 4);
    else
      shape.assign(net.input_shape(i).dim().begin(), net.input_shape(i).dim().end());
    builder.add_input(net.input(i), Shape(shape));
  }
}

std::optional<CaffePixels> pixels_of(const LayerParameter& layer) {
  const TransformationParameter& transform = layer.transform_param();
  if (transform.has_mean_file() || (!transform.has_scale() && transform.mean_value_size() == 0)) return std::nullopt;
  return CaffePixels{transform.scale(), {transform.mean_value().begin(), transform.mean_value().end()}};
}

void convert_layer(const LayerParameter& param, GraphBuilder& builder, CaffeNetwork& network) {
  const LayerType* type = find_layer_type(param.type());
  if (param.type().empty()) throw Error("has no type", "correct the definition");
  if (!type) {
    const Error unknown(fmt::format("layers of type {} are not supported", param.type()),
                        "write it with other layers, or export the network as ONNX");
    return builder.leave_out(param, unknown.at(place(param)));
  }
  if (type->role == LayerType::Role::kConvert && builder.left_out(param)) return;
  switch (type->role) {
    case LayerType::Role::kConvert: builder.add_layer(*type, param); break;
    case LayerType::Role::kDrop:
      for (const std::string& top : param.top()) builder.add_label(top);
      break;
    case LayerType::Role::kInput:
      for (int i = 0; i < param.top_size(); ++i) {
        const Shape shape = input_shape(param, i);
        if (shape.rank() == 0)
          builder.add_label(param.top(i));
        else
          builder.add_input(param.top(i), shape);
      }
      if (!network.pixels) network.pixels = pixels_of(param);
      break;
  }
}

Weights open_weights(const CaffeSource& source) {
  if (!source.weights.empty()) return Weights(parse_weights(source.weights));
  if (source.random_weights) return Weights(*source.random_weights);
  throw Error("is a definition without weights",
              fmt::format("write {}:FILE.caffemodel, or ask for random weights with --random-weights SEED", source.definition.string()))
      .at(source.definition.string());
}

}  // namespace

}  // namespace caffe

CaffeNetwork read_caffe(const CaffeSource& source) {
  using namespace caffe;
  const NetParameter net = parse_definition(source.definition);
  Weights weights = open_weights(source);
  return located(source.definition.string(), [&] {
    std::vector<const LayerParameter*> layers;
    for (const LayerParameter& layer : net.layer())
      if (is_included(net.state(), layer)) layers.push_back(&layer);
    CaffeNetwork network;
    GraphBuilder builder(net.name(), layers, weights);
    declare_inputs(net, builder);
    for (const LayerParameter* layer : layers) located(place(*layer), [&] { convert_layer(*layer, builder, network); });
    network.graph = builder.finish();
    verify(network.graph);
    return network;
  });
}

}  // namespace phosphene
