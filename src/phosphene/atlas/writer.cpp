#include "phosphene/atlas/writer.h"

#include <algorithm>
#include <chrono>

#include "phosphene/atlas/blobs.h"
#include "phosphene/atlas/schema.h"
#include "phosphene/base/file.h"
#include "phosphene/base/image_bytes.h"

namespace phosphene {

namespace {

namespace fs = std::filesystem;

constexpr int64_t kThumbnailSide = 64;
constexpr float kThumbnailQuality = 80;

std::string thumbnail_of(const Image& picture) {
  const int64_t side = std::max(picture.height, picture.width);
  if (side <= kThumbnailSide) return webp_lossy(picture, kThumbnailQuality);
  const auto scaled = [&](int64_t extent) { return std::max<int64_t>(1, extent * kThumbnailSide / side); };
  return webp_lossy(resize(picture, scaled(picture.height), scaled(picture.width)), kThumbnailQuality);
}

Json network_json(const Model& network) {
  const ImageSize size = picture_size(network);
  int64_t parameters = 0;
  for (const auto& [name, weight] : network.graph.weights)
    if (weight->type() == DataType::kFloat32) parameters += weight->size();
  const char* kind = network.kind == ModelKind::kClassifier ? "classifier" : "other";
  return {{"name", network.name},
          {"file", network.file.string()},
          {"sha256", network.hash},
          {"kind", kind},
          {"height", size.height},
          {"width", size.width},
          {"channels", network.preprocess.channels()},
          {"preprocess", network.preprocess.to_json()},
          {"parameters", parameters}};
}

Json prior_json(const Prior& prior) {
  Json json{{"name", prior.name}, {"sha256", prior.hash}, {"code", prior.code_size}};
  if (prior.grid) json["grid"] = {{"height", prior.grid->height}, {"width", prior.grid->width}, {"stride", prior.grid->stride}};
  return json;
}

bool is_empty(const Database& database) { return database.query("SELECT count(*) FROM sqlite_master").one_integer() == 0; }

Json meta_of(const Database& database, const std::string& key) {
  Rows rows = database.query("SELECT value FROM meta WHERE key = ?", key);
  return rows.next() ? Json::parse(rows.text(0), nullptr, false) : Json();
}

Json part_json(const AtlasPart& part) { return part.of == 1 ? Json() : Json{{"index", part.index}, {"of", part.of}}; }

std::string part_text(const Json& part) {
  return part.is_object() ? fmt::format("part {}/{}", part.value("index", 0), part.value("of", 0)) : "the whole atlas";
}

Error of_another_plan(const std::string& difference) {
  return Error(fmt::format("it is an atlas of another plan: {}", difference), "give another file, or remove this one");
}

}  // namespace

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

void set_meta(Database& database, const std::string& key, const Json& value) {
  database.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, json_text(value, -1));
}

bool is_complete(const Database& database) { return database.query("SELECT count(*) FROM meta WHERE key = 'figures'").one_integer() > 0; }

void add_timing(Database& database, const std::string& what, int64_t count, double seconds) {
  database.run("INSERT INTO timing VALUES (?1, ?2, ?3) ON CONFLICT (what) DO UPDATE SET count = count + ?2, seconds = seconds + ?3", what,
               count, seconds);
}

void show_best_picture(Database& database, int64_t layer, int64_t unit) {
  database.run(
      "UPDATE unit SET (seed, activation, rank, probability, percentile, margin, path, judge_rank, judge_probability, verdict, colour, "
      "reasons) = (SELECT seed, activation, rank, probability, percentile, margin, path, judge_rank, judge_probability, verdict, colour, "
      "reasons FROM picture WHERE layer = ?1 AND unit = ?2 ORDER BY CASE colour WHEN 'green' THEN 0 WHEN 'amber' THEN 1 WHEN 'red' THEN 2 "
      "ELSE 3 END, activation DESC, seed LIMIT 1) WHERE layer = ?1 AND unit = ?2",
      layer, unit);
}

AtlasOptions continued(AtlasOptions options, const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return options;
  const Database database(file, Database::Mode::kRead);
  if (is_empty(database)) return options;
  verify_schema(database);
  const Json plan = meta_of(database, "plan");
  if (!plan.is_object() || plan.value("layers", Json::array()).empty()) return options;
  const Json recipe = plan["layers"][0].value("request", Json::object()).value("recipe", Json::object());
  if (options.recipe.batch == 0) options.recipe.batch = recipe.value("batch", 0);
  if (options.recipe.threads == 0) options.recipe.threads = recipe.value("threads", 0);
  return options;
}

AtlasWriter::AtlasWriter(const fs::path& file, const AtlasPlan& plan, const AtlasMeta& meta, const AtlasPart& part)
    : database_(file, Database::Mode::kCreate) {
  if (is_empty(database_)) {
    Transaction transaction(database_);
    create_schema(database_);
    write_plan(plan, meta, part);
    transaction.commit();
  } else {
    migrate_schema(database_);
    if (const Json before = meta_of(database_, "part"), now = part_json(part); before != now)
      throw Error(fmt::format("it is {}, not {}", part_text(before), part_text(now)), "give another file").at(file.string());
    const Json before = meta_of(database_, "plan");
    if (const std::string other = plan_difference(before, meta.plan); !other.empty()) {
      const std::string conflict = part.of > 1 ? other : plan_conflict(before, meta.plan);
      if (!conflict.empty()) throw of_another_plan(conflict).at(file.string());
      grow(plan, meta);
    }
  }
  for (Rows rows = database_.query("SELECT id FROM picture"); rows.next();) drawn_.insert(rows.integer(0));
}

void AtlasWriter::write_plan(const AtlasPlan& plan, const AtlasMeta& meta, const AtlasPart& part) {
  set_meta(database_, "network", network_json(*plan.network));
  set_meta(database_, "labels", plan.network->labels);
  set_meta(database_, "prior", prior_json(*plan.prior));
  set_meta(database_, "plan", meta.plan);
  if (!meta.data.is_null()) set_meta(database_, "data", meta.data);
  if (!meta.judge.is_null()) set_meta(database_, "judge", meta.judge);
  if (const Json json = part_json(part); !json.is_null()) set_meta(database_, "part", json);
  const auto& layers = plan.layers.layers;
  for (size_t i = 0; i < layers.size(); ++i) {
    const NetworkLayer& layer = layers[i];
    const auto id = static_cast<int64_t>(i);
    const auto turn = std::ranges::find(plan.turns, id, &AtlasTurn::layer);
    const bool drawn = turn != plan.turns.end();
    const auto known = [](int64_t value) { return value == kUnknown ? std::nullopt : std::optional(value); };
    database_.run("INSERT INTO layer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", id, layer.name, layer.path, layer.op,
                  Json(layer.shape.dims()).dump(), layer.units, layer.output ? "output" : "hidden", layer.labelled, layer.parameters,
                  known(layer.multiply_adds), drawn ? std::optional<int64_t>(turn - plan.turns.begin()) : std::nullopt,
                  drawn ? std::optional(json_text(turn->request["recipe"], -1)) : std::nullopt);
    for (int64_t unit = 0; unit < layer.units; ++unit)
      database_.run("INSERT INTO unit (layer, unit, label) VALUES (?, ?, ?)", id, unit,
                    layer.labelled ? std::optional(plan.network->labels[static_cast<size_t>(unit)]) : std::nullopt);
  }
  for (const auto& [source, target] : plan.layers.edges) database_.run("INSERT INTO edge VALUES (?, ?)", source, target);
  for (size_t i = 0; i < meta.classes.size(); ++i)
    database_.run("INSERT INTO class VALUES (?, ?, ?, ?)", i, meta.classes[i], meta.class_pictures[i],
                  meta.class_units[i] >= 0 ? std::optional(meta.class_units[i]) : std::nullopt);
  for (size_t pass = 0; pass < plan.passes.size(); ++pass)
    for (size_t turn = 0; turn < plan.turns.size(); ++turn)
      for (const AtlasPlan::Job& job : plan.jobs(pass, turn))
        database_.run("INSERT INTO job VALUES (?, ?, ?, ?)", job.number, job.layer, job.unit, static_cast<int64_t>(job.seed));
}

// All but pictures is written anew. Jobs and layers get the numbers that the larger plan gives them, so that the content becomes that of an
// atlas which was built with the larger plan at once. Numbers below 0 belong to pictures that wait for theirs.
void AtlasWriter::grow(const AtlasPlan& plan, const AtlasMeta& meta) {
  Transaction transaction(database_);
  database_.execute(
      "CREATE TEMP TABLE before AS SELECT j.number, l.name AS layer, j.unit, j.seed FROM job j JOIN layer l ON l.id = j.layer");
  for (const char* table : {"meta", "layer", "edge", "unit", "job", "failure", "class", "sample", "example", "distribution", "unit_class",
                            "likeness", "timing", "data_part", "data_state"})
    database_.execute(fmt::format("DELETE FROM {}", table));
  write_plan(plan, meta, {});
  database_.execute(
      "CREATE TEMP TABLE moved AS SELECT b.number AS before, j.number AS now, j.layer AS now_layer, b.layer, b.unit, b.seed FROM before b "
      "LEFT JOIN layer l ON l.name = b.layer LEFT JOIN job j ON j.layer = l.id AND j.unit = b.unit AND j.seed = b.seed");
  if (Rows lost = database_.query("SELECT layer, unit, seed FROM moved WHERE now IS NULL ORDER BY before"); lost.next())
    throw of_another_plan(
        fmt::format("unit {} of layer {} with seed {} is there, not here", lost.integer(1), lost.text(0), lost.integer(2)))
        .at(database_.file());
  database_.execute(R"sql(
CREATE UNIQUE INDEX temp.moved_before ON moved (before);
UPDATE picture SET id = -1 - id, layer = -1 - layer;
UPDATE picture SET (id, layer) = (SELECT now, now_layer FROM moved WHERE before = -1 - picture.id), percentile = NULL, margin = NULL,
  path = NULL, path_layers = NULL, judge_rank = NULL, judge_probability = NULL, verdict = NULL, colour = NULL, reasons = NULL;
DROP TABLE before;
DROP TABLE moved)sql");
  std::vector<std::pair<int64_t, int64_t>> drawn;
  for (Rows rows = database_.query("SELECT DISTINCT layer, unit FROM picture"); rows.next();)
    drawn.emplace_back(rows.integer(0), rows.integer(1));
  for (const auto& [layer, unit] : drawn) show_best_picture(database_, layer, unit);
  transaction.commit();
}

void AtlasWriter::add_picture(const AtlasPlan::Job& job, const PictureRecord& record, double seconds) {
  const std::string_view pixels(reinterpret_cast<const char*>(record.picture.pixels.data()), record.picture.pixels.size());
  const std::string webp = webp_lossless(record.picture), thumbnail = thumbnail_of(record.picture);
  const std::vector<float> activations(record.activations.begin(), record.activations.end());
  const TermResult& main = record.main();
  Transaction transaction(database_);
  database_.run(
      "INSERT OR REPLACE INTO picture (id, key, layer, unit, seed, place, activation, rank, probability, stopped, shown_y, shown_x, "
      "height, "
      "width, pixels, activations, code, thumbnail, webp) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      job.number, record.key, job.layer, job.unit, static_cast<int64_t>(job.seed), main.term.at.to_string(), record.activation(), main.rank,
      main.probability, record.stopped, record.shown.y, record.shown.x, record.picture.height, record.picture.width, sha256(pixels),
      Blob{float32_blob(activations)}, Blob{float16_blob(record.code)}, Blob{thumbnail}, Blob{webp});
  database_.run("DELETE FROM failure WHERE job = ?", job.number);
  show_best_picture(database_, job.layer, job.unit);
  add_timing(database_, fmt::format("draw {}", job.layer), 1, seconds);
  transaction.commit();
  drawn_.insert(job.number);
}

void AtlasWriter::add_failure(const AtlasPlan::Job& job, const std::string& error) {
  Transaction transaction(database_);
  database_.run("INSERT OR REPLACE INTO failure VALUES (?, ?)", job.number, error);
  transaction.commit();
}

AtlasSink::AtlasSink(AtlasWriter& writer, const std::vector<AtlasPlan::Job>& jobs, const AtlasPart& part)
    : writer_(writer), jobs_(jobs), part_(part), last_(seconds_now()) {}

bool AtlasSink::has(size_t job) const {
  const int64_t number = jobs_[job].number;
  return !part_.has(number) || writer_.has_picture(number);
}

void AtlasSink::add(Outcome&& outcome) {
  if (const auto* failure = std::get_if<JobFailure>(&outcome)) {
    writer_.add_failure(jobs_[failure->job], failure->error.what());
    return;
  }
  const auto& record = std::get<PictureRecord>(outcome);
  const double before = last_;
  last_ = seconds_now();
  writer_.add_picture(jobs_[record.job], record, last_ - before);
}

}  // namespace phosphene
