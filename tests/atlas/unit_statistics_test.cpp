#include "phosphene/atlas/unit_statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "phosphene/atlas/blobs.h"
#include "phosphene/base/error.h"
#include "phosphene/base/rng.h"
#include "phosphene/formats/half.h"

namespace phosphene {
namespace {

std::vector<float> normal_values(size_t count, double mean) {
  std::vector<float> values(count);
  Rng(3, "values").fill_normal(values);
  for (float& value : values) value += static_cast<float>(mean);
  return values;
}

UnitStatistics of(const std::vector<float>& values, size_t first = 0, size_t step = 1) {
  UnitStatistics unit;
  for (size_t i = first; i < values.size(); i += step) unit.add({values[i], static_cast<uint32_t>(i), static_cast<uint32_t>(i % 7)});
  return unit;
}

std::string bytes_of(const UnitStatistics& unit) {
  std::string bytes;
  unit.write(bytes);
  return bytes;
}

TEST(UnitStatistics, AgreeWithSortedValues) {
  const std::vector<float> values = normal_values(5000, 0.5);
  std::vector<float> sorted = values;
  std::ranges::sort(sorted);
  const UnitStatistics unit = of(values);
  EXPECT_EQ(unit.count(), 5000u);
  EXPECT_EQ(unit.lowest(), sorted.front());
  ASSERT_EQ(unit.top().size(), UnitStatistics::kTop);
  for (size_t i = 0; i < UnitStatistics::kTop; ++i) {
    EXPECT_EQ(unit.top()[i].activation, sorted[sorted.size() - 1 - i]);
    EXPECT_EQ(values[unit.top()[i].photo], unit.top()[i].activation);
    EXPECT_EQ(unit.top()[i].position, unit.top()[i].photo % 7);
  }
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 5000;
  double square = 0;
  for (const float value : values) square += (value - mean) * (value - mean);
  EXPECT_NEAR(unit.deviation(mean), std::sqrt(square / 5000), 0.01);  // a bucket is 0.8 % of a value of about 1
  const auto above = std::ranges::count_if(values, [](float value) { return value > 0; });
  EXPECT_DOUBLE_EQ(unit.share_above_zero(), static_cast<double>(above) / 5000);
  for (const double at : {-1.5, -0.01, 0.0, 0.3, 1.0, 2.5}) {
    const auto below = std::ranges::count_if(values, [&](float value) { return value < at; });
    EXPECT_NEAR(unit.below(at), static_cast<double>(below), 5000 * 0.4 * 0.016 * std::max(std::fabs(at), 0.1))
        << at;  // density times a bucket
  }
  EXPECT_EQ(unit.below(sorted.back()), 4999);
  EXPECT_EQ(unit.below(sorted.back() + 1), 5000);
  EXPECT_EQ(unit.below(sorted[4995]), 4995);  // exact among the top
  const std::vector<double> counts = {0, 2500, 5000};
  const std::vector<float> quantiles = unit.quantiles(counts);
  EXPECT_EQ(quantiles[0], sorted.front());
  EXPECT_NEAR(quantiles[1], sorted[2500], 0.02);
  EXPECT_EQ(quantiles[2], sorted.back());
}

TEST(UnitStatistics, OrderAndPartsChangeNoBit) {
  const std::vector<float> values = normal_values(3000, 0);
  UnitStatistics backwards;
  for (size_t i = values.size(); i-- > 0;) backwards.add({values[i], static_cast<uint32_t>(i), static_cast<uint32_t>(i % 7)});
  UnitStatistics merged = of(values, 2, 3);
  merged.merge(of(values, 0, 3));
  merged.merge(of(values, 1, 3));
  const UnitStatistics whole = of(values);
  // The octaves of buckets may be laid out another way; what is said of them is not.
  for (const UnitStatistics* other : {&backwards, &merged}) {
    EXPECT_EQ(other->count(), whole.count());
    EXPECT_EQ(other->deviation(0.1), whole.deviation(0.1));
    for (double from = -3; from < 3; from += 0.37) {
      EXPECT_EQ(other->below(from), whole.below(from));
      const Sighting *a = other->nearest(from, from + 0.4), *b = whole.nearest(from, from + 0.4);
      ASSERT_EQ(a == nullptr, b == nullptr);
      if (a) EXPECT_EQ(a->photo, b->photo);
    }
    for (size_t i = 0; i < UnitStatistics::kTop; ++i) EXPECT_EQ(other->top()[i].photo, whole.top()[i].photo);
  }
}

// Every tenth of the upper half of the range that has pictures has an example: it holds whole quarters of sixteenths of an octave.
TEST(UnitStatistics, ThereIsAnExampleInEveryTenthThatIsWellFilled) {
  std::vector<float> values(2000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 13 % 2000) / 100;
  const UnitStatistics unit = of(values);
  for (int tenth = 0; tenth < 10; ++tenth) EXPECT_NE(unit.nearest(2.0 * tenth, 2.0 * (tenth + 1)), nullptr) << tenth;
  EXPECT_EQ(unit.nearest(100, 200), nullptr);
}

TEST(UnitStatistics, EqualValuesAndZeros) {
  const UnitStatistics zeros = of(std::vector<float>(20, 0.0f));
  EXPECT_EQ(zeros.deviation(0), 0);
  EXPECT_EQ(zeros.below(0), 0);
  EXPECT_EQ(zeros.below(0.1), 20);
  EXPECT_EQ(zeros.share_above_zero(), 0);
  EXPECT_EQ(zeros.top().front().photo, 0u);  // of equals the lower number
  const UnitStatistics same = of(std::vector<float>(20, 3.0f));
  EXPECT_EQ(same.below(3), 0);
  EXPECT_EQ(same.below(3.1), 20);
}

TEST(UnitStatistics, AStateThatIsCutOffIsAnError) {
  const std::string bytes = bytes_of(of(normal_values(50, 0)));
  std::string_view whole = bytes;
  EXPECT_EQ(bytes_of(UnitStatistics::read(whole)), bytes);
  EXPECT_TRUE(whole.empty());
  for (size_t size = 0; size < bytes.size(); size += 37) {
    std::string_view part = std::string_view(bytes).substr(0, size);
    EXPECT_NE(error_of([&] { UnitStatistics::read(part); }), "no error");
  }
}

TEST(LayerStatistics, SumsClassesAndResponses) {
  LayerStatistics a(2, 3, 4), b(2, 3, 4);
  a.add(0, {.number = 0, .class_of = 1, .place = 2}, 1.5f, 0);
  a.add(1, {.number = 0, .class_of = 1, .place = 2}, -2.0f, 0);
  b.add(0, {.number = 1, .class_of = 1, .place = -1}, 0.25f, 0);
  b.add(1, {.number = 1, .class_of = -1, .place = 3}, 7.0f, 0);
  a.merge(b);
  EXPECT_EQ(a.sum(0), 1.75);
  EXPECT_EQ(a.class_sum(0, 1), 1.75);
  EXPECT_EQ(a.class_sum(1, 1), -2);
  EXPECT_EQ(a.responses(0)[2], float_to_half(1.5f));
  EXPECT_EQ(a.responses(0)[3], LayerStatistics::kMissing);
  EXPECT_EQ(a.responses(1)[3], float_to_half(7.0f));
  const std::string bytes = a.write();
  EXPECT_EQ(LayerStatistics::read(bytes).write(), bytes);
  EXPECT_NE(error_of([&] { LayerStatistics::read(bytes.substr(0, bytes.size() - 1)); }), "no error");
  EXPECT_NE(error_of([&] { LayerStatistics::read(bytes + "x"); }), "no error");
}

}  // namespace
}  // namespace phosphene
