#include "engine/op_cases.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "engine/op_case_builder.h"
#include "phosphene/base/error.h"

namespace phosphene::test {

std::vector<OpCase> op_cases(uint64_t seed) {
  Cases cases(seed);
  conv_cases(cases);
  pool_cases(cases);
  linear_cases(cases);
  normalize_cases(cases);
  elementwise_cases(cases);
  binary_cases(cases);
  shape_cases(cases);
  reduce_cases(cases);
  resize_cases(cases);
  const size_t single = cases.all.size();
  chain_cases(cases);
  transformer_cases(cases);
  view_cases(cases);
  for (size_t i = single; i < cases.all.size(); ++i) cases.all[i].inner_kink = true;
  return std::move(cases.all);
}

std::vector<float> case_input(const OpCase& op_case, const GraphInput& input, uint64_t seed) {
  const Shape& shape = input.type.shape;
  PHOSPHENE_CHECK(shape.rank() > 0 && shape[0] == kCaseBatch);  // programs are compiled for this batch: they hold no more numbers
  const int64_t size = shape.size(),
                cells = (size + 23) / 24 * 24;  // even shares: 0, the quarters and whole numbers lie between cells
  Rng rng(seed, "case input " + op_case.name + input.name);
  const auto cell = rng.permutation(cells);
  std::vector<float> values;
  for (int64_t i = 0; i < size; ++i)
    values.push_back(
        static_cast<float>(op_case.input_low + (op_case.input_high - op_case.input_low) *
                                                   (static_cast<double>(cell[static_cast<size_t>(i)]) + rng.uniform(0.25, 0.75)) /
                                                   static_cast<double>(cells)));
  return values;
}

uint64_t test_seed() {
  static const uint64_t seed = [] {
    const char* fixed = std::getenv("PHOSPHENE_TEST_SEED");
    const uint64_t chosen = fixed ? std::strtoull(fixed, nullptr, 10)
                                  : static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) % 1000000007;
    std::printf("PHOSPHENE_TEST_SEED=%llu\n", static_cast<unsigned long long>(chosen));
    return chosen;
  }();
  return seed;
}

}  // namespace phosphene::test
