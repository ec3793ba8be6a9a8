#include "phosphene/atlas/verdict.h"

#include <gtest/gtest.h>

namespace phosphene {
namespace {

const PictureFigures kGood = {.output = true, .rank = 1, .percentile = 1.0, .margin = 0.5, .path = 0.8, .judge_rank = 2};

TEST(AtlasVerdict, EveryRowOfTheTable) {
  EXPECT_EQ(verdict_of(kGood).word, "sound");
  EXPECT_EQ(verdict_of({.output = true}).word, "unmeasured");
  const auto with = [](auto change) {
    PictureFigures figures = kGood;
    change(figures);
    return verdict_of(figures);
  };
  EXPECT_EQ(with([](auto& f) { f.path = 0.1; }).colour, "red");
  EXPECT_EQ(with([](auto& f) { f.path = 0.6; }).colour, "amber");
  EXPECT_EQ(with([](auto& f) { f.percentile = 0.4, f.margin = -3; }).colour, "red");
  EXPECT_EQ(with([](auto& f) { f.percentile = 0.9, f.margin = -0.1; }).colour, "amber");
  EXPECT_EQ(with([](auto& f) { f.rank = 2; }).colour, "amber");
  EXPECT_EQ(with([](auto& f) { f.rank = 2, f.output = false; }).colour, "green");
  EXPECT_EQ(with([](auto& f) { f.path = 0.1, f.output = false; }).colour, "green");  // of hidden units it is not calibrated
  EXPECT_EQ(with([](auto& f) { f.judge_rank = 6; }).colour, "amber");
  EXPECT_EQ(with([](auto& f) { f.path.reset(), f.judge_rank.reset(); }).colour, "green");
  const AtlasVerdict all = with([](auto& f) { f.path = 0.1, f.rank = 3; });
  EXPECT_EQ(all.reasons.size(), 2u);
  EXPECT_NE(all.reasons[0].find("Path 0.10"), std::string::npos);
  EXPECT_NE(all.reasons[1].find("2 other units"), std::string::npos);
}

}  // namespace
}  // namespace phosphene
