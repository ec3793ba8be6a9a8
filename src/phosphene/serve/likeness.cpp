// A picture x excites unit u of a layer by a(u) = max over positions of F_u(x); the units of a layer are ordered by (a - mean) / deviation
// over the real pictures of the atlas.
#include "phosphene/serve/likeness.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/base/image_bytes.h"
#include "phosphene/graph/passes.h"
#include "phosphene/model/unit_axis.h"
#include "phosphene/serve/drawable.h"
#include "phosphene/synth/picture_space.h"

namespace phosphene {

namespace {

constexpr size_t kUnitsOfALayer = 12;

struct Excited {
  double score = 0, activation = 0;
  const AtlasUnit* unit = nullptr;
};

Json layer_likeness(const Atlas& atlas, int64_t layer, std::span<const float> value) {
  const std::vector<AtlasUnit> units = atlas.units(layer);
  if (units.empty() || value.size() % units.size() != 0)
    throw Error("the atlas and the network disagree about a layer", "build the atlas again").at(atlas.file());
  const size_t positions = value.size() / units.size();
  std::vector<Excited> all;
  for (size_t i = 0; i < units.size(); ++i) {
    const auto own = value.subspan(i * positions, positions);
    const double activation = *std::max_element(own.begin(), own.end());
    const AtlasUnit& unit = units[i];
    const bool measured = unit.mean && unit.deviation && *unit.deviation > 0;
    all.push_back({measured ? (activation - *unit.mean) / *unit.deviation : activation, activation, &unit});
  }
  const size_t most = std::min(kUnitsOfALayer, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(most), all.end(),
                    [](const Excited& a, const Excited& b) { return a.score > b.score; });
  Json cells = Json::array();
  for (const Excited& excited : std::span(all).first(most)) {
    Json percentile;
    if (const auto spread = atlas.distribution(layer, excited.unit->unit)) percentile = spread->share_below(excited.activation);
    cells.push_back({{"layer", layer},
                     {"unit", excited.unit->unit},
                     {"label", excited.unit->label.empty() ? Json() : Json(excited.unit->label)},
                     {"seed", excited.unit->seed ? Json(*excited.unit->seed) : Json()},
                     {"activation", excited.activation},
                     {"percentile", percentile}});
  }
  return {{"layer", layer}, {"units", cells}};
}

}  // namespace

const Likeness::Network& Likeness::network(const Site::Entry& entry) {
  const auto found = networks_.find(entry.id);
  if (found != networks_.end()) return found->second;
  Network made;
  entry.readers->with([&](const Atlas& atlas) {
    for (const AtlasLayer& layer : atlas.layers()) {
      if (!layer.recipe.is_object()) continue;
      if (!made.model) made.model = network_of(atlas, recipe_of(atlas, layer.id), session_);
      made.layers.push_back(layer.id);
      made.values.push_back(layer.name);
    }
  });
  if (!made.model) throw Error("nothing was drawn in this atlas", "choose another one");
  const PictureSpace space = input_space(*made.model);
  const Graph graph = units_first(bind_batch(cut(made.model->graph, made.values), 1, {space.height, space.width}), made.values);
  made.program = find_engine("onednn").compile(graph, {.batch = 1, .values = made.values});
  return networks_.emplace(entry.id, std::move(made)).first->second;
}

Json Likeness::of(const Site::Entry& entry, std::string_view picture) {
  const std::lock_guard lock(mutex_);
  const Session::Scope scope(session_);
  const Image image = located("the picture", [&] { return decode_image(picture); });
  const Network& net = network(entry);
  const PictureSpace space = input_space(*net.model);
  Preprocess preprocess = net.model->preprocess;
  preprocess.height = space.height, preprocess.width = space.width;
  preprocess.to_values(image, net.program->input(net.model->input().name));
  net.program->forward();
  Json layers = Json::array();
  entry.readers->with([&](const Atlas& atlas) {
    for (size_t i = 0; i < net.layers.size(); ++i)
      layers.push_back(layer_likeness(atlas, net.layers[i], net.program->value(net.values[i])));
  });
  return {{"layers", layers}};
}

}  // namespace phosphene
