#include "phosphene/atlas/atlas.h"

#include <algorithm>
#include <map>

#include "phosphene/atlas/blobs.h"
#include "phosphene/atlas/schema.h"
#include "phosphene/base/error.h"

namespace phosphene {

namespace {

constexpr const char* kUnitColumns =
    "u.layer, u.unit, u.label, u.lowest, u.highest, u.mean, u.deviation, u.active, u.seed, u.activation, u.rank, u.probability, "
    "u.percentile, u.margin, u.path, u.judge_rank, u.judge_probability, u.verdict, u.colour, u.reasons, u.map_x, u.map_y, c.name";
constexpr const char* kUnitTables =
    "unit u LEFT JOIN unit_class k ON k.layer = u.layer AND k.unit = u.unit AND k.place = 0 LEFT JOIN class c ON c.id = k.class";
// ?1: the layer, ?2: the text.
constexpr const char* kUnitFilter =
    "u.layer = ?1 AND (?2 = '' OR instr(lower(coalesce(u.label, '')), lower(?2)) > 0 OR CAST(u.unit AS TEXT) = ?2 OR "
    "instr(lower(coalesce(c.name, '')), lower(?2)) > 0)";

const char* column_of(UnitSort sort) {
  switch (sort) {
    case UnitSort::kNumber: return "u.unit";
    case UnitSort::kLabel: return "u.label";
    case UnitSort::kVerdict: return "CASE u.colour WHEN 'green' THEN 0 WHEN 'amber' THEN 1 WHEN 'red' THEN 2 WHEN 'grey' THEN 3 END";
    case UnitSort::kMargin: return "u.margin";
    case UnitSort::kActivation: return "u.activation";
    case UnitSort::kSparsity: return "1 - u.active";
    case UnitSort::kPath: return "u.path";
    case UnitSort::kClass: return "c.name";
  }
  return "u.unit";
}

Json parsed(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) throw Error("a JSON text is damaged", "build the atlas again");
  return json;
}

std::vector<std::string> sentences(const std::string& text) {
  std::vector<std::string> result;
  if (text.empty()) return result;
  for (const Json& sentence : parsed(text))
    if (sentence.is_string()) result.push_back(sentence.get<std::string>());
  return result;
}

AtlasUnit unit_of(const Rows& rows) {
  AtlasUnit unit;
  unit.layer = rows.integer(0), unit.unit = rows.integer(1);
  unit.label = rows.maybe_text(2);
  unit.lowest = rows.maybe_real(3), unit.highest = rows.maybe_real(4), unit.mean = rows.maybe_real(5);
  unit.deviation = rows.maybe_real(6), unit.active = rows.maybe_real(7);
  unit.seed = rows.maybe_integer(8);
  unit.activation = rows.maybe_real(9);
  unit.rank = rows.maybe_integer(10);
  unit.probability = rows.maybe_real(11), unit.percentile = rows.maybe_real(12), unit.margin = rows.maybe_real(13);
  unit.path = rows.maybe_real(14);
  unit.judge_rank = rows.maybe_integer(15);
  unit.judge_probability = rows.maybe_real(16);
  unit.verdict = rows.maybe_text(17), unit.colour = rows.maybe_text(18);
  unit.reasons = sentences(rows.maybe_text(19));
  unit.map_x = rows.maybe_real(20), unit.map_y = rows.maybe_real(21);
  unit.top_class = rows.maybe_text(22);
  return unit;
}

std::vector<int64_t> integers(const std::string& text) {
  std::vector<int64_t> values;
  for (const Json& value : parsed(text))
    if (value.is_number_integer()) values.push_back(value.get<int64_t>());
  return values;
}

std::optional<std::string> one_blob(Rows rows) { return rows.next() && !rows.is_null(0) ? std::optional(rows.blob(0)) : std::nullopt; }

}  // namespace

Atlas::Atlas(const std::filesystem::path& file) : database_(file, Database::Mode::kRead) { verify_schema(database_); }

Json Atlas::meta(const std::string& key) const {
  Rows rows = database_.query("SELECT value FROM meta WHERE key = ?", key);
  return rows.next() ? located(file(), [&] { return parsed(rows.text(0)); }) : Json();
}

AtlasProgress Atlas::progress() const {
  AtlasProgress progress;
  progress.jobs = database_.query("SELECT count(*) FROM job").one_integer();
  progress.drawn = database_.query("SELECT count(*) FROM picture").one_integer();
  progress.failed = database_.query("SELECT count(*) FROM failure").one_integer();
  progress.photos = database_.query("SELECT coalesce(sum(pictures), 0) FROM data_part").one_integer();
  progress.read = database_.query("SELECT coalesce(sum(read), 0) FROM data_part").one_integer();
  progress.complete = meta("figures") == Json(true);
  double seconds = 0;
  bool known = true;
  const auto add = [&](int64_t left, const std::string& what) {
    if (left <= 0) return;
    Rows rows = database_.query("SELECT seconds / count FROM timing WHERE what = ? AND count > 0", what);
    known = rows.next() && known;
    if (known) seconds += rows.real(0) * static_cast<double>(left);
  };
  // A layer that was not begun yet costs what the layers cost so far.
  Rows left = database_.query(
      "SELECT j.layer, count(*) FROM job j LEFT JOIN picture p ON p.id = j.number WHERE p.id IS NULL GROUP BY j.layer ORDER BY j.layer");
  const bool any = database_.query("SELECT count(*) FROM timing WHERE what LIKE 'draw %' AND count > 0").one_integer() > 0;
  while (left.next()) {
    const std::string what = fmt::format("draw {}", left.integer(0));
    if (database_.query("SELECT count(*) FROM timing WHERE what = ? AND count > 0", what).one_integer() > 0) {
      add(left.integer(1), what);
    } else if (any) {
      Rows mean = database_.query("SELECT sum(seconds) / sum(count) FROM timing WHERE what LIKE 'draw %'");
      if (mean.next()) seconds += mean.real(0) * static_cast<double>(left.integer(1));
    } else {
      known = false;
    }
  }
  add(progress.photos - progress.read, "read");
  if (known) progress.seconds_left = seconds;
  return progress;
}

std::vector<AtlasLayer> Atlas::layers() const {
  std::map<int64_t, int64_t> planned, drawn, failed;
  const auto count = [&](std::map<int64_t, int64_t>& counts, const char* sql) {
    for (Rows rows = database_.query(sql); rows.next();) counts[rows.integer(0)] = rows.integer(1);
  };
  count(planned, "SELECT layer, count(*) FROM job GROUP BY layer");
  count(drawn, "SELECT layer, count(*) FROM picture GROUP BY layer");
  count(failed, "SELECT j.layer, count(*) FROM failure f JOIN job j ON j.number = f.job GROUP BY j.layer");
  std::vector<AtlasLayer> layers;
  Rows rows = database_.query(
      "SELECT id, name, path, operator, shape, units, role, labelled, parameters, multiply_adds, turn, recipe FROM layer ORDER BY id");
  while (rows.next()) {
    AtlasLayer layer;
    layer.id = rows.integer(0);
    layer.name = rows.text(1), layer.path = rows.text(2), layer.op = rows.text(3);
    located(file(), [&] {
      layer.shape = integers(rows.text(4));
      if (!rows.is_null(11)) layer.recipe = parsed(rows.text(11));
    });
    layer.units = rows.integer(5);
    layer.output = rows.text(6) == "output";
    layer.labelled = rows.integer(7) != 0;
    layer.parameters = rows.integer(8);
    layer.multiply_adds = rows.maybe_integer(9);
    layer.turn = rows.maybe_integer(10);
    layer.planned = planned[layer.id], layer.drawn = drawn[layer.id], layer.failed = failed[layer.id];
    layers.push_back(std::move(layer));
  }
  return layers;
}

std::vector<AtlasEdge> Atlas::edges() const {
  std::vector<AtlasEdge> edges;
  for (Rows rows = database_.query("SELECT source, target FROM edge ORDER BY source, target"); rows.next();)
    edges.push_back({rows.integer(0), rows.integer(1)});
  return edges;
}

std::optional<AtlasLayer> Atlas::layer(const std::string& name) const {
  for (AtlasLayer& layer : layers())
    if (layer.name == name || layer.path == name || std::to_string(layer.id) == name) return std::move(layer);
  return std::nullopt;
}

std::vector<AtlasUnit> Atlas::units(int64_t layer, const UnitQuery& query) const {
  const char* column = column_of(query.sort);
  const std::string sql = fmt::format("SELECT {} FROM {} WHERE {} ORDER BY {} IS NULL, {} {}, u.unit LIMIT ?3 OFFSET ?4", kUnitColumns,
                                      kUnitTables, kUnitFilter, column, column, query.descending ? "DESC" : "ASC");
  std::vector<AtlasUnit> units;
  for (Rows rows = database_.query(sql, layer, query.filter, query.limit, query.offset); rows.next();)
    units.push_back(located(file(), [&] { return unit_of(rows); }));
  return units;
}

int64_t Atlas::count_units(int64_t layer, const std::string& filter) const {
  return database_.query(fmt::format("SELECT count(*) FROM {} WHERE {}", kUnitTables, kUnitFilter), layer, filter).one_integer();
}

std::optional<AtlasUnit> Atlas::unit(int64_t layer, int64_t unit) const {
  Rows rows = database_.query(fmt::format("SELECT {} FROM {} WHERE u.layer = ? AND u.unit = ?", kUnitColumns, kUnitTables), layer, unit);
  return rows.next() ? std::optional(located(file(), [&] { return unit_of(rows); })) : std::nullopt;
}

std::vector<AtlasHit> Atlas::search(const std::string& text, int64_t limit) const {
  std::vector<AtlasHit> hits;
  Rows rows = database_.query(
      fmt::format(
          "SELECT u.layer, u.unit, CASE WHEN instr(lower(coalesce(u.label, '')), lower(?1)) > 0 THEN u.label ELSE c.name END FROM {} "
          "WHERE instr(lower(coalesce(u.label, '')), lower(?1)) > 0 OR instr(lower(coalesce(c.name, '')), lower(?1)) > 0 "
          "ORDER BY u.label IS NULL, u.layer DESC, u.unit LIMIT ?2",
          kUnitTables),
      text, limit);
  while (rows.next()) hits.push_back({rows.integer(0), rows.integer(1), rows.maybe_text(2)});
  return hits;
}

std::vector<AtlasPicture> Atlas::pictures(int64_t layer, int64_t unit) const {
  std::vector<AtlasPicture> pictures;
  Rows rows = database_.query(
      "SELECT key, seed, place, activation, rank, probability, stopped, shown_y, shown_x, height, width, percentile, margin, path, "
      "path_layers, judge_rank, judge_probability, verdict, colour, reasons, pixels FROM picture WHERE layer = ? AND unit = ? ORDER BY "
      "seed",
      layer, unit);
  while (rows.next())
    located(file(), [&] {
      AtlasPicture picture;
      picture.layer = layer, picture.unit = unit;
      picture.key = rows.text(0);
      picture.seed = rows.integer(1);
      picture.place = rows.text(2);
      picture.activation = rows.real(3);
      picture.rank = rows.integer(4);
      picture.probability = rows.maybe_real(5);
      picture.stopped = rows.integer(6) != 0;
      picture.shown_y = rows.integer(7), picture.shown_x = rows.integer(8);
      picture.height = rows.integer(9), picture.width = rows.integer(10);
      picture.percentile = rows.maybe_real(11), picture.margin = rows.maybe_real(12), picture.path = rows.maybe_real(13);
      if (!rows.is_null(14))
        for (const Json& step : parsed(rows.text(14)))
          if (step.is_array() && step.size() == 2 && step[0].is_number_integer() && step[1].is_number())
            picture.path_layers.push_back({step[0].get<int64_t>(), step[1].get<double>()});
      picture.judge_rank = rows.maybe_integer(15);
      picture.judge_probability = rows.maybe_real(16);
      picture.verdict = rows.maybe_text(17), picture.colour = rows.maybe_text(18);
      picture.reasons = sentences(rows.maybe_text(19));
      picture.pixels = rows.text(20);
      pictures.push_back(std::move(picture));
    });
  return pictures;
}

std::optional<std::string> Atlas::webp(int64_t layer, int64_t unit, int64_t seed) const {
  return one_blob(database_.query("SELECT webp FROM picture WHERE layer = ? AND unit = ? AND seed = ?", layer, unit, seed));
}

std::optional<std::string> Atlas::thumbnail(int64_t layer, int64_t unit, int64_t seed) const {
  return one_blob(database_.query("SELECT thumbnail FROM picture WHERE layer = ? AND unit = ? AND seed = ?", layer, unit, seed));
}

std::vector<std::string> Atlas::thumbnails(int64_t layer, int64_t first, int64_t count) const {
  std::vector<std::string> files(static_cast<size_t>(std::max<int64_t>(count, 0)));
  Rows rows = database_.query(
      "SELECT u.unit, p.thumbnail FROM unit u JOIN picture p ON p.layer = u.layer AND p.unit = u.unit AND p.seed = u.seed "
      "WHERE u.layer = ? AND u.unit >= ? AND u.unit < ?",
      layer, first, first + count);
  while (rows.next()) files[static_cast<size_t>(rows.integer(0) - first)] = rows.blob(1);
  return files;
}

std::vector<float> Atlas::code(int64_t layer, int64_t unit, int64_t seed) const {
  const auto blob = one_blob(database_.query("SELECT code FROM picture WHERE layer = ? AND unit = ? AND seed = ?", layer, unit, seed));
  return located(file(), [&] { return floats_of_float16(blob.value_or("")); });
}

std::vector<float> Atlas::activations(int64_t layer, int64_t unit, int64_t seed) const {
  const auto blob =
      one_blob(database_.query("SELECT activations FROM picture WHERE layer = ? AND unit = ? AND seed = ?", layer, unit, seed));
  return located(file(), [&] { return floats_of(blob.value_or("")); });
}

std::vector<AtlasExample> Atlas::examples(int64_t layer, int64_t unit) const {
  std::vector<AtlasExample> examples;
  Rows rows = database_.query(
      "SELECT e.kind, e.place, e.photo, e.activation, e.crop_y, e.crop_x, e.crop_height, e.crop_width, p.name, c.name FROM example e "
      "LEFT JOIN photo p ON p.id = e.photo LEFT JOIN class c ON c.id = p.class WHERE e.layer = ? AND e.unit = ? "
      "ORDER BY e.kind = 'tenth', e.place",
      layer, unit);
  while (rows.next())
    examples.push_back({rows.text(0) == "top", rows.integer(1), rows.integer(2), rows.real(3), rows.integer(4), rows.integer(5),
                        rows.integer(6), rows.integer(7), rows.maybe_text(8), rows.maybe_text(9)});
  return examples;
}

std::optional<AtlasPhoto> Atlas::photo(int64_t id) const {
  Rows rows = database_.query("SELECT id, name, class, height, width FROM photo WHERE id = ?", id);
  if (!rows.next()) return std::nullopt;
  return AtlasPhoto{rows.integer(0), rows.text(1), rows.maybe_integer(2), rows.integer(3), rows.integer(4)};
}

std::optional<std::string> Atlas::photo_webp(int64_t id) const {
  return one_blob(database_.query("SELECT webp FROM photo WHERE id = ?", id));
}

double AtlasDistribution::share_below(double activation) const {
  const auto below = std::ranges::lower_bound(quantiles, static_cast<float>(activation)) - quantiles.begin();
  return std::min(1.0, static_cast<double>(below) / static_cast<double>(quantiles.size() - 1));
}

std::optional<AtlasDistribution> Atlas::distribution(int64_t layer, int64_t unit) const {
  Rows rows = database_.query(
      "SELECT u.lowest, u.highest, d.histogram, d.quantiles FROM distribution d JOIN unit u ON u.layer = d.layer AND u.unit = d.unit "
      "WHERE d.layer = ? AND d.unit = ?",
      layer, unit);
  if (!rows.next()) return std::nullopt;
  return located(file(), [&] {
    AtlasDistribution found{rows.real(0), rows.real(1), uint32_of(rows.blob(2)), floats_of(rows.blob(3))};
    if (found.histogram.size() != kHistogramBins || found.quantiles.size() != kQuantiles)
      throw Error("a histogram has the wrong size", "build the atlas again");
    return found;
  });
}

std::vector<AtlasUnitClass> Atlas::classes_of(int64_t layer, int64_t unit) const {
  std::vector<AtlasUnitClass> classes;
  Rows rows = database_.query(
      "SELECT k.class, c.name, k.mean, k.score FROM unit_class k JOIN class c ON c.id = k.class WHERE k.layer = ? AND k.unit = ? "
      "ORDER BY k.place",
      layer, unit);
  while (rows.next()) classes.push_back({rows.integer(0), rows.text(1), rows.real(2), rows.real(3)});
  return classes;
}

std::vector<AtlasClass> Atlas::classes() const {
  std::vector<AtlasClass> classes;
  for (Rows rows = database_.query("SELECT id, name, pictures, unit FROM class ORDER BY id"); rows.next();)
    classes.push_back({rows.integer(0), rows.text(1), rows.integer(2), rows.maybe_integer(3)});
  return classes;
}

std::vector<AtlasClassUnit> Atlas::units_of_class(int64_t class_id, int64_t limit) const {
  std::vector<AtlasClassUnit> units;
  Rows rows = database_.query("SELECT layer, unit, mean, score FROM unit_class WHERE class = ? ORDER BY score DESC, layer, unit LIMIT ?",
                              class_id, limit);
  while (rows.next()) units.push_back({rows.integer(0), rows.integer(1), rows.real(2), rows.real(3)});
  return units;
}

std::vector<AtlasNeighbour> Atlas::neighbours(int64_t layer, int64_t unit) const {
  std::vector<AtlasNeighbour> neighbours;
  Rows rows = database_.query(
      "SELECT scope, place, other_layer, other_unit, similarity FROM likeness WHERE layer = ? AND unit = ? ORDER BY scope, place", layer,
      unit);
  while (rows.next()) neighbours.push_back({rows.text(0) == "layer", rows.integer(1), rows.integer(2), rows.integer(3), rows.real(4)});
  return neighbours;
}

}  // namespace phosphene
