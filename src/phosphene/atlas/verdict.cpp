#include "phosphene/atlas/verdict.h"

#include <fmt/format.h>

namespace phosphene {

AtlasVerdict verdict_of(const PictureFigures& figures) {
  if (!figures.percentile) return {"unmeasured", "grey", {"No real pictures were given to compare with."}};
  std::vector<std::string> red, amber;
  const std::optional<double> path = figures.output ? figures.path : std::nullopt;  // of hidden units it is not calibrated
  if (path && *path < kLowPath)
    red.push_back(fmt::format("Path {:.2f}: the layers on the way see another thing than in the unit's real pictures.", *path));
  else if (path && *path < kFairPath)
    amber.push_back(fmt::format("Path {:.2f}: the layers on the way see only in part what they see in the unit's real pictures.", *path));
  if (*figures.percentile < 0.5)
    red.push_back(
        fmt::format("The unit is less excited than by half of the real pictures (percentile {:.1f} %).", 100 * *figures.percentile));
  else if (figures.margin && *figures.margin < 0)
    amber.push_back(fmt::format("A real picture excites the unit more, by {:.2f} deviations.", -*figures.margin));
  if (figures.output && figures.rank > 1) amber.push_back(fmt::format("{} other units of the output are more excited.", figures.rank - 1));
  if (figures.judge_rank && *figures.judge_rank > kJudgeRank)
    amber.push_back(fmt::format("A second network sees the class at rank {} only.", *figures.judge_rank));
  if (!red.empty()) {
    red.insert(red.end(), amber.begin(), amber.end());
    return {"misleading", "red", red};
  }
  if (!amber.empty()) return {"doubtful", "amber", amber};
  std::vector<std::string> good;
  if (figures.margin)
    good.push_back(fmt::format("The unit is more excited than by any real picture, by {:.2f} deviations.", *figures.margin));
  if (path) good.push_back(fmt::format("Path {:.2f}: the layers on the way see what they see in the unit's real pictures.", *path));
  if (figures.judge_rank) good.push_back(fmt::format("A second network sees the class at rank {}.", *figures.judge_rank));
  return {"sound", "green", good};
}

}  // namespace phosphene
