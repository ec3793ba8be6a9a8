// The published rule against an implementation of its own (tests/golden/dgn_am.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/engines_here.h"
#include "phosphene/base/file.h"
#include "phosphene/synth/search.h"
#include "synth/searching.h"

namespace phosphene {
namespace {

using namespace test;

const std::filesystem::path kGolden = std::filesystem::path(PHOSPHENE_SOURCE_DIR) / "tests/golden/dgn_am";

class DgnAmGolden : public ::testing::TestWithParam<std::string> {};

// Largest difference in units of the golden's largest value.
double relative_difference(std::span<const float> ours, std::span<const float> golden) {
  EXPECT_EQ(ours.size(), golden.size());
  double largest = 0, difference = 0;
  for (size_t i = 0; i < std::min(ours.size(), golden.size()); ++i) {
    largest = std::max<double>(largest, std::fabs(golden[i]));
    difference = std::max<double>(difference, std::fabs(ours[i] - golden[i]));
  }
  return difference / largest;
}

TEST_P(DgnAmGolden, CodesOfAllStepsActivationsAndPictures) {
  const Model network = load_model((kGolden / "network.onnx").string());
  const Prior prior = generator_prior(load_model((kGolden / "generator.onnx").string()));
  Recipe recipe;
  recipe.layer = "fc";
  recipe.steps = 50;
  recipe.lr0 = 2.0;
  recipe.engine = GetParam();
  recipe.batch = 4;
  recipe.bounds = (kGolden / "upper.npy").string();
  const auto unit = [](const std::string& layer, int64_t number, Place at) {
    return Objective{std::to_string(number), {Term{layer, number, 1, at}}};
  };
  const std::vector<Objective> objectives = {unit("fc", 1, {}), unit("fc", 4, {}), unit("conv", 5, {Place::Kind::kPoint, 6, 6})};
  recipe.init = (kGolden / "starts.npy").string();
  const std::vector<Job> jobs = make_jobs(objectives, prior, recipe, network);
  SearchOptions options;
  options.keep_codes = true;
  Search search(network, prior, recipe, objectives);
  const std::vector<JobResult> results = search.run(jobs, options);

  const Array steps = read_npy(kGolden / "steps.npy"), images = read_npy(kGolden / "images.npy"),
              activations = read_npy(kGolden / "activations.npy");
  ASSERT_EQ(results.size(), 3u);
  const size_t code = 12, image = 3 * 16 * 16;
  for (size_t j = 0; j < 3; ++j) {
    ASSERT_EQ(results[j].codes.size(), 51 * code);
    for (size_t i = 0; i <= 50; ++i) {
      const auto ours = std::span(results[j].codes).subspan(i * code, code);
      EXPECT_LT(relative_difference(ours, std::span(steps.values).subspan((j * 51 + i) * code, code)), 1e-3)
          << "job " << j << " step " << i;
    }
    EXPECT_LT(relative_difference(results[j].image, std::span(images.values).subspan(j * image, image)), 1e-3);
    const std::vector<float> ours(results[j].activations.begin(), results[j].activations.end());
    EXPECT_LT(relative_difference(ours, std::span(activations.values).subspan(j * 50, 50)), 1e-3);
    EXPECT_FALSE(results[j].stopped);
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, DgnAmGolden, ::testing::ValuesIn(test::engines_here()),
                         [](const auto& test) { return test::test_name(test.param); });

}  // namespace
}  // namespace phosphene
