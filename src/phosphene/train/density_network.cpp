#include "phosphene/train/density_network.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/rewrite.h"
#include "phosphene/train/builder.h"

namespace phosphene {

TrainableGraph density_network(const DensityShape& shape, const GridExtent& extent, uint64_t seed) {
  if (shape.widths.empty() || shape.widths.size() != shape.blocks.size())
    throw Error(fmt::format("{} widths and {} numbers of blocks", shape.widths.size(), shape.blocks.size()),
                "give one of both for each scale");
  GraphBuilder net("density", seed);
  const std::string noisy = net.input("noisy", {kUnknown, shape.latents, extent.height, extent.width});
  const auto blocks = [&](std::string x, const std::string& name, int64_t count) {
    for (int64_t i = 1; i <= count; ++i) x = net.residual(fmt::format("{}/residual{}", name, i), x, shape.leak);
    return x;
  };
  std::string x = net.conv("grid", noisy, {.out = shape.widths[0]}, 1);
  std::vector<std::string> joins;
  for (size_t i = 0; i < shape.widths.size(); ++i) {
    const std::string name = fmt::format("down{}", i);
    if (i > 0) x = net.conv(name, x, {.out = shape.widths[i], .stride = 2});
    x = blocks(x, name, shape.blocks[i]);
    joins.push_back(x);
  }
  for (size_t i = shape.widths.size() - 1; i-- > 0;) {
    const std::string name = fmt::format("up{}", i);
    x = net.conv(name, x, {.out = shape.widths[i], .kernel = 1, .pad = 0}, 1);
    x = net.binary(name + "/joined", "Add", net.resized_like(name + "/resized", x, joins[i]), joins[i]);
    x = blocks(x, name, std::max<int64_t>(1, shape.blocks[i] - 1));
  }
  x = net.unary("out/in", "LeakyRelu", x, {{"alpha", shape.leak}});
  x = net.conv("change", x, {.out = shape.latents}, 0);
  return net.finish({net.binary("clean", "Add", noisy, x)});
}

Graph generator_of_density(const Graph& trained, const DensityShape& shape, const Graph& decoder) {
  const Shape code{kUnknown, 2 * shape.latents, kUnknown, kUnknown}, half{kUnknown, shape.latents, kUnknown, kUnknown};
  Graph halves;
  halves.name = "halves";
  halves.inputs = {{"code", {DataType::kFloat32, code}}};
  halves.add_weight("channels", Tensor::ints({1}));
  for (int64_t i = 0; i <= 2; ++i) halves.add_weight(fmt::format("channel{}", i), Tensor::ints({i * shape.latents}));
  halves.nodes = {{"scene", "Slice", {"code", "channel0", "channel1", "channels"}, {"scene"}, {}},
                  {"detail", "Slice", {"code", "channel1", "channel2", "channels"}, {"detail"}, {}}};
  halves.outputs = {"scene", "detail"};

  Graph denoiser = trained;
  denoiser.inputs = {{"noisy", {DataType::kFloat32, half}}};
  denoiser.types.clear();
  // chain() wants bound shapes; what comes of it holds for any.
  const ImageSize cell{1, 1};
  const auto bound = [&](Graph graph) { return bind_batch(infer_shapes(std::move(graph)), 1, cell); };
  Graph first = chain(bound(std::move(halves)), "scene", {}, bound(std::move(denoiser)), "noisy", {"", kDensity});
  first.nodes.push_back({kLatents, "Add", {kDensity + "clean", "detail"}, {kLatents}, {}});
  first.outputs = {kLatents};
  const std::string decoded = passes::unique_name(decoder, "decoded");
  Graph graph = chain(infer_shapes(std::move(first)), kLatents, {}, bound(rename_value(decoder, "code", decoded)), decoded, {"", ""});
  graph.inputs = {{"code", {DataType::kFloat32, code}}};
  graph.types.clear();
  return infer_shapes(std::move(graph));
}

Graph decoder_of_density(const Graph& generator) {
  if (!generator.types.contains(kDensity + "clean") || !generator.types.contains(kLatents) ||
      generator.outputs != std::vector<std::string>{"image"})
    throw Error("it is no generator with a density of latents", "give MODEL.onnx of `train density`");
  const Shape latents = generator.type_of(kLatents).shape;
  Graph decoder = generator;
  std::erase_if(decoder.nodes, [](const Node& node) { return node.outputs[0] == kLatents; });
  decoder.inputs = {{kLatents, {DataType::kFloat32, {kUnknown, latents[1], kUnknown, kUnknown}}}};
  decoder.types.clear();
  return infer_shapes(rename_value(cut(std::move(decoder), {"image"}), kLatents, "code"));
}

}  // namespace phosphene
