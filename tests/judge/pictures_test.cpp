#include "phosphene/judge/pictures.h"

#include <gtest/gtest.h>

#include <cmath>

#include "phosphene/base/error.h"

namespace phosphene {
namespace {

Json image(const std::string& units, int64_t rank, double activation, double probability) {
  return {{"units", units}, {"rank", rank}, {"activation", activation}, {"probability", probability}};
}

TEST(Pictures, CountsFirstRanksAndUnitsAboveTheirBestRealPicture) {
  const RealActivations real{{{1, 3, 5}}, {{1, 1, 7}}, {{-2, -1, 0}}};
  Json results;
  results["images"] = {image("0", 1, 6, 0.9), image("1", 2, 6.5, 0.3), image("2", 1, 0.5, 0.8), image("0+1", 1, 100, 1)};
  Json other = image("fc6:1", 1, 100, 0.1);
  other["layer"] = "fc6";
  results["images"].push_back(other);
  results["images"][1]["layer"] = "fc8";
  results["images"][2]["units"] = "fc8:2";
  const PictureMeasures measures = measure_pictures(drawn_pictures(results, "fc8"), &real);
  EXPECT_EQ(measures.pictures, 3);
  EXPECT_EQ(measures.first, 2);
  EXPECT_DOUBLE_EQ(measures.probability.value(), 0.8);
  EXPECT_EQ(measures.above_best, 2);
  EXPECT_DOUBLE_EQ(measures.activation, 6);
  EXPECT_DOUBLE_EQ(measures.percentile.value(), 1);                      // 1, 2/3, 1
  EXPECT_NEAR(measures.margin.value(), 0.5 / std::sqrt(2.0 / 3), 1e-9);  // 1 / 1.63, -0.5 / 2.83, 0.5 / 0.82
  EXPECT_EQ(count_dead(real), 1);
  const PictureMeasures alone = measure_pictures(drawn_pictures(results, "fc8"), nullptr);
  EXPECT_FALSE(alone.above_best || alone.percentile || alone.margin);
  EXPECT_EQ(alone.first, 2);
}

TEST(Pictures, RefusesAUnitOutsideTheLayer) {
  Json results;
  results["images"] = {image("9", 1, 6, 0.9)};
  const RealActivations one{{{5}}};
  EXPECT_THROW(measure_pictures(drawn_pictures(results, "fc8"), &one), Error);
  EXPECT_THROW(measure_pictures({}, &one), Error);
}

}  // namespace
}  // namespace phosphene
