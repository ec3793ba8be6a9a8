// Signs against the plain rule, for counts around the widths of words and vectors.
#include "phosphene/engine/onednn/signs.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace phosphene::onednn {
namespace {

uint16_t half(float value) { return static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16); }
float whole(uint16_t half) { return std::bit_cast<float>(static_cast<uint32_t>(half) << 16); }

// Values that bf16 holds exactly, zeros and denormal ones among them.
std::vector<float> draw(int64_t count, std::mt19937& random) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) {
    const float value = whole(half(std::uniform_real_distribution<float>(-1, 1)(random)));
    const float special[] = {0.0f, -0.0f, whole(1), -whole(1), std::numeric_limits<float>::infinity()};
    values.push_back(i % 7 == 0 ? special[i / 7 % 5] : value);
  }
  return values;
}

std::vector<uint16_t> halves_of(const std::vector<float>& values) {
  std::vector<uint16_t> halves;
  for (const float value : values) halves.push_back(half(value));
  return halves;
}

TEST(Signs, ScaleWhatIsNotAboveZero) {
  std::mt19937 random(3);
  for (const bool bf16 : {false, true}) {
    if (!has_signs(bf16)) continue;
    for (const int64_t count : {1, 15, 16, 17, 31, 33, 63, 64, 65, 1000, 40000})
      for (const float slope : {0.0f, 0.25f, 1.0f}) {
        const std::vector<float> y = draw(count, random);
        std::vector<float> dy = draw(count, random);
        for (float& gradient : dy) gradient = std::isinf(gradient) ? 2 : gradient;
        const bool two = count % 2 == 1;  // a sum of gradients
        const std::vector<float> more = two ? std::vector<float>(dy.rbegin(), dy.rend()) : std::vector<float>();
        std::vector<uint16_t> signs(static_cast<size_t>(sign_words(count)), 0xffff);
        std::vector<float> dx(static_cast<size_t>(count) + 1, 77);  // nothing behind the end is written
        if (bf16) {
          const auto y_halves = halves_of(y), dy_halves = halves_of(dy), more_halves = halves_of(more);
          auto dx_halves = halves_of(dx);
          keep_signs(true, y_halves.data(), count, signs.data());
          scale_by_signs(true, signs.data(), slope, dy_halves.data(), two ? more_halves.data() : nullptr, count, dx_halves.data());
          for (size_t i = 0; i < dx.size(); ++i) dx[i] = whole(dx_halves[i]);
          EXPECT_EQ(dx.back(), whole(half(77)));
        } else {
          keep_signs(false, y.data(), count, signs.data());
          scale_by_signs(false, signs.data(), slope, dy.data(), two ? more.data() : nullptr, count, dx.data());
          EXPECT_EQ(dx.back(), 77);
        }
        // Denormal values may be flushed in bf16, and a sum is rounded to its 8 bits.
        for (size_t i = 0; i < y.size(); ++i) {
          const float sum = dy[i] + (two ? more[i] : 0), expected = y[i] > 0 ? sum : slope * sum;
          ASSERT_NEAR(dx[i], expected, std::max(1e-38f, bf16 ? std::abs(expected) / 256 : 0))
              << (bf16 ? "bf16 " : "f32 ") << count << " at " << i;
        }
      }
  }
}

}  // namespace
}  // namespace phosphene::onednn
