#include "phosphene/atlas/likeness.h"

#include <cmath>

#include <gtest/gtest.h>

namespace phosphene {
namespace {

UnitRows rows_of(std::initializer_list<std::initializer_list<float>> values) {
  UnitRows rows(static_cast<Eigen::Index>(values.size()), static_cast<Eigen::Index>(values.begin()->size()));
  Eigen::Index i = 0;
  for (const auto& row : values) {
    Eigen::Index j = 0;
    for (const float value : row) rows(i, j++) = value;
    ++i;
  }
  return rows;
}

TEST(Likeness, NearestByCorrelation) {
  UnitRows rows = rows_of({{1, 2, 3, 4}, {2, 4, 6, 9}, {4, 3, 2, 1}, {5, 5, 5, 5}});
  normalise(rows);
  const auto near = nearest(rows, rows, 7, true, 2);
  ASSERT_EQ(near[0].size(), 2u);
  EXPECT_EQ(near[0][0].unit, 1);
  EXPECT_EQ(near[0][0].layer, 7);
  // Pearson by hand: deviations (-1.5, -.5, .5, 1.5) and (-3.25, -1.25, .75, 3.75)
  EXPECT_NEAR(near[0][0].similarity, 11.5 / std::sqrt(5.0 * 26.75), 1e-6);
  EXPECT_EQ(near[0][1].unit, 2);
  EXPECT_NEAR(near[0][1].similarity, -1, 1e-6);
  EXPECT_TRUE(near[3].empty());  // a constant is like nothing
}

TEST(Likeness, CosineWithoutCentring) {
  UnitRows rows = rows_of({{3, 4}, {4, 3}});
  normalise(rows, false);
  EXPECT_NEAR(nearest(rows, rows, 0, true, 1)[0][0].similarity, 24.0 / 25, 1e-6);
}

// Points on a line of length 2 in five dimensions, and a smaller spread across it.
TEST(Likeness, MapShowsTheLargestSpreadFirst) {
  UnitRows rows(9, 5);
  for (int i = 0; i < 9; ++i)
    for (int j = 0; j < 5; ++j) rows(i, j) = static_cast<float>((i - 4) * (j + 1)) + (j == 0 ? 0.1f * static_cast<float>(i % 3) : 0);
  const auto map = map_of(rows);
  for (int i = 0; i < 9; ++i) EXPECT_NEAR(std::fabs(map[static_cast<size_t>(i)].first), std::fabs(i - 4) / 4.0, 0.02);
  EXPECT_NEAR(map[0].first, -map[8].first, 0.02);
  double largest = 0;
  for (const auto& [x, y] : map) largest = std::max(largest, std::fabs(y));
  EXPECT_DOUBLE_EQ(largest, 1);
  EXPECT_EQ(map_of(UnitRows::Constant(4, 3, 1.0f))[0], (std::pair<double, double>{0, 0}));
}

}  // namespace
}  // namespace phosphene
