#include "phosphene/serve/page_data.h"

#include <map>

namespace phosphene {

namespace {

constexpr int64_t kSamples = 12, kUnitsOfClass = 60;

template <typename T>
Json maybe(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}
Json maybe(const std::string& text) { return text.empty() ? Json() : Json(text); }

// A unit in a list: enough for a cell with its drawing.
Json cell_json(const AtlasUnit& unit) {
  return {{"layer", unit.layer},
          {"unit", unit.unit},
          {"label", maybe(unit.label)},
          {"seed", maybe(unit.seed)},
          {"verdict", maybe(unit.verdict)},
          {"colour", maybe(unit.colour)},
          {"class", maybe(unit.top_class)}};
}

// The real picture that excites a unit most; null without data.
Json best_photo(const Atlas& atlas, int64_t layer, int64_t unit) {
  const std::vector<AtlasExample> examples = atlas.examples(layer, unit);
  return examples.empty() || !examples.front().top ? Json() : Json(examples.front().photo);
}

// The same of a unit that may not be drawn: its best real picture stands for it then.
Json cell_of(const Atlas& atlas, int64_t layer, int64_t unit) {
  const auto found = atlas.unit(layer, unit);
  if (!found) return {{"layer", layer}, {"unit", unit}};
  Json cell = cell_json(*found);
  if (!found->seed) cell["photo"] = best_photo(atlas, layer, unit);
  return cell;
}

Json layer_facts(const AtlasLayer& layer) {
  return {{"id", layer.id},
          {"name", layer.name},
          {"path", layer.path},
          {"op", layer.op},
          {"shape", layer.shape},
          {"units", layer.units},
          {"output", layer.output},
          {"labelled", layer.labelled},
          {"parameters", layer.parameters},
          {"multiply_adds", maybe(layer.multiply_adds)},
          {"planned", layer.planned},
          {"drawn", layer.drawn},
          {"failed", layer.failed}};
}

}  // namespace

Json summary_json(const Atlas& atlas) {
  const AtlasProgress progress = atlas.progress();
  Json json = {
      {"network", atlas.meta("network")}, {"prior", atlas.meta("prior")}, {"data", atlas.meta("data")}, {"judge", atlas.meta("judge")}};
  json["progress"] = {{"jobs", progress.jobs},     {"drawn", progress.drawn}, {"failed", progress.failed},
                      {"photos", progress.photos}, {"read", progress.read},   {"complete", progress.complete}};
  json["classes"] = atlas.classes().size();
  json["layers"] = Json::array();
  for (const AtlasLayer& layer : atlas.layers()) json["layers"].push_back(layer_facts(layer));
  json["edges"] = Json::array();
  for (const AtlasEdge& edge : atlas.edges()) json["edges"].push_back({edge.source, edge.target});
  return json;
}

Json overview_json(const Atlas& atlas) {
  Json samples = Json::object(), verdicts = Json::object();
  for (auto rows = atlas.database().query("SELECT layer, colour, count(*) FROM unit WHERE colour IS NOT NULL GROUP BY layer, colour");
       rows.next();)
    verdicts[std::to_string(rows.integer(0))][rows.text(1)] = rows.integer(2);
  for (const AtlasLayer& layer : atlas.layers()) {
    Json& cells = samples[std::to_string(layer.id)] = Json::array();
    if (layer.drawn == 0) continue;
    for (const AtlasUnit& unit : atlas.units(layer.id, {.sort = UnitSort::kVerdict, .limit = kSamples})) cells.push_back(cell_json(unit));
  }
  return {{"samples", samples}, {"verdicts", verdicts}};
}

std::optional<Json> layer_json(const Atlas& atlas, int64_t id) {
  const auto layer = atlas.layer(std::to_string(id));
  if (!layer || layer->id != id) return std::nullopt;
  Json json = layer_facts(*layer);
  json["recipe"] = layer->recipe;
  std::map<int64_t, int64_t> photos;  // the real picture that excites a unit most
  for (auto rows = atlas.database().query("SELECT unit, photo FROM example WHERE layer = ? AND kind = 'top' AND place = 0", id);
       rows.next();)
    photos[rows.integer(0)] = rows.integer(1);
  Json columns = Json::object();
  for (const AtlasUnit& unit : atlas.units(id)) {
    const auto photo = photos.find(unit.unit);
    columns["photo"].push_back(photo == photos.end() || unit.seed ? Json() : Json(photo->second));
    columns["unit"].push_back(unit.unit);
    columns["label"].push_back(maybe(unit.label));
    columns["seed"].push_back(maybe(unit.seed));
    columns["verdict"].push_back(maybe(unit.verdict));
    columns["colour"].push_back(maybe(unit.colour));
    columns["margin"].push_back(maybe(unit.margin));
    columns["activation"].push_back(maybe(unit.activation));
    columns["probability"].push_back(maybe(unit.probability));
    columns["percentile"].push_back(maybe(unit.percentile));
    columns["path"].push_back(maybe(unit.path));
    columns["active"].push_back(maybe(unit.active));
    columns["class"].push_back(maybe(unit.top_class));
    columns["x"].push_back(maybe(unit.map_x));
    columns["y"].push_back(maybe(unit.map_y));
  }
  json["columns"] = std::move(columns);
  return json;
}

namespace {

Json picture_json(const Atlas& atlas, const AtlasPicture& picture) {
  Json path = Json::array();
  for (const PathStep& step : picture.path_layers) path.push_back({step.layer, step.similarity});
  return {{"seed", picture.seed},
          {"key", picture.key},
          {"place", picture.place},
          {"activation", picture.activation},
          {"rank", picture.rank},
          {"probability", maybe(picture.probability)},
          {"stopped", picture.stopped},
          {"height", picture.height},
          {"width", picture.width},
          {"percentile", maybe(picture.percentile)},
          {"margin", maybe(picture.margin)},
          {"path", maybe(picture.path)},
          {"path_layers", path},
          {"judge_rank", maybe(picture.judge_rank)},
          {"judge_probability", maybe(picture.judge_probability)},
          {"verdict", maybe(picture.verdict)},
          {"colour", maybe(picture.colour)},
          {"reasons", picture.reasons},
          {"pixels", picture.pixels},
          {"activations", atlas.activations(picture.layer, picture.unit, picture.seed)}};
}

Json example_json(const Atlas& atlas, const AtlasExample& example) {
  const auto photo = atlas.photo(example.photo);
  return {{"place", example.place},
          {"photo", example.photo},
          {"activation", example.activation},
          {"name", example.name},
          {"class", maybe(example.class_name)},
          {"crop", {example.crop_y, example.crop_x, example.crop_height, example.crop_width}},
          {"height", photo ? photo->height : 0},
          {"width", photo ? photo->width : 0}};
}

Json figures_json(const AtlasUnit& unit) {
  return {{"lowest", maybe(unit.lowest)},
          {"highest", maybe(unit.highest)},
          {"mean", maybe(unit.mean)},
          {"deviation", maybe(unit.deviation)},
          {"active", maybe(unit.active)}};
}

}  // namespace

std::optional<Json> unit_json(const Atlas& atlas, int64_t layer_id, int64_t number) {
  const auto layer = atlas.layer(std::to_string(layer_id));
  const auto unit = atlas.unit(layer_id, number);
  if (!layer || layer->id != layer_id || !unit) return std::nullopt;
  Json json = cell_json(*unit);
  json["of"] = layer->units;
  json["recipe"] = layer->recipe;
  json["figures"] = figures_json(*unit);
  json["pictures"] = Json::array();
  for (const AtlasPicture& picture : atlas.pictures(layer_id, number)) json["pictures"].push_back(picture_json(atlas, picture));
  json["top"] = json["tenths"] = Json::array();
  for (const AtlasExample& example : atlas.examples(layer_id, number))
    json[example.top ? "top" : "tenths"].push_back(example_json(atlas, example));
  if (const auto spread = atlas.distribution(layer_id, number))
    json["distribution"] = {{"lowest", spread->lowest}, {"highest", spread->highest}, {"histogram", spread->histogram}};
  json["classes"] = Json::array();
  for (const AtlasUnitClass& one : atlas.classes_of(layer_id, number))
    json["classes"].push_back({{"id", one.id}, {"name", one.name}, {"mean", one.mean}, {"score", one.score}});
  json["near"] = Json::array();
  for (const AtlasNeighbour& neighbour : atlas.neighbours(layer_id, number)) {
    Json cell = cell_of(atlas, neighbour.layer, neighbour.unit);
    cell["similarity"] = neighbour.similarity;
    cell["same_layer"] = neighbour.same_layer;
    json["near"].push_back(std::move(cell));
  }
  return json;
}

std::optional<Json> class_json(const Atlas& atlas, int64_t id) {
  for (const AtlasClass& one : atlas.classes()) {
    if (one.id != id) continue;
    Json json = {{"id", one.id}, {"name", one.name}, {"pictures", one.pictures}, {"unit", Json()}};
    if (one.unit)
      for (const AtlasLayer& layer : atlas.layers())
        if (layer.output) json["unit"] = cell_of(atlas, layer.id, *one.unit);
    json["units"] = Json::array();
    for (const AtlasClassUnit& excited : atlas.units_of_class(id, kUnitsOfClass)) {
      Json cell = cell_of(atlas, excited.layer, excited.unit);
      cell["mean"] = excited.mean;
      cell["score"] = excited.score;
      json["units"].push_back(std::move(cell));
    }
    return json;
  }
  return std::nullopt;
}

Json names_json(const Atlas& atlas) {
  Json units = Json::array(), classes = Json::array();
  for (const AtlasLayer& layer : atlas.layers()) {
    if (layer.drawn == 0 && !layer.labelled) continue;
    for (const AtlasUnit& unit : atlas.units(layer.id))
      if (!unit.label.empty() || !unit.top_class.empty())
        units.push_back({unit.layer, unit.unit, maybe(unit.seed), maybe(unit.label), maybe(unit.top_class)});
  }
  for (const AtlasClass& one : atlas.classes()) classes.push_back({one.id, one.name});
  return {{"units", units}, {"classes", classes}};
}

}  // namespace phosphene
