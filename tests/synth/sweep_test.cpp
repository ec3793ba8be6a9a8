// Several layers in one run, early ends, and the choice of lanes.
#include "phosphene/synth/sweep.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/environment.h"
#include "base/temporary_folder.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/synth/lanes.h"
#include "synth/small_models.h"

namespace phosphene {
namespace {

struct Fixture {
  Fixture() {
    recipe.layer = "fc";
    recipe.steps = 6;
    recipe.batch = 4;
    recipe.lr0 = 1.0;
  }
  std::vector<Job> jobs(const std::vector<std::pair<std::string, std::string>>& units_at) const {
    std::vector<Objective> objectives;
    for (const auto& [layer, units] : units_at)
      for (Objective& each : parse_objectives(units, {layer, {}, layer == "fc" ? 6 : 4, layer + ":"})) objectives.push_back(each);
    return make_jobs(objectives, prior, recipe, network);
  }

  Model network = small_network();
  Prior prior = generator_prior(small_generator());
  Recipe recipe;
};

TEST(Sweep, LayersGiveWhatTheyGiveAlone) {
  Fixture f;
  f.recipe.bounds = "none";  // within them a unit of relu is zero at its start, and ends at once
  const auto mixed = f.jobs({{"fc", "0-2"}, {"relu", "1,3"}, {"fc", "5"}});
  Sweep sweep(f.network, f.prior, f.recipe, mixed);
  std::vector<size_t> finished;
  int64_t last = 0;
  SearchOptions options;
  options.on_result = [&](size_t job, const JobResult& result) {
    finished.push_back(job);
    EXPECT_EQ(result.objective.name, mixed[job].objective.name);
  };
  options.on_step = [&](int64_t done, int64_t total) {
    EXPECT_GE(done, last);
    EXPECT_EQ(total, 36);
    last = done;
  };
  const auto results = sweep.run(options);
  EXPECT_EQ(last, 36);
  EXPECT_EQ(finished, (std::vector<size_t>{0, 1, 2, 5, 3, 4}));  // layer by layer
  ASSERT_EQ(results.size(), 6u);
  EXPECT_EQ(results[3].objective.name, "relu:1");
  const auto relu = f.jobs({{"relu", "1,3"}});
  const auto alone = Sweep(f.network, f.prior, f.recipe, relu).run();
  EXPECT_EQ(results[3].image, alone[0].image);
  EXPECT_EQ(results[4].activations, alone[1].activations);
  EXPECT_EQ(sweep.use().busy, 36);
  EXPECT_EQ(sweep.use().steps, 2 * 4 * 6);
}

TEST(Sweep, ABadLaterLayerIsAnErrorBeforeAnythingRuns) {
  const Fixture f;
  auto jobs = f.jobs({{"fc", "0"}, {"relu", "1"}});
  jobs[1].objective.terms[0].at = {Place::Kind::kPoint, 99, 0};
  EXPECT_THROW(Sweep(f.network, f.prior, f.recipe, jobs), Error);
}

TEST(Patience, EndsAJobThatNoLongerRisesAndFillsItsLane) {
  Fixture f;
  f.recipe.batch = 1;
  f.recipe.steps = 60;
  f.recipe.lr0 = f.recipe.lr1 = 1e-9;  // too small to raise anything
  f.recipe.decay = 1;
  f.recipe.patience = 5;
  const auto jobs = f.jobs({{"fc", "0,1"}});
  Sweep sweep(f.network, f.prior, f.recipe, jobs);
  int64_t last = 0;
  SearchOptions options;
  options.keep_codes = true;
  options.on_step = [&](int64_t done, int64_t) { last = done; };
  const auto results = sweep.run(options);
  for (const JobResult& result : results) {
    EXPECT_LT(result.activations.size(), 60u);
    EXPECT_GE(result.activations.size(), 6u);
    EXPECT_FALSE(result.stopped);
    EXPECT_FALSE(result.image.empty());
    EXPECT_EQ(result.codes.size(), 61 * result.code.size());
  }
  EXPECT_EQ(last, 120);
  EXPECT_EQ(sweep.use().share(), 1);
  f.recipe.patience = 0;
  EXPECT_EQ(Sweep(f.network, f.prior, f.recipe, jobs).run()[0].activations.size(), 60u);
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
  const auto jobs = f.jobs({{"fc", "0"}});
  EXPECT_EQ(choose_lanes(f.network, f.prior, f.recipe, jobs), 15);  // too short to measure: 7 rounds of at most 16
  EXPECT_FALSE(std::filesystem::exists(file));
  f.recipe.steps = 1000;
  const int64_t chosen = choose_lanes(f.network, f.prior, f.recipe, jobs);
  EXPECT_GE(chosen, 8);
  EXPECT_LE(chosen, 64);
  Json cache = read_json(file);
  ASSERT_EQ(cache.size(), 1u);
  cache.begin().value() = 50;
  write_json(file, cache);
  EXPECT_EQ(choose_lanes(f.network, f.prior, f.recipe, jobs), 50);
  write_file(file, std::string_view("damaged"));
  EXPECT_NO_THROW(choose_lanes(f.network, f.prior, f.recipe, jobs));
}

}  // namespace
}  // namespace phosphene
