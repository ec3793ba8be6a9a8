// Both directions against plain sums in double, for sizes around the widths of vectors, tiles, strips, blocks and chunks.
#include "phosphene/engine/onednn/thin_product.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "phosphene/engine/program.h"

namespace phosphene::onednn {
namespace {

struct Numbers {
  std::vector<float> values;
  std::vector<uint16_t> halves;  // the same in bf16, in which they are exact
  const void* data(bool bf16) const { return bf16 ? static_cast<const void*>(halves.data()) : values.data(); }
};

Numbers draw_numbers(int64_t count, std::mt19937& random) {
  Numbers numbers;
  std::uniform_real_distribution<float> range(-1, 1);
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t bits = std::bit_cast<uint32_t>(range(random)) & 0xffff0000u;
    numbers.values.push_back(std::bit_cast<float>(bits));
    numbers.halves.push_back(static_cast<uint16_t>(bits >> 16));
  }
  return numbers;
}

TEST(ThinProduct, IsTheSum) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (const bool bf16 : {false, true}) {
    if (!has_thin_product(bf16)) continue;
    for (const int64_t m : {1, 2, 4, 5, 16, 32})
      for (const int64_t rows : {1, 7, 16, 35, 128})
        for (const int64_t columns : {1, 15, 33, 64, 1025, 2111, 4640})
          for (const bool along : {false, true}) {
            const int64_t stride = rows % 2 ? columns : thin_product_stride(columns, bf16);
            const ThinProduct product{m, rows, columns, along, bf16, stride};
            const Numbers x = draw_numbers(m * product.from(), random), s = draw_numbers(rows * stride, random),
                          bias = draw_numbers(product.to(), random);
            std::vector<float> y(static_cast<size_t>(m * product.to()), NAN);
            const bool with_bias = (rows + columns) % 2 == 0;
            std::vector<char> scratch(static_cast<size_t>(thin_product_scratch(product)));
            thin_product(product, x.data(bf16), s.data(bf16), with_bias ? bias.values.data() : nullptr, y.data(), scratch.data());
            for (int64_t lane = 0; lane < m; ++lane)
              for (int64_t to = 0; to < product.to(); ++to) {
                double sum = with_bias ? bias.values[static_cast<size_t>(to)] : 0, size = 1;
                for (int64_t from = 0; from < product.from(); ++from) {
                  const int64_t at = along ? to * stride + from : from * stride + to;
                  const double term =
                      static_cast<double>(x.values[static_cast<size_t>(lane * product.from() + from)]) * s.values[static_cast<size_t>(at)];
                  sum += term;
                  size += std::fabs(term);
                }
                ASSERT_NEAR(y[static_cast<size_t>(lane * product.to() + to)], sum, 1e-6 * size)
                    << (bf16 ? "bf16 " : "f32 ") << (along ? "along " : "across ") << m << " x " << rows << " x " << columns;
              }
          }
  }
}

TEST(ThinProduct, BitsDependNeitherOnThreadsNorOnOtherRows) {
  std::mt19937 random(5);
  const int before = threads();
  for (const bool bf16 : {false, true}) {
    if (!has_thin_product(bf16)) continue;
    for (const bool along : {false, true}) {
      const ThinProduct many{16, 301, 2050, along, bf16, 2050}, one{1, 301, 2050, along, bf16, 2050};
      const Numbers x = draw_numbers(many.m * many.from(), random), s = draw_numbers(many.rows * many.columns, random);
      std::vector<float> together(static_cast<size_t>(many.m * many.to())), alone(static_cast<size_t>(many.to()));
      std::vector<char> scratch(static_cast<size_t>(thin_product_scratch(many)));
      set_threads(2);
      thin_product(many, x.data(bf16), s.data(bf16), nullptr, together.data(), scratch.data());
      set_threads(1);
      const size_t lane = 11, start = lane * static_cast<size_t>(many.from());
      const void* row = bf16 ? static_cast<const void*>(x.halves.data() + start) : x.values.data() + start;
      thin_product(one, row, s.data(bf16), nullptr, alone.data(), scratch.data());
      for (size_t i = 0; i < alone.size(); ++i) ASSERT_EQ(together[lane * alone.size() + i], alone[i]) << i;
    }
  }
  set_threads(before);
}

}  // namespace
}  // namespace phosphene::onednn
