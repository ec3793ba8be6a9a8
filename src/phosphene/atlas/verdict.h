// Atlas verdict: one word and a colour for a drawn picture, with the reasons. The table is in docs/atlas-format.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace phosphene {

// Figures of a picture, as far as they were measured.
struct PictureFigures {
  bool output = false;  // its unit is one of the network's output
  int64_t rank = 1;
  std::optional<double> percentile, margin, path;
  std::optional<int64_t> judge_rank;
};

struct AtlasVerdict {
  std::string word, colour;
  std::vector<std::string> reasons;  // a sentence for each figure that fails; for a sound picture, what it passed
};

// Of outputs; docs/atlas-format.md says how they do on adversarial pictures.
inline constexpr double kLowPath = 0.5, kFairPath = 0.7;
inline constexpr int64_t kJudgeRank = 5;

AtlasVerdict verdict_of(const PictureFigures& figures);

}  // namespace phosphene
