// Floats of 4 and 8 bits, against the tables of their formats (arXiv 2209.05433 and 2206.02915, OCP microscaling 1.0).
#include "phosphene/graph/narrow_float.h"

#include <gtest/gtest.h>

#include <cmath>

namespace phosphene {
namespace {

constexpr int64_t kE4m3fn = 17, kE4m3fnuz = 18, kE5m2 = 19, kE5m2fnuz = 20, kE2m1 = 23, kE8m0 = 24;

TEST(NarrowFloat, ReadsItsBits) {
  EXPECT_EQ(narrow_float_of_bits(kE4m3fn, 0x38), 1);
  EXPECT_EQ(narrow_float_of_bits(kE4m3fn, 0x7e), 448);
  EXPECT_EQ(narrow_float_of_bits(kE4m3fn, 0x81), -0x1p-9F);
  EXPECT_TRUE(std::isnan(narrow_float_of_bits(kE4m3fn, 0xff)));
  EXPECT_EQ(narrow_float_of_bits(kE4m3fnuz, 0x7f), 240);
  EXPECT_TRUE(std::isnan(narrow_float_of_bits(kE4m3fnuz, 0x80)));
  EXPECT_EQ(narrow_float_of_bits(kE5m2, 0x7b), 57344);
  EXPECT_EQ(narrow_float_of_bits(kE5m2, 0xfc), -INFINITY);
  EXPECT_TRUE(std::isnan(narrow_float_of_bits(kE5m2, 0x7d)));
  EXPECT_EQ(narrow_float_of_bits(kE5m2fnuz, 0x01), 0x1p-17F);
  EXPECT_EQ(narrow_float_of_bits(kE2m1, 0xf), -6);
  EXPECT_EQ(narrow_float_of_bits(kE2m1, 0x1), 0.5F);
  EXPECT_EQ(narrow_float_of_bits(kE8m0, 130), 8);
  EXPECT_TRUE(std::isnan(narrow_float_of_bits(kE8m0, 255)));
}

TEST(NarrowFloat, RoundsToTheNearestAndHalvesToEvenCodes) {
  EXPECT_EQ(round_to_narrow_float(kE4m3fn, 1.06, true), 1);
  EXPECT_EQ(round_to_narrow_float(kE4m3fn, 1.0625, true), 1);     // between 1 and 1.125
  EXPECT_EQ(round_to_narrow_float(kE4m3fn, 1.1875, true), 1.25);  // between 1.125 and 1.25
  EXPECT_EQ(round_to_narrow_float(kE2m1, -2.5, true), -2);
  EXPECT_EQ(round_to_narrow_float(kE5m2, 0x1p-18, true), 0);
}

TEST(NarrowFloat, WhatIsTooLargeSaturatesOrIsNoNumber) {
  EXPECT_EQ(round_to_narrow_float(kE4m3fn, 1e9, true), 448);
  EXPECT_EQ(round_to_narrow_float(kE4m3fn, 464, false), 448);  // nearer to 448 than to what would come next
  EXPECT_TRUE(std::isnan(round_to_narrow_float(kE4m3fn, 465, false)));
  EXPECT_EQ(round_to_narrow_float(kE5m2, -1e9, false), -INFINITY);
  EXPECT_EQ(round_to_narrow_float(kE5m2, -INFINITY, true), -57344);
  EXPECT_EQ(round_to_narrow_float(kE2m1, 100, false), 6);
  EXPECT_TRUE(std::isnan(round_to_narrow_float(kE5m2fnuz, NAN, true)));
}

}  // namespace
}  // namespace phosphene
