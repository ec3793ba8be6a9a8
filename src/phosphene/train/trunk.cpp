#include "phosphene/train/trunk.h"

#include <algorithm>
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"
#include "phosphene/synth/bridge.h"

namespace phosphene {

namespace {

const std::string kTrunk = "trunk.";

// chain() wants a bound batch; what comes of it holds for any.
Graph chained(const Graph& first, const std::string& from, const Bridge& bridge, const Graph& second, const std::string& into,
              const std::string& second_prefix, std::set<std::string> kept = {}) {
  Graph graph = chain(bind_batch(first, 1), from, bridge, bind_batch(second, 1), into, {"", second_prefix});
  for (GraphInput& input : graph.inputs) input.type.shape[0] = kUnknown;
  graph.types.clear();
  kept.insert(graph.outputs.begin(), graph.outputs.end());
  return infer_shapes(drop_identities(std::move(graph), kept));
}

}  // namespace

Graph behind_pictures(const Model& network, const std::vector<std::string>& values, const Preprocess& pictures, bool resized) {
  const std::string input = network.input().name;
  Graph seeing = cut(network.graph, values);
  PictureSpace own{network.preprocess, pictures.height, pictures.width};
  if (resized) own.height = network.preprocess.height, own.width = network.preprocess.width;
  for (GraphInput& each : seeing.inputs)
    if (each.name == input) each.type.shape = {kUnknown, network.preprocess.channels(), own.height, own.width};
  seeing.types.clear();

  Graph picture;
  picture.inputs = {{"image", {DataType::kFloat32, {kUnknown, pictures.channels(), pictures.height, pictures.width}}}};
  picture.nodes = {{"picture", "Identity", {"image"}, {"picture"}, {}}};
  picture.outputs = {"picture"};
  const Bridge bridge = make_bridge({pictures, pictures.height, pictures.width}, own);
  return chained(infer_shapes(std::move(picture)), "picture", bridge, infer_shapes(std::move(seeing)), input, kTrunk);
}

std::optional<Graph> trunk_of(const Model& classifier) {
  // A classifier that goes on from another one stands on the trunk of that one.
  for (Json made = classifier.provenance; made.is_object(); made = made.value("start", Json())) {
    const std::string layer = made.value(Json::json_pointer("/recipe/trunk/layer"), "");
    if (!layer.empty()) return located(classifier.name, [&] { return cut(classifier.graph, {layer}); });
  }
  return std::nullopt;
}

Graph on_trunk(const Graph& trunk, const Graph& head) {
  const std::string& last = trunk.outputs.at(0);
  return chained(trunk, last, {}, head, "features", "", {last});
}

Graph redrawing(const Model& encoder, const std::string& code_layer, const Model& generator, const Preprocess& pictures) {
  const Graph codes = behind_pictures(encoder, {code_layer}, pictures, false);
  Graph graph = chained(codes, codes.outputs.at(0), {}, infer_shapes(generator.graph), generator.input().name, "redraw.");
  const Shape drawn = graph.type_of(graph.outputs.at(0)).shape, wanted = graph.type_of("image").shape;
  if (graph.outputs.size() != 1 || drawn != wanted)
    throw Error(fmt::format("it draws {}, the pictures are {}", drawn, wanted), "give a generator of this size").at(generator.name);
  return graph;
}

Onlooker::Onlooker(const Graph& graph, int64_t batch, const RunOptions& run)
    : batch_(batch),
      output_(graph.outputs.at(0)),
      program_(find_engine(run.engine).compile(graph, {.batch = batch, .values = {output_}, .precision = run.precision})) {}

std::span<float> Onlooker::pictures() { return program_->input("image"); }

std::span<const float> Onlooker::look() {
  program_->forward();
  return program_->value(output_);
}

std::span<const float> Onlooker::see(std::span<const float> given) {
  std::ranges::copy(given, pictures().begin());
  return look();
}

}  // namespace phosphene
