#include "phosphene/atlas/measure.h"

#include "phosphene/atlas/data_pass.h"
#include "phosphene/atlas/verdict.h"
#include "phosphene/atlas/writer.h"
#include "phosphene/base/file.h"

namespace phosphene {

namespace {

constexpr int64_t kWorthShrinking = 1 << 10;  // free pages

void judge_pictures(Database& database) {
  struct Row {
    int64_t id, layer, unit;
    PictureFigures figures;
  };
  std::vector<Row> pictures;
  Rows rows = database.query(
      "SELECT p.id, p.layer, p.unit, l.role, p.rank, p.percentile, p.margin, p.path, p.judge_rank FROM picture p JOIN layer l ON l.id = "
      "p.layer ORDER BY p.id");
  while (rows.next())
    pictures.push_back(
        {rows.integer(0),
         rows.integer(1),
         rows.integer(2),
         {rows.text(3) == "output", rows.integer(4), rows.maybe_real(5), rows.maybe_real(6), rows.maybe_real(7), rows.maybe_integer(8)}});
  for (const Row& picture : pictures) {
    const AtlasVerdict verdict = verdict_of(picture.figures);
    database.run("UPDATE picture SET verdict = ?, colour = ?, reasons = ? WHERE id = ?", verdict.word, verdict.colour,
                 Json(verdict.reasons).dump(), picture.id);
  }
  for (const Row& picture : pictures) show_best_picture(database, picture.layer, picture.unit);
}

}  // namespace

bool measure_atlas(Database& database, const MeasureInputs& inputs) {
  if (is_complete(database)) return true;
  if (inputs.photos && !(measure_data(database, inputs) && measure_paths(database, inputs))) return false;
  if (inputs.judge && !measure_transfer(database, inputs)) return false;
  if (!measure_likeness(database, inputs)) return false;
  Transaction transaction(database);
  judge_pictures(database);
  database.execute("DELETE FROM data_state");
  set_meta(database, "figures", true);
  transaction.commit();
  if (database.query("PRAGMA freelist_count").one_integer() > kWorthShrinking) database.execute("VACUUM");
  return true;
}

}  // namespace phosphene
