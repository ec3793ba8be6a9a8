#include "phosphene/base/edit_distance.h"

#include <gtest/gtest.h>

namespace phosphene {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsAndReplacements) {
  EXPECT_EQ(edit_distance("steps", "steps"), 0u);
  EXPECT_EQ(edit_distance("stesp", "steps"), 2u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "seed"), 4u);
}

}  // namespace
}  // namespace phosphene
