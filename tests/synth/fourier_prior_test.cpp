// The picture against the sum of waves written out; a search from it.
#include "phosphene/synth/priors/fourier.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "phosphene/base/rng.h"
#include "phosphene/synth/search.h"
#include "synth/searching.h"
#include "synth/small_models.h"

namespace phosphene {
namespace {

using namespace test;

constexpr int64_t kHeight = 6, kWidth = 8, kWaves = kWidth / 2 + 1;

PictureSpace grey_space() {
  PictureSpace space;
  space.preprocess.order = ColourOrder::kGrey;
  space.preprocess.mean = {0};
  space.preprocess.deviation = {1};
  space.height = kHeight;
  space.width = kWidth;
  return space;
}

TEST(FourierPrior, PictureIsTheSumOfItsWaves) {
  const Prior prior = fourier_prior(grey_space());
  ASSERT_EQ(prior.code_size, kWaves * 2 * kHeight);
  const auto program = find_engine("reference").compile(prior.graph, {.batch = 1, .values = {"picture"}});
  Rng(3, "code").fill_normal(program->input("code"), 100);
  program->forward();
  const auto code = program->input("code");
  for (int64_t y = 0; y < kHeight; ++y)
    for (int64_t x = 0; x < kWidth; ++x) {
      double sum = 0;  // over the whole spectrum of a real picture: a wave of the right half stands for its mirror image too
      for (int64_t v = 0; v < kWaves; ++v)
        for (int64_t u = 0; u < kHeight; ++u) {
          const double across = static_cast<double>(v) / kWidth, down = static_cast<double>(u <= kHeight / 2 ? u : u - kHeight) / kHeight;
          const double amplitude = 0.0025 / std::sqrt(kHeight * kWidth) / std::max(std::hypot(across, down), 1.0 / kWidth);
          const double phase = 2 * std::numbers::pi * (static_cast<double>(u * y) / kHeight + static_cast<double>(v * x) / kWidth);
          const double a = code[static_cast<size_t>(v * 2 * kHeight + u)], b = code[static_cast<size_t>((2 * v + 1) * kHeight + u)];
          sum += (v == 0 || v == kWidth / 2 ? 1 : 2) * amplitude * (a * std::cos(phase) - b * std::sin(phase));
        }
      const auto at = static_cast<size_t>(y * kWidth + x);
      EXPECT_NEAR(program->value("picture")[at], 1 / (1 + std::exp(-sum)), 1e-5);
    }
}

TEST(FourierPrior, EnginesAgreeOnPictureAndGradient) {
  Prior prior = fourier_prior({Preprocess{}, 10, 12});
  const RandomView view = append_view(prior.graph, prior.image, prior.picture.preprocess, prior.usual.views.value());
  std::vector<float> values[2], gradients[2];
  for (const int i : {0, 1}) {
    const auto program = find_engine(i ? "onednn" : "reference")
                             .compile(prior.graph, {.batch = 2, .values = {"picture"}, .seeds = {view.seen}, .gradients = {"code"}});
    Rng(4, "code").fill_normal(program->input("code"), 50);
    Rng(5, "seed").fill_normal(program->seed(view.seen));
    const size_t rows = 100, columns = 144;
    for (const size_t lane : {0u, 1u})
      draw_view(view, {.seed = lane, .step = 3},
                {program->input(view.rows).subspan(lane * rows, rows), program->input(view.columns).subspan(lane * columns, columns), {}});
    program->forward();
    program->backward();
    values[i].assign(program->value("picture").begin(), program->value("picture").end());
    gradients[i].assign(program->gradient("code").begin(), program->gradient("code").end());
  }
  ASSERT_EQ(values[0].size(), 2u * 3 * 10 * 12);
  for (size_t i = 0; i < values[0].size(); ++i) ASSERT_NEAR(values[0][i], values[1][i], 1e-5);
  float largest = 0;
  for (float g : gradients[0]) largest = std::max(largest, std::fabs(g));
  for (size_t i = 0; i < gradients[0].size(); ++i) ASSERT_NEAR(gradients[0][i], gradients[1][i], 1e-4 * largest);
}

TEST(FourierPrior, RaisesAUnitAndShowsWhatItScores) {
  const Model network = small_network();
  const Prior prior = load_prior("fourier", network);
  Recipe recipe;
  recipe.layer = "fc";
  recipe.steps = 40;
  recipe.bounds = "none";
  const auto objectives = parse_objectives("1,2", {"fc", {}, 6});
  recipe = resolve(recipe, prior, 2);
  const auto jobs = make_jobs(objectives, prior, recipe, network);
  const auto results = Search(network, prior, recipe, objectives).run(jobs);
  for (const JobResult& result : results) {
    EXPECT_GT(result.activations.back(), result.activations.front());
    const auto program = find_engine("reference").compile(network.graph, {.batch = 1, .values = {"fc"}});
    const auto input = program->input(network.input().name);
    const Image picture = prior.picture.preprocess.to_image(result.image, prior.picture.height, prior.picture.width);
    network.preprocess.to_values(picture, input);
    program->forward();
    const double value = program->value("fc")[static_cast<size_t>(result.objective.terms[0].unit)];
    EXPECT_NEAR(value, result.activations.back(), 0.05 * std::fabs(value));  // 8 bits a pixel
  }
}

}  // namespace
}  // namespace phosphene
