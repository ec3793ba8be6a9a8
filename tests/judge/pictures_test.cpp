#include "phosphene/judge/pictures.h"

#include <gtest/gtest.h>

#include "phosphene/base/error.h"

namespace phosphene {
namespace {

Json image(const std::string& units, int64_t rank, double activation, double probability) {
  return {{"units", units}, {"rank", rank}, {"activation", activation}, {"probability", probability}};
}

TEST(Pictures, CountsFirstRanksAndUnitsAboveTheirBestRealPicture) {
  const BestImages best{{5, 7, 0}, {0, 1, 2}, 10};
  Json results;
  results["images"] = {image("0", 1, 6, 0.9), image("1", 2, 6.5, 0.3), image("2", 1, 0.5, 0.8), image("0+1", 1, 100, 1)};
  Json other = image("fc6:1", 1, 100, 0.1);
  other["layer"] = "fc6";
  results["images"].push_back(other);
  results["images"][1]["layer"] = "fc8";
  results["images"][2]["units"] = "fc8:2";
  const PictureMeasures measures = measure_pictures(drawn_pictures(results, "fc8"), best);
  EXPECT_EQ(measures.pictures, 3);
  EXPECT_EQ(measures.first, 2);
  EXPECT_EQ(measures.above_best, 2);
  EXPECT_DOUBLE_EQ(measures.probability.value(), 0.8);
  EXPECT_EQ(best.dead(), 1);
}

TEST(Pictures, RefusesAUnitOutsideTheLayer) {
  Json results;
  results["images"] = {image("9", 1, 6, 0.9)};
  EXPECT_THROW(measure_pictures(drawn_pictures(results, "fc8"), BestImages{{5}, {0}, 1}), Error);
}

}  // namespace
}  // namespace phosphene
