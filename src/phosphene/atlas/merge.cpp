// SQLite copies the rows itself: the part is attached to the connection that writes.
#include "phosphene/atlas/merge.h"

#include "phosphene/atlas/plan.h"
#include "phosphene/atlas/schema.h"
#include "phosphene/atlas/writer.h"

namespace phosphene {

namespace {

namespace fs = std::filesystem;

Json plan_of(const Database& database) {
  Rows rows = database.query("SELECT value FROM meta WHERE key = 'plan'");
  return rows.next() ? Json::parse(rows.text(0), nullptr, false) : Json();
}

class Attached {
 public:
  Attached(Database& database, const fs::path& file) : database_(database) { database.run("ATTACH ? AS part", file.string()); }
  ~Attached() {
    try {
      database_.execute("DETACH part");
    } catch (const Error&) {  // the connection ends soon
    }
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  Database& database_;
};

// What the plan alone decides; figures are measured anew from the whole.
constexpr const char* kPlanned = R"sql(
INSERT INTO meta SELECT * FROM part.meta WHERE key NOT IN ('part', 'figures');
INSERT INTO layer SELECT * FROM part.layer;
INSERT INTO edge SELECT * FROM part.edge;
INSERT INTO unit (layer, unit, label) SELECT layer, unit, label FROM part.unit;
INSERT INTO job SELECT * FROM part.job;
INSERT INTO class SELECT * FROM part.class;
)sql";

constexpr const char* kDone = R"sql(
INSERT OR IGNORE INTO picture (id, key, layer, unit, seed, place, activation, rank, probability, stopped, shown_y, shown_x, height, width, pixels,
  activations, code, thumbnail, webp) SELECT id, key, layer, unit, seed, place, activation, rank, probability, stopped, shown_y, shown_x, height,
  width, pixels, activations, code, thumbnail, webp FROM part.picture;
INSERT OR IGNORE INTO failure SELECT * FROM part.failure;
DELETE FROM failure WHERE job IN (SELECT id FROM picture);
INSERT OR REPLACE INTO data_state SELECT s.* FROM part.data_state s JOIN part.data_part p ON p.part = s.part
  LEFT JOIN main.data_part m ON m.part = p.part WHERE m.part IS NULL OR m.read < p.read;
INSERT OR REPLACE INTO data_part SELECT p.* FROM part.data_part p LEFT JOIN main.data_part m ON m.part = p.part
  WHERE m.part IS NULL OR m.read < p.read;
INSERT INTO timing SELECT what, count, seconds FROM part.timing WHERE true
  ON CONFLICT (what) DO UPDATE SET count = max(timing.count, excluded.count), seconds = max(timing.seconds, excluded.seconds);
)sql";

void merge_part(Database& out, const fs::path& file) {
  const Database part(file, Database::Mode::kRead);
  verify_schema(part);
  const bool is_new = out.query("SELECT count(*) FROM sqlite_master").one_integer() == 0;
  if (!is_new) {
    migrate_schema(out);
    if (const std::string other = plan_difference(plan_of(out), plan_of(part)); !other.empty())
      throw Error(fmt::format("it is of another plan than {}: {}", out.file(), other), "merge parts of one plan").at(file.string());
    if (is_complete(out)) return;
  }
  const Attached attached(out, file);
  Transaction transaction(out);
  if (is_new) {
    create_schema(out);
    out.execute(kPlanned);
  } else if (out.query("SELECT count(*) FROM data_part m JOIN part.data_part p ON m.parts <> p.parts").one_integer() > 0) {
    throw Error(fmt::format("it shares the real pictures among another number of parts than {}", out.file()), "merge parts of one build")
        .at(file.string());
  }
  out.execute(
      "CREATE TEMP TABLE IF NOT EXISTS changed (layer, unit); DELETE FROM changed; INSERT INTO changed SELECT DISTINCT layer, unit FROM "
      "part.picture WHERE id NOT IN (SELECT id FROM main.picture)");
  out.execute(kDone);
  std::vector<std::pair<int64_t, int64_t>> changed;
  for (Rows rows = out.query("SELECT layer, unit FROM changed"); rows.next();) changed.emplace_back(rows.integer(0), rows.integer(1));
  for (const auto& [layer, unit] : changed) show_best_picture(out, layer, unit);
  transaction.commit();
}

}  // namespace

MergeReport merge_atlases(std::span<const fs::path> parts, const fs::path& out) {
  std::error_code ignored;
  for (const fs::path& part : parts) {
    if (!fs::exists(part, ignored)) throw Error("does not exist", "give the files of the parts").at(part.string());
    if (fs::equivalent(part, out, ignored)) throw Error("is both a part and the output", "give another output").at(out.string());
  }
  Database database(out, Database::Mode::kCreate);
  MergeReport report;
  const auto pictures = [&] {
    const bool is_new = database.query("SELECT count(*) FROM sqlite_master").one_integer() == 0;
    return is_new ? 0 : database.query("SELECT count(*) FROM picture").one_integer();
  };
  const int64_t before = pictures();
  for (const fs::path& part : parts) merge_part(database, part);
  report.pictures = pictures();
  report.added = report.pictures - before;
  report.jobs = database.query("SELECT count(*) FROM job").one_integer();
  int64_t of = 0;
  for (const fs::path& file : parts) {
    Rows rows = Database(file, Database::Mode::kRead).query("SELECT value FROM meta WHERE key = 'part'");
    const Json part = rows.next() ? Json::parse(rows.text(0), nullptr, false) : Json();
    if (part.is_object()) of = part.value("of", int64_t{0});
  }
  for (int64_t index = 1; index <= of; ++index) {
    const AtlasPart part{index, of};
    const int64_t missing =
        database
            .query(
                "SELECT count(*) FROM job j LEFT JOIN picture p ON p.id = j.number LEFT JOIN failure f ON f.job = j.number "
                "WHERE j.number % ? = ? AND p.id IS NULL AND f.job IS NULL",
                part.of, part.index - 1)
            .one_integer();
    const bool reads = database.query("SELECT count(*) FROM meta WHERE key = 'data'").one_integer() > 0 && !is_complete(database);
    const bool read = database.query("SELECT count(*) FROM data_part WHERE part = ? AND read = pictures", index).one_integer() > 0;
    if (missing > 0 || (reads && !read)) report.missing_parts.push_back(index);
  }
  const int64_t left = database
                           .query(
                               "SELECT count(*) FROM job j LEFT JOIN picture p ON p.id = j.number LEFT JOIN failure f ON f.job = j.number "
                               "WHERE p.id IS NULL AND f.job IS NULL")
                           .one_integer();
  report.whole = left == 0 && report.missing_parts.empty();
  return report;
}

}  // namespace phosphene
