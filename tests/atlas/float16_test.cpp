#include "phosphene/atlas/float16.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "phosphene/base/error.h"

namespace phosphene {
namespace {

// Bits by hand: sign, exponent - 15, fraction.
TEST(Float16, KnownBits) {
  EXPECT_EQ(to_float16(0.0f), 0x0000);
  EXPECT_EQ(to_float16(-0.0f), 0x8000);
  EXPECT_EQ(to_float16(1.0f), 0x3c00);
  EXPECT_EQ(to_float16(-2.0f), 0xc000);
  EXPECT_EQ(to_float16(65504.0f), 0x7bff);
  EXPECT_EQ(to_float16(65519.0f), 0x7bff);
  EXPECT_EQ(to_float16(65520.0f), 0x7c00);                      // infinity
  EXPECT_EQ(to_float16(std::ldexp(1.0f, -24)), 0x0001);         // the smallest
  EXPECT_EQ(to_float16(std::ldexp(1.0f, -25)), 0x0000);         // half of it: to even
  EXPECT_EQ(to_float16(std::ldexp(1023.0f, -24)), 0x03ff);      // the largest below 2^-14
  EXPECT_EQ(to_float16(std::ldexp(1023.5f, -24)), 0x0400);      // rounds up to it
  EXPECT_EQ(to_float16(1.0f + std::ldexp(1.0f, -11)), 0x3c00);  // a tie: to even
  EXPECT_EQ(to_float16(1.0f + std::ldexp(3.0f, -11)), 0x3c02);  // a tie: to even
  EXPECT_EQ(to_float16(std::numeric_limits<float>::infinity()), 0x7c00);
  EXPECT_TRUE(std::isnan(from_float16(to_float16(std::nanf("")))));
}

TEST(Float16, EveryNumberComesBackAsItself) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    if (std::isnan(from_float16(half))) continue;
    EXPECT_EQ(to_float16(from_float16(half)), half);
  }
}

TEST(Float16, BlobOfAWrongSizeIsAnError) {
  EXPECT_EQ(floats_of_float16(float16_blob(std::vector<float>{1, -0.5f})), (std::vector<float>{1, -0.5f}));
  EXPECT_EQ(floats_of(float32_blob(std::vector<float>{1e-30f})), (std::vector<float>{1e-30f}));
  EXPECT_NE(error_of([] { floats_of("abc"); }).find("3 bytes"), std::string::npos);
}

}  // namespace
}  // namespace phosphene
