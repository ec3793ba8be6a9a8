// Views from their text, from a generator's file, and in a search of any prior.
#include "phosphene/synth/views.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error_of.h"
#include "phosphene/base/rng.h"
#include "phosphene/synth/bridge.h"
#include "phosphene/synth/search.h"
#include "synth/searching.h"
#include "synth/small_models.h"

namespace phosphene {
namespace {

using namespace test;

TEST(Views, AnySubsetLeavesTheRestAsItIs) {
  EXPECT_FALSE(parse_views("none"));
  const Views views = parse_views("scale=1..1.8 shift=0.05 noise=0.1").value();
  EXPECT_EQ(views.smallest, 1);
  EXPECT_EQ(views.largest, 1.8);
  EXPECT_EQ(views.shift, 0.05);
  EXPECT_EQ(views.noise, 0.1);
  EXPECT_EQ(parse_views("noise=0.1"), (Views{0.9, 1.1, 1.0 / 14, 0.1}));
  EXPECT_EQ(parse_views("  shift=0  scale=2..2 "), (Views{2, 2, 0, 0}));
}

TEST(Views, TheirTextReadsBackAsTheSame) {
  EXPECT_EQ(to_text(std::nullopt), "none");
  for (const Views& views : {Views{}, Views{1.0 / 3, 7, 0.1, 1e-7}}) EXPECT_EQ(parse_views(to_text(views)), views);
}

TEST(Views, WhatIsNoViewIsOneClearLine) {
  const std::string todo = "; give none, or any of scale=0.9..1.1 shift=0.07 noise=0.1";
  const auto error = [](const std::string& text) { return error_of([&] { parse_views(text); }); };
  EXPECT_EQ(error(""), "the text is empty" + todo);
  EXPECT_EQ(error("some"), "\"some\" is no part of a view" + todo);
  EXPECT_EQ(error("scale=1"), "\"1\" is not LOW..HIGH" + todo);
  EXPECT_EQ(error("scale=1.4..0.9"), "the scale 1.4..0.9 ends below its beginning" + todo);
  EXPECT_EQ(error("scale=0..1"), "0 is not between 0.1 and 10" + todo);
  EXPECT_EQ(error("noise=nan"), "nan is not between 0 and 10" + todo);
  EXPECT_EQ(error("noise=-1"), "-1 is not between 0 and 10" + todo);
  EXPECT_EQ(error("noise=much"), "\"much\" is not a number" + todo);
  EXPECT_EQ(error("shift"), "\"\" is not a number" + todo);
  EXPECT_EQ(error("shift=0 shift=1"), "shift is given twice" + todo);
  Recipe recipe;
  recipe.layer = "fc";
  recipe.views = "blur";
  EXPECT_EQ(error_of([&] { recipe.verify(); }), "recipe > views > \"blur\" is no part of a view" + todo);
}

TEST(Views, ComeFromTheRecipeElseFromThePriorElseAreNone) {
  Model generator = small_generator();
  EXPECT_EQ(resolve({}, generator_prior(generator), 1).views, "none");
  generator.search = {{"views", "noise=0.25"}};
  const Prior prior = generator_prior(generator);
  EXPECT_EQ(prior.usual.views, (Views{.noise = 0.25}));
  const Recipe recipe = resolve({}, prior, 1);
  EXPECT_EQ(parse_views(recipe.views.value()), (Views{.noise = 0.25}));
  EXPECT_EQ(resolve(recipe, generator_prior(small_generator()), 1).views, recipe.views);
  Recipe own;
  own.views = "none";
  EXPECT_EQ(resolve(own, prior, 1).views, "none");
  own.views = "shift=0";
  EXPECT_EQ(parse_views(resolve(own, prior, 1).views.value()), (Views{.shift = 0}));
  generator.search = {{"views", 1}};
  EXPECT_NE(error_of([&] { generator_prior(generator); }).find("its phosphene.search has views = 1"), std::string::npos);
  generator.search = {{"views", "far"}};
  EXPECT_NE(error_of([&] { generator_prior(generator); }).find("views > \"far\" is no part of a view"), std::string::npos);
  const Model network = small_network();
  EXPECT_EQ(parse_views(resolve({}, load_prior("fourier", network), 1).views.value()), Views{});
  EXPECT_EQ(parse_views(resolve({}, load_prior("maco", network), 1).views.value()), (Views{1, 2, 0, 0.2}));
}

struct ViewedSearch {
  Model network = small_network();
  Prior prior = generator_prior(small_generator());
  std::vector<Objective> objectives = parse_objectives("0-4", {"fc", {}, 6});
  Recipe recipe;
  ViewedSearch() {
    recipe.layer = "fc";
    recipe.steps = 12;
    recipe.lr0 = 0.2;
    recipe.batch = 2;
    recipe.engine = "reference";
    recipe.seeds = {3};
    recipe.views = "scale=0.8..1.5 shift=0.1 noise=0.2";
  }
  std::vector<JobResult> run(const std::vector<Objective>& wanted) const {
    SearchOptions options;
    options.keep_codes = true;
    return Search(network, prior, recipe, wanted).run(make_jobs(wanted, prior, recipe, network), options);
  }
  std::vector<JobResult> run() const { return run(objectives); }
};

TEST(Views, TheLastStepSeesThePictureAsItIs) {
  ViewedSearch f;
  for (const JobResult& result : f.run()) {
    const auto drawn = find_engine("reference").compile(f.prior.graph, {.batch = 1, .values = {"image"}});
    std::ranges::copy(result.code, drawn->input("code").begin());
    drawn->forward();
    for (size_t i = 0; i < result.image.size(); ++i) EXPECT_NEAR(result.image[i], drawn->value("image")[i], 1e-6);
    const auto looks = find_engine("reference").compile(f.network.graph, {.batch = 1, .values = {"fc"}});
    for (size_t c = 0; c < 3; ++c)  // from RGB in 0..1 to the network's BGR
      for (size_t i = 0; i < 64; ++i)
        looks->input("data")[c * 64 + i] = (std::clamp(result.image[(2 - c) * 64 + i], 0.0f, 1.0f) - f.network.preprocess.mean[c]) / 0.25f;
    looks->forward();
    EXPECT_NEAR(looks->value("fc")[static_cast<size_t>(result.objective.terms[0].unit)], result.activations.back(), 1e-4);
  }
  f.recipe.steps = 1;
  const auto seen = f.run();
  f.recipe.views = "none";
  const auto plain = f.run();
  for (size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(seen[i].image, plain[i].image);
    EXPECT_EQ(seen[i].activations, plain[i].activations);
  }
}

// Out of patience, or at a zero gradient, a job takes one step more, which shows the picture as it is.
TEST(Views, AJobThatEndsEarlyEndsWithoutAViewAndADeadUnitHasNoPicture) {
  ViewedSearch f;
  f.recipe.steps = 60;
  f.recipe.lr0 = f.recipe.lr1 = 1e-9;  // the code stays, and the views alone change the activation
  f.recipe.decay = 1;
  f.recipe.bounds = "none";
  f.recipe.patience = 5;
  const auto ended = f.run();
  ViewedSearch plain;
  plain.recipe.steps = 1;
  plain.recipe.views = "none";
  plain.recipe.bounds = "none";
  const auto wanted = plain.run();
  for (size_t i = 0; i < ended.size(); ++i) {
    EXPECT_LT(ended[i].activations.size(), 60u);
    EXPECT_NEAR(ended[i].activations.back(), wanted[i].activations.back(), 1e-4);
    EXPECT_NE(ended[i].activations.front(), wanted[i].activations.front());
  }
  f.network = dead_network();
  f.objectives = parse_objectives("0", {"relu", {}, 4});
  f.recipe.layer = "relu";
  EXPECT_NE(error_of([&] { f.run(); }).find("its gradient is zero at the start"), std::string::npos);
}

// Of a convolution's values, each with a weight.
TEST(Views, MoveTheGradientAndItIsTheNumericOne) {
  const ViewedSearch f;
  Graph first = infer_shapes(bind_batch(f.prior.graph, 1));
  const RandomView view = append_view(first, "image", f.prior.picture.preprocess, parse_views(*f.recipe.views).value());
  const Bridge bridge = make_bridge(f.prior.picture, input_space(f.network));
  const Graph graph = chain(first, view.seen, bridge, infer_shapes(bind_batch(f.network.graph, 1)), "data", {"p/", "n/"});
  const auto program =
      find_engine("reference").compile(graph, {.batch = 1, .values = {"n/conv"}, .seeds = {"n/conv"}, .gradients = {"p/code"}});
  const auto code = program->input("p/code");
  Rng(4, "code").fill_uniform(code, 0.2f, 1.2f);
  const auto weights = program->seed("n/conv");
  Rng(5, "weights").fill_normal(weights);
  std::vector<std::vector<float>> gradients;
  for (const bool last : {true, false}) {
    draw_view(view, {.seed = 1, .step = 3, .last = last},
              {program->input("p/" + view.rows), program->input("p/" + view.columns), program->input("p/" + view.noise)});
    program->forward();
    program->backward();
    const auto gradient = program->gradient("p/code");
    gradients.emplace_back(gradient.begin(), gradient.end());
    for (size_t k = 0; k < code.size(); ++k) {
      const float kept = code[k], step = 1e-3f;
      const auto score = [&](float value) {
        code[k] = value;
        program->forward();
        double sum = 0;
        for (size_t i = 0; i < weights.size(); ++i) sum += static_cast<double>(weights[i]) * program->value("n/conv")[i];
        return sum;
      };
      const double numeric = (score(kept + step) - score(kept - step)) / (2 * step);
      code[k] = kept;
      EXPECT_NEAR(gradients.back()[k], numeric, 5e-3 * (1 + std::fabs(numeric))) << k;  // sums of single precision over 2/1000
    }
  }
  EXPECT_NE(gradients[0], gradients[1]);
}

TEST(Views, AJobsBitsDependOnNoLaneAndNoNeighbour) {
  for (const std::string engine : {"reference", "onednn"}) {
    ViewedSearch f;
    f.recipe.engine = engine;
    const auto together = f.run();
    const auto alone = f.run({f.objectives[4]});
    const auto turned = f.run({f.objectives[1], f.objectives[0]});
    EXPECT_EQ(alone[0].codes, together[4].codes);
    EXPECT_EQ(alone[0].image, together[4].image);
    EXPECT_EQ(turned[0].codes, together[1].codes);
    EXPECT_EQ(turned[1].codes, together[0].codes);
    f.recipe.seeds = {4};
    EXPECT_NE(f.run()[0].codes, together[0].codes);
  }
}

}  // namespace
}  // namespace phosphene
