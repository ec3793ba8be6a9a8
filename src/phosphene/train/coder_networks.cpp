#include "phosphene/train/coder_networks.h"

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"
#include "phosphene/train/builder.h"

namespace phosphene {

namespace {

std::string leaky(GraphBuilder& net, const std::string& name, const std::string& from, float leak) {
  return net.unary(name, "LeakyRelu", from, {{"alpha", leak}});
}

std::string encoder_onto(GraphBuilder& net, std::string x, const CoderShape& shape) {
  for (size_t i = 0; i < shape.encoder_widths.size(); ++i) {
    const std::string name = fmt::format("encode{}", i + 1);
    const ConvShape first{.out = shape.encoder_widths[i], .kernel = 5, .stride = 2, .pad = 2},
        further{.out = shape.encoder_widths[i], .kernel = 4, .stride = 2, .pad = 1};
    x = leaky(net, name, net.conv(name + "/linear", x, i == 0 ? first : further), shape.leak);
    if (i >= 2) x = net.residual(name + "/residual", x, shape.leak);
  }
  x = net.conv("latents/linear", x, {.out = shape.latents, .kernel = 1, .pad = 0}, 1);
  return net.normalised("latents", x);
}

std::string decoder_onto(GraphBuilder& net, std::string x, const CoderShape& shape) {
  x = leaky(net, "grid", net.conv("grid/linear", x, {.out = shape.decoder_widths[0]}), shape.leak);
  for (size_t i = 1; i < shape.decoder_widths.size(); ++i) {
    x = net.residual(fmt::format("decode{}/residual", i), x, shape.leak);
    const std::string name = fmt::format("decode{}", i);
    x = net.conv(name + "/linear", net.doubled(name + "/doubled", x), {.out = shape.decoder_widths[i]});
    x = leaky(net, name, x, shape.leak);
  }
  return net.conv("drawn", x, {.out = shape.channels}, 0.5);
}

// Batch normalisation by its running statistics.
Graph without_training_mode(Graph graph) {
  for (Node& node : graph.nodes)
    if (node.op == "BatchNormalization") {
      node.attributes.erase("training_mode");
      node.outputs.resize(1);
    }
  return graph;
}

Graph open_size(Graph graph) {
  for (GraphInput& input : graph.inputs) input.type.shape[2] = input.type.shape[3] = kUnknown;
  graph.types.clear();
  return infer_shapes(std::move(graph));
}

}  // namespace

void expect_whole_cells(const CoderExtent& pictures) {
  if (pictures.height % kCoderStride != 0 || pictures.width % kCoderStride != 0)
    throw Error(fmt::format("pictures of {} x {}", pictures.height, pictures.width),
                fmt::format("give a --size that is a multiple of {}", kCoderStride));
}

TrainableGraph coder_network(const CoderShape& shape, const CoderExtent& extent, uint64_t seed) {
  if (shape.encoder_widths.size() != 4 || shape.decoder_widths.size() != 5)
    throw Error("a coder halves a picture four times", "give four encoder widths and five decoder widths");
  if (extent.height % kCoderStride != 0 || extent.width % kCoderStride != 0)
    throw Error(
        fmt::format("pictures of {} x {} pixels do not fill a grid of cells of {} pixels", extent.height, extent.width, kCoderStride),
        fmt::format("give a multiple of {}", kCoderStride));
  GraphBuilder net("coder", seed);
  const std::string image = net.input("image", {kUnknown, shape.channels, extent.height, extent.width});
  const std::string latents = encoder_onto(net, image, shape);
  const std::string noise = net.input("noise", {kUnknown, shape.latents, extent.height / kCoderStride, extent.width / kCoderStride});
  return net.finish({latents, decoder_onto(net, net.binary("code", "Add", latents, noise), shape)});
}

Graph deployed_encoder(const Graph& trained) {
  Graph graph = cut(without_training_mode(trained), {"latents"});
  return open_size(fold_batch_normalization(infer_shapes(std::move(graph)), {}));
}

Graph deployed_decoder(const Graph& trained, const CoderShape& shape) {
  Graph graph = trained;
  std::erase_if(graph.nodes, [](const Node& node) { return node.outputs[0] == "code"; });
  graph.inputs = {{"code", {DataType::kFloat32, {kUnknown, shape.latents, kUnknown, kUnknown}}}};
  graph.outputs = {"drawn"};
  graph.types.clear();
  graph = cut(std::move(graph), {"drawn"});
  return infer_shapes(rename_value(std::move(graph), "drawn", "image"));
}

Graph examined_coder(const Graph& trained) { return cut(without_training_mode(trained), {"drawn"}); }

TrainableGraph patch_discriminator(const PatchDiscriminatorShape& shape, const CoderExtent& extent, uint64_t seed) {
  GraphBuilder net("discriminator", seed);
  std::string x = net.input("image", {kUnknown, shape.channels, extent.height, extent.width});
  for (size_t i = 0; i < shape.widths.size(); ++i) {
    const std::string name = fmt::format("patch{}", i + 1);
    x = leaky(net, name, net.conv(name + "/linear", x, {.out = shape.widths[i], .kernel = 4, .stride = 2, .pad = 1}), 0.2f);
  }
  return net.finish({net.conv("score", x, {.out = 1, .kernel = 4, .pad = 1}, 1)});
}

}  // namespace phosphene
