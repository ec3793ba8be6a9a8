// Start codes: every way of the table, the bounds, and what a prior's file says of starts and steps.
#include "phosphene/synth/start.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/base/rng.h"
#include "synth/searching.h"
#include "synth/small_decoder.h"

namespace phosphene {
namespace {

using namespace test;

TEST(Starts, TheTableFindsNamesArgumentsAndFiles) {
  for (const Start& start : all_starts()) {
    if (start.needs_argument || &start == &all_starts().back().get()) continue;
    EXPECT_EQ(find_start(start.name).start, &start);
    EXPECT_EQ(find_start(start.name).argument, "");
  }
  EXPECT_STREQ(find_start("spectrum:0.3").start->name, "spectrum");
  EXPECT_EQ(find_start("spectrum:0.3").argument, "0.3");
  EXPECT_EQ(find_start("image:a:b.png").argument, "a:b.png");
  EXPECT_EQ(find_start("codes.npy").start, &all_starts().back().get());
  EXPECT_EQ(find_start("here/codes.npy").argument, "here/codes.npy");
  EXPECT_EQ(error_of([&] { find_start("normel"); }),
            "init \"normel\" is not known; give one of zero, normal, spectrum, bank, image, CODES.npy");
  EXPECT_EQ(error_of([&] { find_start("image"); }), "init image needs more; write image:FILE");
  EXPECT_EQ(error_of([&] { find_start("zero:1"); }), "init zero takes no \"1\"; leave it out");
}

struct StartedSearch {
  Model network = small_network();
  Prior prior = generator_prior(small_generator());
  std::vector<Objective> objectives = parse_objectives("0-5", {"fc", {}, 6});
  Recipe recipe;
  StartedSearch() {
    recipe.layer = "fc";
    recipe.batch = 3;
    recipe.engine = "reference";
  }
  std::vector<Job> jobs() const { return make_jobs(objectives, prior, recipe, network); }
};

TEST(Starts, NormalIsTheStreamOfSeedAndUnit) {
  StartedSearch f;
  f.prior.bounds.reset();
  f.recipe.seeds = {4, 9};
  std::vector<float> wanted(10);
  Rng(9, "init", 2).fill_normal(wanted);
  EXPECT_EQ(f.jobs()[5].start, wanted);
}

TEST(Starts, LieWithinTheBounds) {
  StartedSearch f;
  f.prior = pixel_prior(input_space(f.network));
  for (const Job& job : f.jobs())
    for (size_t i = 0; i < job.start.size(); ++i) {
      EXPECT_GE(job.start[i], f.prior.bounds->lower[i]);
      EXPECT_LE(job.start[i], f.prior.bounds->upper[i]);
    }
  f.recipe.bounds = "none";
  const auto free = f.jobs();
  const auto outside = [&](size_t i) { return free[0].start[i] < f.prior.bounds->lower[i] || free[0].start[i] > f.prior.bounds->upper[i]; };
  size_t count = 0;
  for (size_t i = 0; i < free[0].start.size(); ++i) count += outside(i) ? 1 : 0;
  EXPECT_GT(count, 0u);
}

TEST(Starts, AFilesCodesStayAsTheyAre) {
  const TemporaryFolder folder;
  StartedSearch f;
  f.recipe.seeds = {0, 1};
  const auto start_with = [&](int64_t rows) {
    std::vector<float> codes(static_cast<size_t>(10 * rows));
    std::iota(codes.begin(), codes.end(), -5.0f);
    write_npy(folder / "codes.npy", {rows, 10}, codes);
    f.recipe.init = (folder / "codes.npy").string();
    return f.jobs();
  };
  for (const Job& job : start_with(1)) EXPECT_EQ(job.start.front(), -5);
  const auto by_seed = start_with(2);
  for (size_t i = 0; i < by_seed.size(); ++i) EXPECT_EQ(by_seed[i].start.front(), i % 2 == 0 ? -5 : 5);
  const auto by_job = start_with(12);
  for (size_t i = 0; i < by_job.size(); ++i) EXPECT_EQ(by_job[i].start.front(), static_cast<float>(10 * i) - 5);
  EXPECT_NE(error_of([&] { start_with(3); }).find("it has 3 codes for 12 jobs"), std::string::npos);
}

// Filtering multiplies every wave of the noise by one factor over its frequency.
TEST(Starts, SpectrumIsNoiseWhoseWavesFallWithTheirFrequency) {
  constexpr int64_t kHeight = 6, kWidth = 5, kArea = kHeight * kWidth;
  StartedSearch f;
  f.prior = generator_prior(small_decoder(kHeight, kWidth));
  f.prior.bounds.reset();
  f.recipe.seeds = {7};
  const auto transform = [](const float* values, int64_t u, int64_t v) {
    std::complex<double> sum = 0;
    for (int64_t y = 0; y < kHeight; ++y)
      for (int64_t x = 0; x < kWidth; ++x)
        sum += static_cast<double>(values[y * kWidth + x]) *
               std::polar(1.0, -2 * std::numbers::pi * (static_cast<double>(u * y) / kHeight + static_cast<double>(v * x) / kWidth));
    return sum;
  };
  for (const auto& [init, deviation] : {std::pair{"spectrum", 0.5}, {"spectrum:0.2", 0.2}}) {
    f.recipe.init = init;
    const std::vector<float> start = f.jobs()[3].start;
    std::vector<float> noise(start.size());
    Rng(7, "init", 3).fill_normal(noise);
    for (int64_t c = 0; c < 5; ++c) {
      const float *channel = start.data() + c * kArea, *white = noise.data() + c * kArea;
      double square = 0;
      for (int64_t i = 0; i < kArea; ++i) square += channel[i] * channel[i];
      EXPECT_NEAR(std::sqrt(square / kArea), deviation, 1e-5);
      EXPECT_NEAR(std::abs(transform(channel, 0, 0)), 0, 1e-4);
      const auto gain = [&](int64_t u, int64_t v) {
        const double down = static_cast<double>(std::min(u, kHeight - u)) / kHeight,
                     across = static_cast<double>(std::min(v, kWidth - v)) / kWidth;
        return transform(channel, u, v) / transform(white, u, v) * std::hypot(down, across);
      };
      for (int64_t u = 0; u < kHeight; ++u)
        for (int64_t v = u == 0 ? 1 : 0; v < kWidth; ++v)
          EXPECT_NEAR(std::abs(gain(u, v) - gain(1, 0)), 0, 1e-3 * std::abs(gain(1, 0))) << u << " " << v;
    }
  }
  f.prior = generator_prior(small_generator());
  EXPECT_NE(error_of([&] { f.jobs(); }).find("the code [10] of the prior small-generator is no grid"), std::string::npos);
  f.prior = generator_prior(small_decoder(kHeight, kWidth));
  f.recipe.init = "spectrum:wide";
  EXPECT_NE(error_of([&] { f.jobs(); }).find("\"wide\" is no deviation"), std::string::npos);
}

Model with_bank(Model generator, const Shape& shape) {
  generator.bank = random_weight(shape, 21, 0.6);
  for (float& value : generator.bank->floats()) value = std::fabs(value);
  return generator;
}

// What each code does to each unit is found by a search of one step from it.
TEST(Starts, ABankIsRankedForEveryUnitOfEveryLayer) {
  const TemporaryFolder folder;
  constexpr size_t kCodes = 37;
  for (const std::string objective : {"activation", "log-probability"}) {
    StartedSearch f;
    f.recipe.objective = objective;
    f.objectives = parse_objectives("0-2,1*0.5+4", {"fc", {}, 6});
    for (const Objective& each : parse_objectives("3", {"relu", {Place::Kind::kMean}, 4})) f.objectives.push_back(each);
    const Model generator = with_bank(small_generator(), {kCodes, 10});
    f.prior = generator_prior(generator);
    f.prior.bounds.reset();
    f.recipe.seeds = {0, 1, 36, 38};
    f.recipe.init = "bank";
    const auto jobs = f.jobs();
    ASSERT_EQ(jobs.size(), 20u);

    StartedSearch one;
    one.prior.bounds.reset();
    one.recipe.steps = 1;
    one.recipe.seeds.clear();
    for (uint64_t k = 0; k < kCodes; ++k) one.recipe.seeds.push_back(k);
    write_npy(folder / "bank.npy", {kCodes, 10}, generator.bank->floats());
    one.recipe.init = (folder / "bank.npy").string();
    for (size_t i = 0; i < f.objectives.size(); ++i) {
      one.objectives = {f.objectives[i]};
      const auto results = Search(one.network, one.prior, one.recipe, one.objectives).run(one.jobs());
      std::vector<std::pair<double, size_t>> ranked;
      for (size_t k = 0; k < kCodes; ++k) {
        const JobResult& result = results[k];
        double score = result.activations.back();
        if (objective == "log-probability" && result.terms[0].term.layer == "fc") {
          score = 0;
          for (const TermResult& term : result.terms) score += term.term.weight * std::log(term.probability.value());
        } else if (objective == "log-probability") {
          continue;  // the probability of a map's mean is not in the results
        }
        ranked.emplace_back(-score, k);
      }
      std::ranges::sort(ranked);
      for (size_t s = 0; s < f.recipe.seeds.size() && !ranked.empty(); ++s)
        EXPECT_EQ(jobs[4 * i + s].start, results[ranked[f.recipe.seeds[s] % kCodes].second].code) << objective << i << s;
    }
  }
}

TEST(Starts, ABankIsThePriorsOwnStartAndLivesInItsFile) {
  const TemporaryFolder folder;
  StartedSearch f;
  const Model generator = with_bank(small_generator(), {8, 10});
  EXPECT_EQ(resolve({}, generator_prior(generator), 1).init, "bank");
  EXPECT_EQ(resolve({}, f.prior, 1).init, "normal");
  for (const bool half : {false, true}) {
    const std::filesystem::path file = folder / (half ? "half.onnx" : "full.onnx");
    save_model(file, generator, half);
    const Prior read = load_prior(file.string(), f.network);
    ASSERT_EQ(read.bank.size(), 80u);
    for (size_t i = 0; i < 80; ++i) EXPECT_NEAR(read.bank[i], generator.bank->floats()[i], half ? 1e-3 : 0);
    EXPECT_FALSE(read.graph.constant("phosphene.code_bank"));
  }
  f.prior = generator_prior(generator);
  f.prior.bounds.reset();
  f.recipe.init = "bank:random";
  std::set<std::vector<float>> drawn;
  for (const Job& job : f.jobs()) {
    bool known = false;
    for (size_t k = 0; k < 8; ++k)
      known |= std::equal(job.start.begin(), job.start.end(), generator.bank->floats().begin() + static_cast<std::ptrdiff_t>(10 * k));
    EXPECT_TRUE(known);
    drawn.insert(job.start);
  }
  EXPECT_GT(drawn.size(), 1u);
  f.prior = generator_prior(small_generator());
  EXPECT_NE(error_of([&] { f.jobs(); }).find("small-generator has no stored codes"), std::string::npos);
  const Model wrong = with_bank(small_generator(), {8, 9});
  EXPECT_NE(error_of([&] { generator_prior(wrong); }).find("its phosphene.code_bank has the shape [8, 9]"), std::string::npos);
}

TEST(Starts, ABankOfAnOpenGridFitsTheGridThatIsBound) {
  const Model generator = with_bank(small_decoder(), {2, 5, 3, 3});
  const Prior prior = generator_prior(generator, {Preprocess{}, 8, 8});  // a grid of 2x2
  ASSERT_EQ(prior.bank.size(), 2u * 5 * 2 * 2);
  const auto stored = generator.bank->floats();
  for (size_t map = 0; map < 10; ++map)
    for (size_t y = 0; y < 2; ++y)
      for (size_t x = 0; x < 2; ++x) EXPECT_EQ(prior.bank[(map * 2 + y) * 2 + x], stored[(map * 3 + y) * 3 + x]);
}

TEST(Starts, AGeneratorsFileSaysStartAndSteps) {
  Model generator = with_bank(small_generator(), {8, 10});
  generator.search = {{"steps", 300}, {"init", "zero"}};
  const Recipe recipe = resolve({}, generator_prior(generator), 1);
  EXPECT_EQ(recipe.steps, 300);
  EXPECT_EQ(recipe.init, "zero");
  EXPECT_EQ(resolve({}, generator_prior(small_generator()), 1).steps, 200);
  Recipe own;
  own.steps = 7;
  own.init = "normal";
  EXPECT_EQ(resolve(own, generator_prior(generator), 1).steps, 7);
  EXPECT_EQ(resolve(own, generator_prior(generator), 1).init, "normal");
  for (const Json& wrong : {Json{{"steps", 0}}, Json{{"steps", 1.5}}, Json{{"steps", "many"}}, Json{{"init", "best"}}, Json{{"init", 1}},
                            Json{{"init", "codes.npy"}}, Json{{"init", "image:a.png"}}}) {
    generator.search = wrong;
    EXPECT_NE(error_of([&] { generator_prior(generator); }), "no error") << wrong;
  }
}

}  // namespace
}  // namespace phosphene
