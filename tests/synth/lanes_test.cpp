// Early ends, and the choice of lanes.
#include "phosphene/synth/lanes.h"

#include <gtest/gtest.h>

#include "base/environment.h"
#include "base/temporary_folder.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "synth/searching.h"
#include "synth/small_models.h"

namespace phosphene {
namespace {

using namespace test;

struct Fixture {
  Fixture() {
    recipe.layer = "fc";
    recipe.steps = 6;
    recipe.batch = 4;
    recipe.lr0 = 1.0;
  }
  std::vector<Objective> objectives(const std::string& units) const { return parse_objectives(units, {"fc", {}, 6}); }

  Model network = small_network();
  Prior prior = generator_prior(small_generator());
  Recipe recipe;
};

TEST(Patience, EndsAJobThatNoLongerRisesAndFillsItsLane) {
  Fixture f;
  f.recipe.batch = 1;
  f.recipe.steps = 60;
  f.recipe.lr0 = f.recipe.lr1 = 1e-9;  // too small to raise anything
  f.recipe.decay = 1;
  f.recipe.patience = 5;
  const auto objectives = f.objectives("0,1");
  Search search(f.network, f.prior, f.recipe, objectives);
  const auto jobs = make_jobs(objectives, f.prior, f.recipe, f.network);
  int64_t last = 0;
  SearchOptions options;
  options.keep_codes = true;
  options.on_step = [&](int64_t done, int64_t) { last = done; };
  const auto results = search.run(jobs, options);
  for (const JobResult& result : results) {
    EXPECT_LT(result.activations.size(), 60u);
    EXPECT_GE(result.activations.size(), 6u);
    EXPECT_FALSE(result.stopped);
    EXPECT_FALSE(result.image.empty());
    EXPECT_EQ(result.codes.size(), 61 * result.code.size());
  }
  EXPECT_EQ(last, 120);
  EXPECT_EQ(search.use().share(), 1);
  f.recipe.patience = 0;
  EXPECT_EQ(Search(f.network, f.prior, f.recipe, objectives).run(make_jobs(objectives, f.prior, f.recipe, f.network))[0].activations.size(),
            60u);
}

TEST(Lanes, FillTheirRoundsEvenly) {
  EXPECT_EQ(even_lanes(1, 16), 1);
  EXPECT_EQ(even_lanes(16, 16), 16);
  EXPECT_EQ(even_lanes(17, 16), 9);
  EXPECT_EQ(even_lanes(200, 16), 16);
  EXPECT_EQ(even_lanes(0, 16), 1);
}

TEST(Lanes, AreMeasuredOnceWhereItPays) {
  const TemporaryFolder temporary;
  const Environment cache_folder("PHOSPHENE_CACHE", temporary.path());  // it goes before XDG_CACHE_HOME
  const std::filesystem::path file = temporary / "lanes.json";
  Fixture f;
  f.network.hash = "network";
  f.recipe.batch = 0;
  f.recipe.seeds.clear();
  for (uint64_t seed = 0; seed < 100; ++seed) f.recipe.seeds.push_back(seed);
  const auto jobs = [&] { return JobList(f.objectives("0"), f.prior, f.recipe, f.network); };
  EXPECT_EQ(choose_lanes(f.network, f.prior, f.recipe, jobs()), 15);  // too short to measure: 7 rounds of at most 16
  EXPECT_FALSE(std::filesystem::exists(file));
  f.recipe.steps = 1000;
  const int64_t chosen = choose_lanes(f.network, f.prior, f.recipe, jobs());
  EXPECT_GE(chosen, 8);
  EXPECT_LE(chosen, 64);
  Json cache = read_json(file);
  ASSERT_EQ(cache.size(), 1u);
  cache.begin().value() = 50;
  write_json(file, cache);
  EXPECT_EQ(choose_lanes(f.network, f.prior, f.recipe, jobs()), 50);
  write_file(file, std::string_view("damaged"));
  EXPECT_NO_THROW(choose_lanes(f.network, f.prior, f.recipe, jobs()));
}

}  // namespace
}  // namespace phosphene
