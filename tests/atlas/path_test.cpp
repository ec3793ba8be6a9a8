#include "phosphene/atlas/path.h"

#include <cmath>

#include <gtest/gtest.h>

namespace phosphene {
namespace {

// Two layers of two units. Rows 0 and 1: top pictures of the unit; 2 and 3: of another one; 4: the drawn picture.
WayVectors vectors_with(float x0, float x1, float y0, float y1) {
  return {
      .layers = {5, 8}, .sizes = {2, 2}, .values = {1, 0, 1, 0, /**/ 1, 0, 1, 0, /**/ 0, 1, 1, 0, /**/ 0, 1, 1, 0, /**/ x0, x1, y0, y1}};
}
const std::vector<int64_t> kTop = {0, 1}, kTops = {0, 1, 2, 3};

PathOfPicture path_with(float x0, float x1, float y0, float y1) {
  const WayVectors vectors = vectors_with(x0, x1, y0, y1);
  return path_of(vectors, 4, kTop, sum_of(vectors, kTops));
}

// In layer 5 own pictures have cosine 1, others 0. In layer 8 all are alike, so it cannot tell.
TEST(Path, IsOneForWhatTheTopPicturesShowAndZeroForWhatOthersShow) {
  const PathOfPicture as_top = path_with(1, 0, 1, 0);
  ASSERT_EQ(as_top.layers.size(), 1u);
  EXPECT_EQ(as_top.layers[0].first, 5);
  EXPECT_DOUBLE_EQ(as_top.mean(), 1);
  EXPECT_DOUBLE_EQ(path_with(0, 1, 1, 0).mean(), 0);
  EXPECT_DOUBLE_EQ(path_with(-1, 0, 1, 0).mean(), 0);          // clipped
  EXPECT_NEAR(path_with(0.6f, 0.8f, 1, 0).mean(), 0.6, 1e-6);  // its cosine
}

TEST(Path, NeedsTwoTopPicturesAndOthers) {
  const WayVectors vectors = vectors_with(1, 0, 1, 0);
  EXPECT_TRUE(path_of(vectors, 4, std::vector<int64_t>{0}, sum_of(vectors, kTops)).layers.empty());
  EXPECT_TRUE(path_of(vectors, 4, kTop, sum_of(vectors, kTop)).layers.empty());
}

// Means over rows 0 and 2 of the first unit: 0.5, deviation 0.5; the second layer's units are the same in both, so they tell nothing.
TEST(Path, StandardisedByTheGivenRows) {
  WayVectors vectors = vectors_with(2, 0.5f, 9, 9);
  standardise(vectors, std::vector<int64_t>{0, 2});
  EXPECT_NEAR(vectors.of(0, 0)[0], std::sqrt(0.5), 1e-6);
  EXPECT_NEAR(vectors.of(2, 0)[0], -std::sqrt(0.5), 1e-6);
  EXPECT_NEAR(vectors.of(4, 0)[0], 1, 1e-6);  // (1.5 / 0.5, 0)
  EXPECT_EQ(vectors.of(4, 1)[1], 0.0f);
}

}  // namespace
}  // namespace phosphene
