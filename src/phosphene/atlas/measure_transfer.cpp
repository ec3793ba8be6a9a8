#include "phosphene/atlas/measure.h"
#include "phosphene/base/image_bytes.h"
#include "phosphene/judge/features.h"

namespace phosphene {

// The rank and the softmax probability of the unit's class among the judge's scores.
bool measure_transfer(Database& database, const MeasureInputs& inputs) {
  struct Picture {
    int64_t id, cls;
  };
  std::vector<Picture> pictures;
  Rows rows = database.query("SELECT p.id, p.unit FROM picture p JOIN layer l ON l.id = p.layer WHERE l.role = 'output' ORDER BY p.id");
  while (rows.next())
    if (const auto& cls = inputs.judge->classes.at(static_cast<size_t>(rows.integer(1)))) pictures.push_back({rows.integer(0), *cls});
  if (pictures.empty()) return true;
  const Model& judge = *inputs.judge->network;
  FeatureReader reader(judge, last_features(judge));
  std::vector<std::string> files;
  for (const Picture& picture : pictures) {
    Rows row = database.query("SELECT webp FROM picture WHERE id = ?", picture.id);
    files.push_back(row.next() ? row.blob(0) : "");
  }
  const Features features =
      reader.read(static_cast<int64_t>(pictures.size()), [&](int64_t i) { return decode_image(files[static_cast<size_t>(i)]); });
  const OutputKind kind = judge.meaning().kind;
  Transaction transaction(database);
  for (size_t i = 0; i < pictures.size(); ++i) {
    const std::span<const float> scores(features.scores_of(static_cast<int64_t>(i)), static_cast<size_t>(features.classes));
    const auto cls = static_cast<size_t>(pictures[i].cls);
    const auto rank = 1 + std::ranges::count_if(scores, [&](float score) { return score > scores[cls]; });
    database.run("UPDATE picture SET judge_rank = ?, judge_probability = ? WHERE id = ?", static_cast<int64_t>(rank),
                 probabilities(kind, scores)[cls], pictures[i].id);
  }
  transaction.commit();
  return !inputs.stop.stop_requested();
}

}  // namespace phosphene
