// A rule and an objective that no table knows: the search takes them as they are, on every engine. With a line in their tables they would
// have names.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/engines_here.h"
#include "phosphene/base/rng.h"
#include "phosphene/graph/passes/rewrite.h"
#include "synth/searching.h"
#include "synth/small_models.h"

namespace phosphene {
namespace {

using namespace test;

// Langevin dynamics with a normal prior of the code (Roberts and Tweedie 1996):
//     y <- y + s (g - y) + sqrt(2 s) temperature n,   n ~ N(0, 1)
constexpr RuleParameter kOwnParameters[] = {{"temperature", 1, 0, 10, "deviation of the noise"}};

void move_langevin(AscentStep& step) {
  step.move(step.size() * (step.gradient() - step.code()) + square_root(2 * step.size()) * step.parameter(0) * step.noise());
}

const Rule kLangevin = {
    .name = "langevin", .about = "samples codes", .move = move_langevin, .parameters = kOwnParameters, .states = 1, .random = true};

// -h: what a unit likes the least.
const ObjectiveKind kLowest = {"lowest", "minus its activation", [](Graph& graph, const std::string& value, const std::string&) {
                                 const std::string lowest = passes::unique_name(graph, value + "/lowest");
                                 graph.nodes.push_back({lowest, "Neg", {value}, {lowest}, {}});
                                 graph.outputs.push_back(lowest);
                                 return lowest;
                               }};

class OwnKinds : public ::testing::TestWithParam<std::string> {
 protected:
  OwnKinds() {
    recipe.layer = "fc";
    recipe.steps = 6;
    recipe.batch = 2;
    recipe.lr0 = 0.1;
    recipe.lr1 = 0.1;
    recipe.decay = 1;
    recipe.bounds = "none";
    recipe.seeds = {7, 8};
  }

  // Jobs of units 0 and 1, with settings and kind of objective as `change` leaves them.
  std::vector<JobResult> search(const std::string& engine,
                                const std::function<void(SearchSettings& settings, SearchShape& shape)>& change) const {
    Recipe of = recipe;
    of.engine = engine;
    const auto objectives = parse_objectives("0-1", {"fc", {}, 6});
    auto jobs = make_jobs(objectives, prior, of, network);
    const auto settings = std::make_shared<SearchSettings>(settings_of(of, prior));
    SearchShape shape = shape_of({"fc"}, of, *settings);
    change(*settings, shape);
    CompiledSearch search(network, prior, shape);
    std::vector<JobResult> results(jobs.size());
    size_t next = 0;
    search.run(
        [&]() -> std::optional<Job> {
          if (next == jobs.size()) return std::nullopt;
          jobs[next].settings = settings;
          jobs[next].number = next;
          return jobs[next++];
        },
        {.keep_codes = true, .on_result = [&](size_t number, JobResult&& result) { results[number] = std::move(result); }});
    return results;
  }

  Model network = small_network();
  Prior prior = generator_prior(small_generator());
  Recipe recipe;
};

TEST_P(OwnKinds, ARuleTakesRandomNumbersOfSeedAndStep) {
  const auto with_temperature = [](double temperature) {
    return [=](SearchSettings& settings, SearchShape&) { settings.rule = {&kLangevin, {temperature}}; };
  };
  const auto cold = search(GetParam(), with_temperature(0)), warm = search(GetParam(), with_temperature(2));
  for (size_t job = 0; job < warm.size(); ++job) {
    const size_t size = warm[job].code.size();
    // The first step is the same in both but for the noise: sqrt(2 s) 2 n.
    std::vector<float> noise(size);
    Rng(warm[job].seed, "rule", 0).fill_normal(noise);
    for (size_t i = 0; i < size; ++i)
      EXPECT_NEAR(warm[job].codes[size + i] - cold[job].codes[size + i], std::sqrt(0.2) * 2 * noise[i], 1e-5);
  }
  const auto reference = search("reference", with_temperature(2));
  for (size_t job = 0; job < warm.size(); ++job)
    for (size_t i = 0; i < warm[job].codes.size(); ++i) EXPECT_NEAR(warm[job].codes[i], reference[job].codes[i], 1e-3);
}

TEST_P(OwnKinds, AnObjectiveIsRaisedAsItSays) {
  const auto none = [](SearchSettings&, SearchShape&) {};
  const auto highest = search(GetParam(), none);
  const auto lowest = search(GetParam(), [](SearchSettings&, SearchShape& shape) { shape.objective = &kLowest; });
  for (size_t job = 0; job < lowest.size(); ++job) {
    EXPECT_FLOAT_EQ(lowest[job].activations.front(), highest[job].activations.front());
    EXPECT_LT(lowest[job].activations.back(), lowest[job].activations.front());
    EXPECT_GT(highest[job].activations.back(), highest[job].activations.front());
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, OwnKinds, ::testing::ValuesIn(test::engines_here()),
                         [](const auto& test) { return test::test_name(test.param); });

}  // namespace
}  // namespace phosphene
