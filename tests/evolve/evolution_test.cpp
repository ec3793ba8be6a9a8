// One population: what it asks for, what it is told, and that a saved one goes on as if it had never stopped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/evolve/evolution.h"
#include "phosphene/evolve/saved.h"
#include "synth/small_models.h"

namespace phosphene {
namespace {

std::shared_ptr<const Prior> small_prior() {
  static const auto prior = std::make_shared<const Prior>(generator_prior(small_generator()));  // code [10], 0 to 1.5
  return prior;
}

// The higher, the nearer each value of a code is to 1.
std::vector<double> near_one(const std::vector<float>& codes) {
  std::vector<double> scores(codes.size() / 10);
  for (size_t i = 0; i < codes.size(); ++i) scores[i / 10] -= std::pow(codes[i] - 1, 2);
  return scores;
}

class EveryOptimiser : public ::testing::TestWithParam<const char*> {
 protected:
  Evolution made(uint64_t seed = 3) const { return {small_prior(), {.optimiser = GetParam(), .population = 12, .seed = seed}}; }
};
// The sphere goes through the best code.
INSTANTIATE_TEST_SUITE_P(Evolution, EveryOptimiser,
                         ::testing::Values("cma", "cma-diagonal", "sphere radius=2.67 last=1 decay=0.9", "genetic"));

TEST_P(EveryOptimiser, AsksTheSameUntilItIsTold) {
  Evolution evolution = made();
  const std::vector<float> first = evolution.ask();
  ASSERT_EQ(first.size(), 120u);
  EXPECT_EQ(evolution.ask(), first);
  EXPECT_NE(made(4).ask(), first);
  evolution.tell(near_one(first));
  EXPECT_NE(evolution.ask(), first);
  EXPECT_EQ(evolution.generation(), 1);
}

TEST_P(EveryOptimiser, StaysWithinTheBounds) {
  Evolution evolution = made();
  for (int g = 0; g < 30; ++g) {
    const std::vector<float> codes = evolution.ask();
    EXPECT_TRUE(std::ranges::all_of(codes, [](float y) { return y >= 0 && y <= 1.5f; }));
    evolution.tell(std::vector<double>(12, 1));  // nothing to choose by
  }
  EXPECT_TRUE(std::ranges::all_of(evolution.centre(), [](float y) { return y >= 0 && y <= 1.5f; }));
}

TEST_P(EveryOptimiser, ClimbsAndRemembersTheBest) {
  Evolution evolution = made();
  double highest = -1e9;
  std::vector<float> code;
  for (int g = 0; g < 60; ++g) {
    const std::vector<float> codes = evolution.ask();
    const std::vector<double> scores = near_one(codes);
    const auto best = std::ranges::max_element(scores);
    if (*best > highest) {
      highest = *best;
      const auto at = codes.begin() + 10 * (best - scores.begin());
      code.assign(at, at + 10);
    }
    evolution.tell(scores);
  }
  EXPECT_EQ(evolution.best().score, highest);
  EXPECT_EQ(evolution.best().code, code);
  EXPECT_GT(near_one(evolution.centre())[0], -1);  // of a random code: -3
}

TEST_P(EveryOptimiser, ASavedOneGoesOnWithTheSameBits) {
  TemporaryFolder folder;
  Evolution whole = made();
  for (int g = 0; g < 9; ++g) {
    if (g == 5) save_evolutions(folder / "state", {{"a", 1}}, {whole.save()});
    whole.tell(near_one(whole.ask()));
  }
  Evolution resumed = made();
  resumed.load(saved_evolutions(folder / "state", {{"a", 1}})->front());
  EXPECT_EQ(resumed.generation(), 5);
  for (int g = 5; g < 9; ++g) resumed.tell(near_one(resumed.ask()));
  EXPECT_EQ(resumed.ask(), whole.ask());
  EXPECT_EQ(resumed.centre(), whole.centre());
  EXPECT_EQ(resumed.best().code, whole.best().code);
  EXPECT_EQ(resumed.best().score, whole.best().score);
}

TEST(Evolution, BeginsWithTheCodesThatItIsGiven) {
  std::vector<float> start(30);
  for (size_t i = 0; i < start.size(); ++i) start[i] = 0.01f * static_cast<float>(i);
  const Evolution evolution(small_prior(), {.population = 5, .start = start});
  const std::vector<float> codes = evolution.ask();
  int found = 0;
  for (size_t row = 0; row < 3; ++row)
    for (size_t k = 0; k < 5; ++k) {
      double difference = 0;
      for (size_t i = 0; i < 10; ++i) difference = std::max<double>(difference, std::abs(codes[10 * k + i] - start[10 * row + i]));
      found += difference < 1e-6;
    }
  EXPECT_EQ(found, 3);  // the other two have noise
}

TEST(Evolution, BadScoresAndShapesAreErrors) {
  Evolution evolution(small_prior(), {.population = 5});
  EXPECT_NE(error_of([&] { evolution.tell(std::vector<double>(4)); }).find("4 scores were told of 5 codes"), std::string::npos);
  EXPECT_NE(error_of([&] {
              evolution.tell(std::vector<double>{1, 2, std::numeric_limits<double>::quiet_NaN(), 4, 5});
            }).find("score 2 is nan"),
            std::string::npos);
  EXPECT_NE(error_of([&] { evolution.load(std::vector<double>(3)); }).find("no state of this evolution"), std::string::npos);
  EXPECT_NE(error_of([&] {
              Evolution(small_prior(), {.population = 5, .start = {1, 2}});
            }).find("2 values are no start codes of 10"),
            std::string::npos);
  EXPECT_NE(error_of([&] { Evolution(small_prior(), {.optimiser = "cma step=1"}); }).find("parameters are sigma"), std::string::npos);
}

TEST(Evolution, AFileOfAnotherRequestOrADamagedOneIsAnError) {
  TemporaryFolder folder;
  EXPECT_FALSE(saved_evolutions(folder / "state", {{"seed", 1}}));
  save_evolutions(folder / "state", {{"seed", 1}}, {{1, 2, 3}});
  EXPECT_NE(error_of([&] { saved_evolutions(folder / "state", {{"seed", 2}}); }).find("seed is 1 there, 2 here"), std::string::npos);
  const std::string bytes = read_file(folder / "state");
  for (size_t size = 0; size < bytes.size(); ++size) {
    write_file(folder / "cut", bytes.substr(0, size));
    EXPECT_NE(error_of([&] { saved_evolutions(folder / "cut", {{"seed", 1}}); }), "no error") << size;
  }
}

}  // namespace
}  // namespace phosphene
