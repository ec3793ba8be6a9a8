// The oneDNN engine against the reference engine on every case, values and gradients.
#include "phosphene/engine/onednn/onednn_engine.h"

#include <gtest/gtest.h>

#include "engine/engine_compare.h"
#include "engine/tolerances.h"
#include "phosphene/engine/reference/reference_engine.h"

namespace phosphene::test {

namespace {

void compare_all(const Comparison& comparison, double tolerance) {
  const uint64_t seed = test_seed();
  for (const OpCase& c : op_cases(seed)) {
    try {
      for (const Deviation& d : compare_engines(c, onednn_engine(), reference_engine(), comparison, seed))
        EXPECT_LE(d.error, tolerance) << c.name << ", " << d.what;
    } catch (const std::exception& error) {
      ADD_FAILURE() << c.name << ": " << error.what();
    }
  }
}

}  // namespace

TEST(Onednn, FixedWeightsAgreeWithReference) { compare_all({}, kFloat32); }
TEST(Onednn, WithoutGradientsAgreesWithReference) { compare_all({.forward_only = true}, kFloat32); }
TEST(Onednn, MutableWeightsAgreeWithReference) { compare_all({.mutable_weights = true}, kFloat32); }
TEST(Onednn, SecondRunAgreesWithReference) { compare_all({.mutable_weights = true, .twice = true}, kFloat32); }

// What deviates too far in bf16, one line each.
std::vector<std::string> wrong_in_bfloat16(const OpCase& c, uint64_t seed) {
  std::vector<std::string> wrong;
  for (const Deviation& d : compare_engines(c, onednn_engine(), reference_engine(), {.precision = Precision::kBfloat16}, seed))
    if (!(d.error <= (c.inner_kink && d.what.starts_with("gradient") ? kBfloat16Kink : kBfloat16)))
      wrong.push_back(fmt::format("{}, {}: {}", c.name, d.what, d.error));
  return wrong;
}

// Steps (Floor, comparisons, indices) may fall on the other side under rounding, so only smooth cases are compared in bf16.
TEST(Onednn, Bfloat16AgreesWithReference) {
  const uint64_t seed = test_seed();
  for (const OpCase& c : op_cases(seed)) {
    if (!c.smooth) continue;
    try {
      // Among few values behind a kink two on the other side are too many, which is rare; what is wrong is wrong with every input.
      auto wrong = wrong_in_bfloat16(c, seed);
      for (uint64_t other = 1; other <= 3 && !wrong.empty() && c.inner_kink; ++other) wrong = wrong_in_bfloat16(c, seed + other);
      for (const std::string& line : wrong) ADD_FAILURE() << line;
    } catch (const std::exception& error) {
      ADD_FAILURE() << c.name << ": " << error.what();
    }
  }
}

}  // namespace phosphene::test
