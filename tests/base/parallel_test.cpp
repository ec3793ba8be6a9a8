#include "phosphene/base/parallel.h"

#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "phosphene/base/progress.h"

namespace phosphene {
namespace {

TEST(ParallelFor, CoversEveryIndexOnce) {
  for (const int64_t count : {0, 1, 2, 7, 1000})
    for (const int threads : {0, 1, 3, 16}) {
      std::vector<int> hits(static_cast<size_t>(count), 0);
      parallel_for(
          count,
          [&](int64_t first, int64_t last) {
            for (int64_t i = first; i < last; ++i) ++hits[i];
          },
          threads);
      EXPECT_EQ(hits, std::vector<int>(static_cast<size_t>(count), 1)) << count << " on " << threads;
    }
}

TEST(ParallelFor, RethrowsAnException) {
  const auto fail = [](int64_t first, int64_t last) {
    if (first <= 60 && 60 < last) throw std::runtime_error("sixty");
  };
  EXPECT_THROW(parallel_for(100, fail, 4), std::runtime_error);
}

TEST(FormatDuration, UsesTwoUnits) {
  EXPECT_EQ(format_duration(12.2), "12 s");
  EXPECT_EQ(format_duration(190), "3 min 10 s");
  EXPECT_EQ(format_duration(3723), "1 h 02 min");
  EXPECT_EQ(format_duration(59.9), "1 min 0 s");
}

}  // namespace
}  // namespace phosphene
