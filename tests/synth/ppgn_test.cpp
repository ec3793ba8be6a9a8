// PPGN's two samplers against a loop of their own over linear models, with code and picture small enough to write every sum down.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error_of.h"
#include "engine/engines_here.h"
#include "phosphene/base/rng.h"
#include "synth/searching.h"
#include "synth/small_models.h"

namespace phosphene {
namespace {

using namespace test;

constexpr size_t kCode = 4, kPixels = 12, kClasses = 3, kSteps = 25;
constexpr double kPull = 0.3, kAlong = 2, kNoise = 0.05, kSize = 0.1, kDensity = 0.5;

using Numbers = std::vector<double>;

// x = W D y + 1/2, [n, 3, 2, 2]: D = kDensity, where the density is asked for, else 1.
Model linear_generator(bool density) {
  Model model;
  model.name = "linear";
  model.kind = ModelKind::kGenerator;
  model.preprocess_known = true;
  Graph& g = model.graph;
  g.inputs = {{"code", {DataType::kFloat32, Shape{kUnknown, int64_t{kCode}}}}};
  g.outputs = {"image"};
  g.add_weight("d", Tensor(Shape{1}, std::vector<float>{kDensity}));
  g.add_weight("w", random_weight({int64_t{kCode}, int64_t{kPixels}}, 21, 0.25));
  g.add_weight("b", Tensor(Shape{int64_t{kPixels}}, std::vector<float>(kPixels, 0.5f)));
  g.add_weight("shape", Tensor::ints({0, 3, 2, 2}));
  if (density) g.nodes.push_back({"clean", "Mul", {"code", "d"}, {"clean"}, {}});
  g.nodes.push_back({"fc", "Gemm", {density ? "clean" : "code", "w", "b"}, {"flat"}, {}});
  g.nodes.push_back({"to_map", "Reshape", {"flat", "shape"}, {"image"}, {}});
  g = infer_shapes(std::move(g));
  if (density) model.search = {{"density", "clean"}};
  model.provenance = {{"network", "linear-network"}, {"code_layer", "y"}, {"recipe", {{"network", "abc"}}}};
  return model;
}

// E(x) = U x, the layer "y" [n, 4], and above it F = V E(x), the layer "fc" [n, 3].
Model linear_network() {
  Model model;
  model.name = "linear-network";
  model.hash = "abc";
  model.kind = ModelKind::kClassifier;
  model.preprocess_known = true;
  Graph& g = model.graph;
  g.inputs = {{"data", {DataType::kFloat32, Shape{kUnknown, 3, 2, 2}}}};
  g.outputs = {"fc"};
  g.add_weight("u", random_weight({int64_t{kPixels}, int64_t{kCode}}, 22, 0.5));
  g.add_weight("v", random_weight({int64_t{kCode}, int64_t{kClasses}}, 23, 1));
  g.nodes = {{"flat", "Flatten", {"data"}, {"flat"}, {}}, {"y", "Gemm", {"flat", "u"}, {"y"}, {}}, {"fc", "Gemm", {"y", "v"}, {"fc"}, {}}};
  g = infer_shapes(std::move(g));
  return model;
}

Numbers times(const Numbers& x, const Tensor& matrix) {
  const auto columns = static_cast<size_t>(matrix.shape()[1]);
  Numbers y(columns);
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t k = 0; k < columns; ++k) y[k] += x[i] * matrix.floats()[i * columns + k];
  return y;
}

Numbers times_transposed(const Numbers& y, const Tensor& matrix) {
  Numbers x(static_cast<size_t>(matrix.shape()[0]));
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t k = 0; k < y.size(); ++k) x[i] += y[k] * matrix.floats()[i * y.size() + k];
  return x;
}

struct Chain {
  bool joint, normalise;
};

// The codes of all steps, start first.
Numbers sample(const Chain& chain, const std::vector<float>& start, uint64_t seed, size_t unit) {
  const Graph draws = linear_generator(!chain.joint).graph, sees = linear_network().graph;
  const Tensor &w = *draws.constant("w"), &u = *sees.constant("u"), &v = *sees.constant("v");
  const double density = chain.joint ? 1 : kDensity;
  Numbers y(start.begin(), start.end()), codes = y;
  for (size_t step = 0; step < kSteps; ++step) {
    Numbers clean = y;
    for (double& value : clean) value *= density;
    const Numbers drawn = times(clean, w);
    Numbers x(kPixels);
    for (size_t i = 0; i < kPixels; ++i) x[i] = std::clamp(drawn[i] + 0.5, 0.0, 1.0);
    const Numbers encoded = times(x, u), scores = times(encoded, v);
    double sum = 0;
    for (const double score : scores) sum += std::exp(score);
    Numbers rise(kClasses);  // d log p / d score
    for (size_t k = 0; k < kClasses; ++k) rise[k] = (k == unit ? 1.0 : 0.0) - std::exp(scores[k]) / sum;
    Numbers of_pixels = times_transposed(times_transposed(rise, v), u);
    for (size_t i = 0; i < kPixels; ++i)
      if (drawn[i] + 0.5 < 0 || drawn[i] + 0.5 > 1) of_pixels[i] = 0;
    const Numbers gradient = times_transposed(of_pixels, w);
    std::vector<float> noise(kCode);
    Rng(seed, "rule", step).fill_normal(noise);
    Numbers d(kCode);
    double size = 0;
    for (size_t i = 0; i < kCode; ++i) {
      const double natural = chain.joint ? encoded[i] : clean[i];
      d[i] = kPull * (natural - y[i]) + kAlong * density * gradient[i] + kNoise * noise[i];
      size += std::fabs(d[i]) / kCode;
    }
    for (size_t i = 0; i < kCode; ++i) y[i] += kSize * d[i] / (chain.normalise ? size : 1);
    codes.insert(codes.end(), y.begin(), y.end());
  }
  return codes;
}

class Ppgn : public ::testing::TestWithParam<std::string> {
 protected:
  void compare(const Chain& chain) {
    const Model network = linear_network();
    const Prior prior = generator_prior(linear_generator(!chain.joint));
    Recipe recipe;
    recipe.layer = "fc";
    recipe.objective = "log-probability";
    recipe.rule = fmt::format("{} epsilon1={} epsilon2={} epsilon3={} normalise={}", chain.joint ? "ppgn-joint" : "ppgn-h", kPull, kAlong,
                              kNoise, chain.normalise ? 1 : 0);
    recipe.steps = kSteps;
    recipe.lr0 = recipe.lr1 = kSize;
    recipe.decay = 1;
    recipe.batch = 2;
    recipe.seeds = {3, 4};
    recipe.engine = GetParam();
    const auto objectives = parse_objectives("0-2", {"fc", {}, kClasses});
    const auto jobs = make_jobs(objectives, prior, recipe, network);
    const auto results = Search(network, prior, recipe, objectives).run(jobs, {.keep_codes = true});
    ASSERT_EQ(results.size(), 6u);
    for (size_t job = 0; job < results.size(); ++job) {
      const Numbers codes = sample(chain, jobs[job].start, results[job].seed, job / 2);
      ASSERT_EQ(results[job].codes.size(), codes.size());
      for (size_t i = 0; i < codes.size(); ++i) EXPECT_NEAR(results[job].codes[i], codes[i], 2e-4) << job << " " << i;  // of float32
    }
  }
};

TEST_P(Ppgn, HIsAChainDrawnToTheDensity) { compare({.joint = false, .normalise = false}); }
TEST_P(Ppgn, HWithStepsOfOneSize) { compare({.joint = false, .normalise = true}); }
TEST_P(Ppgn, JointIsAChainDrawnToTheCodeOfThePicture) { compare({.joint = true, .normalise = false}); }
TEST_P(Ppgn, JointWithStepsOfOneSize) { compare({.joint = true, .normalise = true}); }

INSTANTIATE_TEST_SUITE_P(Engines, Ppgn, ::testing::ValuesIn(engines_here()), [](const auto& test) { return test_name(test.param); });

TEST(PpgnNeeds, APriorWithoutThemIsAnErrorBeforeAnythingRuns) {
  const Model network = linear_network();
  const auto error = [&](Model generator, const char* rule) {
    Recipe recipe;
    recipe.layer = "fc";
    recipe.rule = rule;
    recipe.batch = 1;
    const Prior prior = generator_prior(generator);
    return error_of([&] { Search(network, prior, recipe, parse_objectives("0", {"fc", {}, kClasses})); });
  };
  EXPECT_EQ(error(linear_generator(false), "ppgn-h"),
            "prior linear > it has no density, which the rule asks for; give another --rule, or a prior with a density, as photos");
  Model other = linear_generator(false);
  other.provenance = Json::object();
  EXPECT_EQ(error(other, "ppgn-joint"),
            "prior linear > it does not say which network made its codes; give another --rule, or a prior whose "
            "file says what made its codes");
  other = linear_generator(false);
  other.provenance["code_layer"] = "fc";
  EXPECT_EQ(
      error(other, "ppgn-joint"),
      "prior linear > its encoder gives 3 values, its code has 4; give another --rule, or a prior whose file says what made its codes");
}

}  // namespace
}  // namespace phosphene
