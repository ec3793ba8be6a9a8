#include "phosphene/judge/pictures.h"

#include <gtest/gtest.h>

#include <cmath>

#include "phosphene/base/error.h"

namespace phosphene {
namespace {

PictureRecord picture(int64_t unit, int64_t rank, double activation, double probability, const std::string& layer = "fc8") {
  PictureRecord record;
  record.terms = {{{layer, unit}, activation, rank, probability}};
  record.activations = {activation};
  return record;
}

TEST(Pictures, CountsFirstRanksAndUnitsAboveTheirBestRealPicture) {
  const RealActivations real{{{1, 3, 5}}, {{1, 1, 7}}, {{-2, -1, 0}}};
  std::vector<PictureRecord> pictures = {picture(0, 1, 6, 0.9), picture(1, 2, 6.5, 0.3), picture(2, 1, 0.5, 0.8),
                                         picture(1, 1, 100, 0.1, "fc6")};
  PictureRecord sum = picture(0, 1, 100, 1);
  sum.terms.push_back(picture(1, 1, 100, 1).terms.front());
  pictures.push_back(sum);
  const PictureMeasures measures = measure_pictures(pictures, "fc8", &real);
  EXPECT_EQ(measures.pictures, 3);
  EXPECT_EQ(measures.first, 2);
  EXPECT_DOUBLE_EQ(measures.probability.value(), 0.8);
  EXPECT_EQ(measures.above_best, 2);
  EXPECT_DOUBLE_EQ(measures.activation, 6);
  EXPECT_DOUBLE_EQ(measures.percentile.value(), 1);                      // 1, 2/3, 1
  EXPECT_NEAR(measures.margin.value(), 0.5 / std::sqrt(2.0 / 3), 1e-9);  // 1 / 1.63, -0.5 / 2.83, 0.5 / 0.82
  EXPECT_EQ(count_dead(real), 1);
  const PictureMeasures alone = measure_pictures(pictures, "fc8", nullptr);
  EXPECT_FALSE(alone.above_best || alone.percentile || alone.margin);
  EXPECT_EQ(alone.first, 2);
}

TEST(Pictures, RefusesAUnitOutsideTheLayer) {
  const RealActivations one{{{5}}};
  const std::vector<PictureRecord> outside = {picture(9, 1, 6, 0.9)};
  EXPECT_THROW(measure_pictures(outside, "fc8", &one), Error);
  EXPECT_THROW(measure_pictures(outside, "fc6", &one), Error);
  EXPECT_THROW(measure_pictures({}, "fc8", &one), Error);
}

}  // namespace
}  // namespace phosphene
