#include "phosphene/base/median.h"

#include <gtest/gtest.h>

namespace phosphene {
namespace {

TEST(Median, OfEvenAndOddNumbers) {
  EXPECT_DOUBLE_EQ(median({3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(median({4, 1, 2, 3}), 2.5);
}

}  // namespace
}  // namespace phosphene
