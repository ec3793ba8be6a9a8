#include "phosphene/atlas/diff.h"

#include <algorithm>

#include "phosphene/atlas/blobs.h"
#include "phosphene/atlas/likeness.h"
#include "phosphene/base/error.h"

namespace phosphene {

namespace {

constexpr size_t kShown = 8;  // units named in a line of text

UnitRows responses_of(const Atlas& atlas, int64_t layer) {
  std::vector<std::vector<float>> all;
  for (Rows rows = atlas.database().query("SELECT responses FROM distribution WHERE layer = ? ORDER BY unit", layer); rows.next();)
    all.push_back(located(atlas.file(), [&] { return floats_of_float16(rows.blob(0)); }));
  UnitRows rows(static_cast<Eigen::Index>(all.size()), static_cast<Eigen::Index>(all.empty() ? 0 : all[0].size()));
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].size() != all[0].size()) throw Error("responses of one layer have different sizes", "build it again").at(atlas.file());
    rows.row(static_cast<Eigen::Index>(i)) = Eigen::Map<const Eigen::RowVectorXf>(all[i].data(), static_cast<Eigen::Index>(all[i].size()));
  }
  normalise(rows);
  return rows;
}

std::vector<std::string> sample_of(const Atlas& atlas) {
  std::vector<std::string> names;
  for (Rows rows = atlas.database().query("SELECT name FROM sample ORDER BY place"); rows.next();) names.push_back(rows.text(0));
  return names;
}

std::string named(const Atlas& atlas, int64_t layer, int64_t unit) {
  const auto found = atlas.unit(layer, unit);
  return found && !found->label.empty() ? fmt::format("{} ({})", unit, found->label) : std::to_string(unit);
}

}  // namespace

const AtlasLayer* partner_of(const AtlasLayer& layer, const std::vector<AtlasLayer>& others) {
  auto found = std::ranges::find(others, layer.name, &AtlasLayer::name);
  if (found == others.end() && layer.output) found = std::ranges::find(others, true, &AtlasLayer::output);
  return found == others.end() ? nullptr : &*found;
}

bool have_same_sample(const Atlas& a, const Atlas& b) {
  const std::vector<std::string> sample = sample_of(a);
  return !sample.empty() && sample == sample_of(b);
}

LayerDiff diff_layers(const Atlas& a, const AtlasLayer& of_a, const Atlas& b, const AtlasLayer& of_b) {
  LayerDiff diff{.layer_a = of_a.id, .layer_b = of_b.id, .name_a = of_a.name, .name_b = of_b.name};
  const UnitRows rows_a = responses_of(a, of_a.id), rows_b = responses_of(b, of_b.id);
  if (rows_a.cols() != rows_b.cols()) throw Error("has responses to another sample", "build it again").at(b.file());
  const NearestOfBoth near = nearest_of_both(rows_a, rows_b);
  std::vector<bool> taken(near.others.size());
  for (size_t i = 0; i < near.rows.size(); ++i) {
    const auto unit = static_cast<int64_t>(i), other = near.rows[i].unit;
    const double correlation = near.rows[i].similarity;
    if (correlation >= kMatches && near.others[static_cast<size_t>(other)].unit == unit) {
      diff.matched.push_back({unit, other, correlation});
      diff.same_number += unit == other;
      taken[static_cast<size_t>(other)] = true;
    } else {
      diff.vanished.push_back({unit, other, correlation});
    }
  }
  for (size_t i = 0; i < near.others.size(); ++i)
    if (!taken[i]) diff.appeared.push_back({static_cast<int64_t>(i), near.others[i].unit, near.others[i].similarity});
  std::ranges::stable_sort(diff.matched, {}, &MatchedUnits::correlation);
  std::ranges::stable_sort(diff.vanished, {}, &LoneUnit::correlation);
  std::ranges::stable_sort(diff.appeared, {}, &LoneUnit::correlation);
  return diff;
}

AtlasDiff diff_atlases(const Atlas& a, const Atlas& b) {
  if (sample_of(a).empty()) throw Error("has no real pictures to compare by", "build it with --data, to the end").at(a.file());
  if (!have_same_sample(a, b))
    throw Error("has another sample of real pictures", "build both with the same --data, to the end").at(b.file());
  AtlasDiff diff;
  const std::vector<AtlasLayer> of_a = a.layers(), of_b = b.layers();
  for (const AtlasLayer& layer : of_a) {
    if (const AtlasLayer* other = partner_of(layer, of_b))
      diff.layers.push_back(diff_layers(a, layer, b, *other));
    else
      diff.only_a.push_back(layer.name);
  }
  for (const AtlasLayer& layer : of_b)
    if (!partner_of(layer, of_a)) diff.only_b.push_back(layer.name);
  return diff;
}

Json to_json(const AtlasDiff& diff) {
  Json json{{"layers", Json::array()}, {"only_a", diff.only_a}, {"only_b", diff.only_b}};
  for (const LayerDiff& layer : diff.layers) {
    Json each{{"a", layer.name_a}, {"b", layer.name_b}, {"same_number", layer.same_number}};
    each["matched"] = each["vanished"] = each["appeared"] = Json::array();
    for (const MatchedUnits& pair : layer.matched)
      each["matched"].push_back({{"a", pair.a}, {"b", pair.b}, {"correlation", pair.correlation}});
    const auto lone = [](const LoneUnit& unit) {
      return Json{{"unit", unit.unit}, {"nearest", unit.nearest}, {"correlation", unit.correlation}};
    };
    for (const LoneUnit& unit : layer.vanished) each["vanished"].push_back(lone(unit));
    for (const LoneUnit& unit : layer.appeared) each["appeared"].push_back(lone(unit));
    json["layers"].push_back(std::move(each));
  }
  return json;
}

std::string to_text(const AtlasDiff& diff, const Atlas& a, const Atlas& b) {
  std::string text;
  for (const LayerDiff& layer : diff.layers) {
    const std::string name = layer.name_a == layer.name_b ? layer.name_a : layer.name_a + " -> " + layer.name_b;
    text += fmt::format("{}: {} units match ({} of them by number), {} vanished, {} appeared\n", name, layer.matched.size(),
                        layer.same_number, layer.vanished.size(), layer.appeared.size());
    for (size_t i = 0; i < std::min(kShown, layer.vanished.size()); ++i)
      text += fmt::format("  vanished {}, correlation with its nearest {:.2f}\n", named(a, layer.layer_a, layer.vanished[i].unit),
                          layer.vanished[i].correlation);
    for (size_t i = 0; i < std::min(kShown, layer.appeared.size()); ++i)
      text += fmt::format("  appeared {}, correlation with its nearest {:.2f}\n", named(b, layer.layer_b, layer.appeared[i].unit),
                          layer.appeared[i].correlation);
  }
  for (const std::string& layer : diff.only_a) text += fmt::format("only in {}: layer {}\n", a.file(), layer);
  for (const std::string& layer : diff.only_b) text += fmt::format("only in {}: layer {}\n", b.file(), layer);
  return text;
}

}  // namespace phosphene
