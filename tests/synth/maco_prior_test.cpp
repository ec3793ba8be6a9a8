// The magnitudes that a discrete Fourier transform finds in the drawn picture; the gradient; a search from it.
#include "phosphene/synth/priors/maco.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "phosphene/base/rng.h"
#include "phosphene/synth/natural_spectrum.h"
#include "phosphene/synth/search.h"
#include "synth/searching.h"
#include "synth/small_models.h"

namespace phosphene {
namespace {

using namespace test;

PictureSpace space(int64_t channels, const PictureSides& sides) {
  PictureSpace space;
  if (channels == 1) space.preprocess.order = ColourOrder::kGrey;
  space.preprocess.mean.assign(static_cast<size_t>(channels), 0.0f);
  space.preprocess.deviation.assign(static_cast<size_t>(channels), 1.0f);
  space.height = sides.height;
  space.width = sides.width;
  return space;
}

// What the logistic function was given, in pixels from mid grey, and in the channels of the natural spectrum.
std::vector<double> unsquashed(std::span<const float> picture, int64_t channels) {
  const size_t area = picture.size() / static_cast<size_t>(channels);
  std::vector<double> values(picture.size());
  for (size_t i = 0; i < area; ++i)
    for (size_t k = 0; k < static_cast<size_t>(channels); ++k)
      for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
        const double pixel = picture[c * area + i];
        values[k * area + i] += (channels == 1 ? 1 : kNaturalColours[c][k]) * std::log(pixel / (1 - pixel)) / 4;
      }
  return values;
}

std::complex<double> transform(const double* picture, const Wave& wave, const PictureSides& sides) {
  std::complex<double> sum = 0;
  for (int64_t y = 0; y < sides.height; ++y)
    for (int64_t x = 0; x < sides.width; ++x) {
      const double turns = static_cast<double>(wave.down * y) / static_cast<double>(sides.height) +
                           static_cast<double>(wave.across * x) / static_cast<double>(sides.width);
      sum += picture[y * sides.width + x] * std::polar(1.0, -2 * std::numbers::pi * turns);
    }
  return sum;
}

TEST(MacoPrior, EveryCodeHasTheNaturalMagnitudes) {
  for (const PictureSides& sides : {PictureSides{8, 10}, {9, 7}, {6, 9}})
    for (const int64_t channels : {1, 3}) {
      const Prior prior = maco_prior(space(channels, sides));
      ASSERT_EQ(prior.code_size, channels * sides.height * (sides.width / 2 + 1));
      const auto program = find_engine("reference").compile(prior.graph, {.batch = 1, .values = {"picture"}});
      for (const uint64_t seed : {1u, 2u}) {
        Rng(seed, "code").fill_normal(program->input("code"), 3);
        program->forward();
        const std::vector<double> values = unsquashed(program->value("picture"), channels);
        for (int64_t c = 0; c < channels; ++c) {
          const double* picture = values.data() + c * sides.height * sides.width;
          const MeasuredChannel& channel = kMeasuredChannels[channels == 1 ? 0 : 1 + c];
          double mid_grey = 0;  // of the channel
          for (const auto& row : kNaturalColours) mid_grey += channels == 1 ? 0.5 / 3 : 0.5 * row[c];
          const double mean = transform(picture, {0, 0}, sides).real() / static_cast<double>(sides.height * sides.width);
          EXPECT_NEAR(mean, channel.mean - mid_grey, 1e-4);
          for (int64_t u = 0; u < sides.height; ++u)
            for (int64_t v = 0; v < sides.width; ++v) {
              if (u == 0 && v == 0) continue;
              const Wave wave{2 * u <= sides.height ? u : u - sides.height, 2 * v <= sides.width ? v : v - sides.width};
              const double expected = natural_magnitude(channel, wave, sides);
              EXPECT_NEAR(std::abs(transform(picture, wave, sides)), expected, 1e-3 * expected) << u << " " << v;
            }
        }
      }
    }
}

TEST(MacoPrior, CodesOfAHalfTurnMoreChangeThePhaseAlone) {
  const PictureSides sides{8, 8};
  const Prior prior = maco_prior(space(1, sides));
  const auto program = find_engine("reference").compile(prior.graph, {.batch = 1, .values = {"picture"}});
  const Wave wave{3, 2};
  const auto unit = static_cast<size_t>(wave.across * sides.height + wave.down);
  const auto look = [&] {
    program->forward();
    return transform(unsquashed(program->value("picture"), 1).data(), wave, sides);
  };
  Rng(1, "code").fill_normal(program->input("code"));
  program->input("code")[unit] = 0.25f;
  const double magnitude = natural_magnitude(kMeasuredChannels[0], wave, sides);
  EXPECT_NEAR(std::abs(look() - std::polar(magnitude, std::numbers::pi / 4)), 0, 1e-3 * magnitude);
  program->input("code")[unit] = 1.25f;
  EXPECT_NEAR(std::abs(look() + std::polar(magnitude, std::numbers::pi / 4)), 0, 1e-3 * magnitude);
}

void look(const RandomView& view, const ViewOf& of, Program& program) {
  draw_view(view, of, {program.input(view.rows), program.input(view.columns), program.input(view.noise)});
}

TEST(MacoPrior, GradientIsTheNumericOneAndEnginesAgree) {
  Prior prior = maco_prior(space(3, {6, 7}));
  const RandomView view = append_view(prior.graph, prior.image, prior.picture.preprocess, prior.usual.views.value());
  std::vector<float> gradients[2];
  for (const int i : {0, 1}) {
    const auto program = find_engine(i ? "onednn" : "reference")
                             .compile(prior.graph, {.batch = 1, .values = {view.seen}, .seeds = {view.seen}, .gradients = {"code"}});
    const auto code = program->input("code"), seed = program->seed(view.seen);
    Rng(4, "code").fill_normal(code);
    Rng(5, "seed").fill_normal(seed);
    look(view, {.seed = 1, .step = 3}, *program);
    program->forward();
    program->backward();
    gradients[i].assign(program->gradient("code").begin(), program->gradient("code").end());
    if (i == 1) break;
    const auto score = [&] {
      program->forward();
      double sum = 0;
      for (size_t k = 0; k < seed.size(); ++k) sum += static_cast<double>(seed[k]) * program->value(view.seen)[k];
      return sum;
    };
    for (size_t k = 0; k < code.size(); ++k) {
      const float kept = code[k], step = 1e-2f;
      code[k] = kept + step;
      const double above = score();
      code[k] = kept - step;
      const double below = score();
      code[k] = kept;
      EXPECT_NEAR(gradients[0][k], (above - below) / (2 * step), 2e-3) << k;  // values of single precision over a step of 1/100
    }
  }
  float largest = 0;
  for (float g : gradients[0]) largest = std::max(largest, std::fabs(g));
  ASSERT_GT(largest, 0.1f);
  for (size_t k = 0; k < gradients[0].size(); ++k) EXPECT_NEAR(gradients[0][k], gradients[1][k], 1e-4 * largest);
}

struct MacoSearch {
  Model network = small_network();
  Prior prior = load_prior("maco", network);
  std::vector<Objective> objectives = parse_objectives("1,2,4", {"fc", {}, 6});
  Recipe recipe;
  MacoSearch() {
    recipe.layer = "fc";
    recipe.steps = 40;
    recipe.bounds = "none";
  }
  std::vector<JobResult> run(const std::vector<Objective>& wanted, int64_t batch) {
    recipe.batch = batch;
    const Recipe full = resolve(recipe, prior, wanted.size());
    return Search(network, prior, full, wanted).run(make_jobs(wanted, prior, full, network));
  }
};

TEST(MacoPrior, RaisesAUnitWithNothingSaidButThePrior) {
  MacoSearch f;
  for (const JobResult& result : f.run(f.objectives, 3)) {
    EXPECT_GT(result.activations.back(), result.activations.front());
    EXPECT_EQ(result.activations.size(), 40u);
  }
  f.recipe.engine = "reference";
  for (const JobResult& result : f.run(f.objectives, 3)) EXPECT_GT(result.activations.back(), result.activations.front());
}

TEST(MacoPrior, AJobsBitsDependOnNoLaneAndNoNeighbour) {
  MacoSearch f;
  f.recipe.seeds = {3};
  const auto together = f.run(f.objectives, 2);
  const auto alone = f.run({f.objectives[2]}, 2);
  EXPECT_EQ(alone[0].code, together[2].code);
  EXPECT_EQ(alone[0].image, together[2].image);
  const auto turned = f.run({f.objectives[1], f.objectives[0]}, 2);
  EXPECT_EQ(turned[0].image, together[1].image);
  EXPECT_EQ(turned[1].image, together[0].image);
}

}  // namespace
}  // namespace phosphene
