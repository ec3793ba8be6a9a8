#include "phosphene/serve/matches.h"

#include "phosphene/atlas/diff.h"

namespace phosphene {

namespace {

constexpr size_t kMostKnown = 256;
constexpr int64_t kMostUnits = 1 << 14;  // of a layer: more would take minutes

std::string version_of(const LayerOfReaders& of) {
  std::error_code ignored;
  const auto changed = std::filesystem::last_write_time(of.readers.file(), ignored).time_since_epoch().count();
  return fmt::format("{}\n{}\n{}\n", of.readers.file().string(), of.layer, changed);
}

std::optional<AtlasLayer> layer_of(const Atlas& atlas, int64_t id) {
  std::optional<AtlasLayer> layer = atlas.layer(std::to_string(id));
  return layer && layer->id == id ? layer : std::nullopt;
}

Json lone_json(const std::vector<LoneUnit>& units) {
  Json rows = Json::array();
  for (const LoneUnit& unit : units) rows.push_back({unit.unit, unit.nearest, unit.correlation});
  return rows;
}

std::optional<Json> match_json(const Atlas& a, int64_t id_a, const Atlas& b, int64_t id_b) {
  const auto layer_a = layer_of(a, id_a), layer_b = layer_of(b, id_b);
  if (!layer_a || !layer_b) return std::nullopt;
  if (!have_same_sample(a, b)) return Json{{"reason", "The two atlases were not measured on the same real pictures."}};
  if (std::max(layer_a->units, layer_b->units) > kMostUnits) return Json{{"reason", "The layers have too many units."}};
  const LayerDiff diff = diff_layers(a, *layer_a, b, *layer_b);
  Json json{{"matched", Json::array()}, {"vanished", lone_json(diff.vanished)}, {"appeared", lone_json(diff.appeared)}};
  for (const MatchedUnits& pair : diff.matched) json["matched"].push_back({pair.a, pair.b, pair.correlation});
  json["pictures"] = a.database().query("SELECT count(*) FROM sample").one_integer();
  return json;
}

}  // namespace

std::optional<Resource> Matches::find(const LayerOfReaders& a, const LayerOfReaders& b) const {
  const std::string key = version_of(a) + version_of(b);
  const std::lock_guard lock(mutex_);
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  const std::optional<Json> json = a.readers.with(
      [&](const Atlas& first) { return b.readers.with([&](const Atlas& second) { return match_json(first, a.layer, second, b.layer); }); });
  if (!json) return std::nullopt;
  if (known_.size() >= kMostKnown) known_.clear();
  return known_.emplace(key, json_resource(json_text(*json, -1))).first->second;
}

}  // namespace phosphene
