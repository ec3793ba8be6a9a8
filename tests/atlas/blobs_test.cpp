#include "phosphene/atlas/blobs.h"
#include "phosphene/formats/half.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "phosphene/base/error.h"

namespace phosphene {
namespace {

// Bits by hand: sign, exponent - 15, fraction.
TEST(Float16, KnownBits) {
  EXPECT_EQ(float_to_half(0.0f), 0x0000);
  EXPECT_EQ(float_to_half(-0.0f), 0x8000);
  EXPECT_EQ(float_to_half(1.0f), 0x3c00);
  EXPECT_EQ(float_to_half(-2.0f), 0xc000);
  EXPECT_EQ(float_to_half(65504.0f), 0x7bff);
  EXPECT_EQ(float_to_half(65519.0f), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0f), 0x7c00);                      // infinity
  EXPECT_EQ(float_to_half(std::ldexp(1.0f, -24)), 0x0001);         // the smallest
  EXPECT_EQ(float_to_half(std::ldexp(1.0f, -25)), 0x0000);         // half of it: to even
  EXPECT_EQ(float_to_half(std::ldexp(1023.0f, -24)), 0x03ff);      // the largest below 2^-14
  EXPECT_EQ(float_to_half(std::ldexp(1023.5f, -24)), 0x0400);      // rounds up to it
  EXPECT_EQ(float_to_half(1.0f + std::ldexp(1.0f, -11)), 0x3c00);  // a tie: to even
  EXPECT_EQ(float_to_half(1.0f + std::ldexp(3.0f, -11)), 0x3c02);  // a tie: to even
  EXPECT_EQ(float_to_half(std::numeric_limits<float>::infinity()), 0x7c00);
  EXPECT_TRUE(std::isnan(half_to_float(float_to_half(std::nanf("")))));
}

TEST(Float16, EveryNumberComesBackAsItself) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    if (std::isnan(half_to_float(half))) continue;
    EXPECT_EQ(float_to_half(half_to_float(half)), half);
  }
}

TEST(Float16, BlobOfAWrongSizeIsAnError) {
  EXPECT_EQ(floats_of_float16(float16_blob(std::vector<float>{1, -0.5f})), (std::vector<float>{1, -0.5f}));
  EXPECT_EQ(floats_of(float32_blob(std::vector<float>{1e-30f})), (std::vector<float>{1e-30f}));
  EXPECT_NE(error_of([] { floats_of("abc"); }).find("3 bytes"), std::string::npos);
}

}  // namespace
}  // namespace phosphene
