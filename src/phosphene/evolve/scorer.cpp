#include "phosphene/evolve/scorer.h"

#include <cmath>

#include "phosphene/base/error.h"

namespace phosphene {

ScoreSheet::ScoreSheet(const Generation& generation) : scores_(generation.shown.size()) {
  for (size_t i = 0; i < generation.shown.size(); ++i) places_[generation.shown[i].id] = i;
}

void ScoreSheet::add(const std::string& name, double score) {
  std::string id = std::filesystem::path(name).filename().string();
  if (id.ends_with(".png")) id.resize(id.size() - 4);
  const auto found = places_.find(id);
  if (found == places_.end())
    throw Error(fmt::format("\"{}\" is no picture of this generation", name),
                fmt::format("give ids from {} to {}", places_.begin()->first, places_.rbegin()->first));
  if (!std::isfinite(score)) throw Error(fmt::format("the score of {} is {}", id, score), "give a finite number");
  Score& sum = scores_[found->second];
  if (sum.repeats == 0) ++scored_;
  sum.mean += score, ++sum.repeats;
}

std::vector<Score> ScoreSheet::scores() const {
  std::vector<Score> scores = scores_;
  for (Score& score : scores) score.mean /= static_cast<double>(score.repeats);
  return scores;
}

}  // namespace phosphene
