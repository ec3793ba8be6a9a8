// Lanes: a job's bits do not depend on its lane or its neighbours; bounds hold; wrong models are Errors before anything runs.
#include "phosphene/synth/search.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "engine/engines_here.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/model/units.h"
#include "phosphene/synth/rule.h"
#include "synth/searching.h"
#include "synth/small_models.h"

namespace phosphene {
namespace {

using namespace test;

class SearchOn : public ::testing::TestWithParam<std::string> {
 protected:
  SearchOn() {
    recipe.layer = "fc";
    recipe.steps = 8;
    recipe.batch = 16;
    recipe.engine = GetParam();
    recipe.lr0 = 1.0;
  }

  std::vector<Objective> units(const std::string& text) const { return parse_objectives(text, {recipe.layer, recipe.at, 6}); }

  std::vector<JobResult> search(const std::string& text, const std::vector<uint64_t>& seeds) {
    recipe.seeds = seeds;
    const auto objectives = units(text);
    const auto jobs = make_jobs(objectives, prior, recipe, network);
    SearchOptions options;
    options.keep_codes = true;
    return Search(network, prior, recipe, objectives).run(jobs, options);
  }

  // With what the rule needs.
  static Prior prior_for(const Rule& rule) {
    Prior prior = generator_prior(rule.density ? small_generator_with_density() : small_generator());
    if (rule.encoder) {
      prior.encoder = Encoder{.graph = scratch("encoder.onnx").string()};
      save_model(prior.encoder->graph, small_code_encoder(), false);
    }
    return prior;
  }

  Model network = small_network();
  Prior prior = generator_prior(small_generator());
  Recipe recipe;
};

// Puts a node at the network's end, whose value is then the output.
void append(Graph& graph, const Node& node) {
  graph.nodes.push_back(node);
  graph.outputs = node.outputs;
  graph = infer_shapes(graph);
}

void expect_same_bits(const JobResult& a, const JobResult& b) {
  EXPECT_EQ(a.image, b.image);
  EXPECT_EQ(a.codes, b.codes);
  EXPECT_EQ(a.activations, b.activations);
  EXPECT_EQ(a.code, b.code);
}

TEST_P(SearchOn, SameBitsAloneAmongOthersAndInAnotherLane) {
  if (recipe.engine.starts_with("torch")) GTEST_SKIP() << "libtorch's matrix products round a row by its place in the batch";
  const auto alone = search("3", {5});
  const auto among = search("0-2,3,4-5", {4, 5, 6});  // 18 jobs: two wait for a free lane; unit 3, seed 5 is job 10
  const auto first = search("3,0", {5, 9, 10});
  ASSERT_EQ(among.size(), 18u);
  ASSERT_EQ(among[10].seed, 5u);
  ASSERT_EQ(among[10].objective.name, "3");
  expect_same_bits(alone[0], among[10]);
  expect_same_bits(alone[0], first[0]);
  // Unit 5, seed 6 ran in a lane that another job had used before.
  expect_same_bits(among[17], search("5", {6})[0]);
}

// On the embedded pair, whose fully connected layers are large enough to be divided among threads; the rule makes any difference in a sum
// grow tenfold every few steps.
TEST(SearchOnTheEmbeddedPair, AnotherNumberOfThreadsGivesTheSameActivation) {
  const Model network = load_model("tin200");
  const Prior prior = load_prior("builtin", network);
  Recipe recipe;
  recipe.layer = "fc8";
  recipe.steps = 40;
  recipe.seeds = {0};
  const auto objectives = parse_objectives("0,145", {recipe.layer, recipe.at, unit_count(network, "fc8")});
  recipe = resolve(recipe, prior, objectives.size());
  const auto jobs = make_jobs(objectives, prior, recipe, network);
  const int before = threads();
  std::vector<double> last[2];
  for (const int count : {1, 2}) {
    set_threads(count);
    for (const JobResult& result : Search(network, prior, recipe, objectives).run(jobs))
      last[count - 1].push_back(result.activations.back());
  }
  set_threads(before);
  for (size_t i = 0; i < jobs.size(); ++i) EXPECT_NEAR(last[1][i], last[0][i], 1e-3 * std::fabs(last[0][i])) << i;
}

TEST_P(SearchOn, ActivationRisesAndBoundsHold) {
  recipe.steps = 40;
  recipe.decay = 1;
  for (const Rule& each : all_rules()) {
    const std::string rule = each.name;
    recipe.rule = rule;
    recipe.lr0 = 0.2;
    prior = prior_for(each);
    for (const JobResult& result : search("0-5", {1})) {
      EXPECT_GT(result.activations.back(), result.activations.front()) << rule;
      const size_t size = result.code.size();
      for (size_t i = 0; i < result.codes.size(); ++i) {
        EXPECT_GE(result.codes[i], prior.bounds->lower[i % size]);
        EXPECT_LE(result.codes[i], prior.bounds->upper[i % size]);
      }
    }
  }
}

TEST_P(SearchOn, PictureIsOfTheCodeBeforeTheLastUpdate) {
  const auto results = search("2", {3});
  const size_t size = results[0].code.size();
  ASSERT_EQ(results[0].codes.size(), 9 * size);
  const std::vector<float> before_last(results[0].codes.end() - static_cast<std::ptrdiff_t>(2 * size),
                                       results[0].codes.end() - static_cast<std::ptrdiff_t>(size));
  EXPECT_EQ(results[0].code, before_last);
  EXPECT_EQ(results[0].activations.size(), 8u);
}

// Codes may stay on a device between the steps: five jobs in two lanes, which two of them take over.
TEST_P(SearchOn, EveryRuleMovesCodesAsOnTheReference) {
  recipe.batch = 2;
  recipe.seeds = {7};
  const auto objectives = units("0-4");
  for (const Rule& rule : all_rules()) {
    recipe.rule = rule.name;
    prior = prior_for(rule);
    const auto run = [&](const std::string& engine) {
      Recipe of = recipe;
      of.engine = engine;
      return Search(network, prior, of, objectives).run(make_jobs(objectives, prior, of, network));
    };
    const auto results = run(GetParam()), reference = run("reference");
    for (size_t i = 0; i < results.size(); ++i) {
      ASSERT_EQ(results[i].activations.size(), reference[i].activations.size()) << rule.name;
      for (size_t k = 0; k < results[i].activations.size(); ++k)
        EXPECT_NEAR(results[i].activations[k], reference[i].activations[k], 1e-4 * (1 + std::fabs(reference[i].activations[k])))
            << rule.name;
      for (size_t k = 0; k < results[i].code.size(); ++k) EXPECT_NEAR(results[i].code[k], reference[i].code[k], 1e-3) << rule.name;
    }
  }
}

TEST_P(SearchOn, WeightedSumIsTheSumOfItsTerms) {
  const auto results = search("1*0.5+4", {2});
  ASSERT_EQ(results[0].terms.size(), 2u);
  EXPECT_NEAR(results[0].activations.back(), 0.5 * results[0].terms[0].activation + results[0].terms[1].activation, 1e-5);
  EXPECT_EQ(results[0].main().term.unit, 4);
  ASSERT_TRUE(results[0].main().probability.has_value());
  EXPECT_GT(*results[0].main().probability, 0);
  EXPECT_LE(*results[0].main().probability, 1);
}

TEST_P(SearchOn, TheLogProbabilityIsThatOfALogSoftmaxBehindTheLayer) {
  recipe.steps = 30;
  const Model plain = network;
  for (const char* objective : {"log-probability", "both"}) {
    network = plain;
    recipe.layer = "fc";
    recipe.objective = objective;
    const auto results = search("0-5", {1});
    append(network.graph, {"log", "LogSoftmax", {"fc"}, {"log"}, {{"axis", int64_t{1}}}});
    append(network.graph, {"sum", "Add", {"fc", "log"}, {"sum"}, {}});
    recipe.objective = kActivation;
    recipe.layer = std::string(objective) == "both" ? "sum" : "log";
    const auto wanted = search("0-5", {1});
    for (size_t i = 0; i < results.size(); ++i) {
      EXPECT_EQ(results[i].codes, wanted[i].codes) << objective;
      const double own = std::string(objective) == "both" ? results[i].main().activation : 0;
      EXPECT_NEAR(own + std::log(results[i].main().probability.value()), wanted[i].activations.back(), 1e-4) << objective;
      EXPECT_EQ(results[i].activations.back(), results[i].main().activation);  // of the layer itself
    }
  }
}

TEST_P(SearchOn, ASingleUnitHasNoLogProbability) {
  network.graph.add_weight("w3", random_weight({6, 1}, 7, 0.2));
  append(network.graph, {"one", "Gemm", {"fc", "w3"}, {"one"}, {}});
  recipe.objective = "log-probability";
  recipe.layer = "one";
  EXPECT_EQ(error_of([&] { Search(network, prior, recipe, units("0")); }),
            "layer one > it has one unit, whose probability is always 1; raise the activation");
}

TEST_P(SearchOn, ProbabilitiesHaveNoLogProbability) {
  append(network.graph, {"prob", "Softmax", {"fc"}, {"prob"}, {}});
  recipe.objective = "log-probability";
  recipe.layer = "prob";
  EXPECT_EQ(error_of([&] { Search(network, prior, recipe, units("0")); }),
            "layer prob > its units are probabilities already; give --layer fc, which it is made of, or raise the activation");
}

TEST_P(SearchOn, TheProbabilityOfALogSoftmaxIsItsExponential) {
  append(network.graph, {"log", "LogSoftmax", {"fc"}, {"log"}, {{"axis", int64_t{1}}}});
  recipe.layer = "log";
  const TermResult seen = search("2", {1})[0].main();
  EXPECT_DOUBLE_EQ(seen.probability.value(), std::exp(seen.activation));
  recipe.objective = "log-probability";
  EXPECT_EQ(error_of([&] { Search(network, prior, recipe, units("0")); }),
            "layer log > its units are log-probabilities already; give --layer fc, which it is made of, or raise the activation");
}

TEST_P(SearchOn, ALayerThatDoesNotDependOnThePictureIsAnError) {
  network.graph.nodes.push_back({"table", "Relu", {"w2"}, {"table"}, {}});
  network.graph.outputs.push_back("table");
  network.graph = infer_shapes(network.graph);
  recipe.layer = "table";
  EXPECT_EQ(error_of([&] { Search(network, prior, recipe, units("0")); }),
            "layer table > it does not depend on the picture; choose another layer");
}

TEST_P(SearchOn, AUnitThatNothingMovesIsAnErrorAndNoPicture) {
  recipe.layer = "relu";
  network = dead_network();
  recipe.at = {Place::Kind::kCentre};
  const auto objectives = parse_objectives("0", {"relu", recipe.at, 4});
  recipe.seeds = {3};
  for (const std::string views : {"none", "noise=0.1"}) {
    recipe.views = views;
    const auto jobs = make_jobs(objectives, prior, recipe, network);
    EXPECT_EQ(error_of([&] { Search(network, prior, recipe, objectives).run(jobs); }),
              "unit 0, seed 3 > its gradient is zero at the start, so nothing was searched; give another --seeds or --init, or the "
              "layer before its activation");
  }
  recipe.views = "none";
  recipe.steps = 1;  // no search: a start is looked at
  EXPECT_EQ(Search(network, prior, recipe, objectives).run(make_jobs(objectives, prior, recipe, network))[0].activations.size(), 1u);
}

TEST_P(SearchOn, ZeroGradientStops) {
  const double first = search("1", {0})[0].activations[0], second = search("1", {0})[0].activations[1];
  ASSERT_GT(second, first);
  network.graph.add_weight("most", Tensor::scalar(static_cast<float>((first + second) / 2)));
  append(network.graph, {"saturate", "Clip", {"fc", "", "most"}, {"saturated"}, {}});
  recipe.layer = "saturated";
  const JobResult result = search("1", {0})[0];
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(result.activations.size(), 2u);
  EXPECT_EQ(result.codes.size(), 9 * result.code.size());
  EXPECT_FALSE(result.image.empty());
}

TEST_P(SearchOn, ConvolutionalUnitShowsItsReceptiveField) {
  recipe.layer = "relu";
  recipe.seeds = {0};
  recipe.steps = 1;  // the unit is closed at its start
  recipe.at = {Place::Kind::kPoint, 4, 5};
  const auto objectives = parse_objectives("1", {"relu", recipe.at, 4});
  const auto results = Search(network, prior, recipe, objectives).run(make_jobs(objectives, prior, recipe, network));
  EXPECT_EQ(results[0].shown, (PixelRect{3, 4, 3, 3}));  // one 3x3 convolution
}

TEST_P(SearchOn, AnInputCutFromTheCentreShowsWhatItSees) {
  network.graph = Graph{};
  network.graph.inputs = {{"data", {DataType::kFloat32, Shape{kUnknown, 3, 6, 6}}}};
  network.graph.nodes = {{"pool", "GlobalAveragePool", {"data"}, {"pool"}, {}}};
  network.graph.outputs = {"pool"};
  network.graph = infer_shapes(network.graph);
  recipe.layer = "pool";
  recipe.seeds = {0};
  const auto objectives = parse_objectives("1", {"pool", {}, 3});
  const auto results = Search(network, prior, recipe, objectives).run(make_jobs(objectives, prior, recipe, network));
  EXPECT_EQ(results[0].shown, (PixelRect{1, 1, 6, 6}));
}

TEST_P(SearchOn, PixelPrior) {
  const Prior pixels = pixel_prior(input_space(network));
  recipe.seeds = {0};
  recipe.decay = 1;
  recipe.steps = 30;
  recipe.lr0 = 0.02;
  const auto objectives = units("1");
  const auto results = Search(network, pixels, recipe, objectives).run(make_jobs(objectives, pixels, recipe, network));
  EXPECT_GT(results[0].activations.back(), results[0].activations.front());
  EXPECT_EQ(results[0].image, results[0].code);
}

TEST_P(SearchOn, ModelsThatDoNotFitAreErrors) {
  EXPECT_THROW(generator_prior(small_network()), Error);  // a classifier draws no picture
  Model wrong = small_generator();
  wrong.bounds->upper.pop_back();
  EXPECT_THROW(generator_prior(wrong), Error);
  recipe.at = {Place::Kind::kPoint, 99, 0};
  recipe.layer = "relu";
  EXPECT_THROW(Search(network, prior, recipe, parse_objectives("1", {"relu", recipe.at, 4})), Error);
  recipe.rule = "none";
  EXPECT_THROW(Search(network, prior, recipe, units("1")), Error);
}

INSTANTIATE_TEST_SUITE_P(Engines, SearchOn, ::testing::ValuesIn(test::engines_here()),
                         [](const auto& test) { return test::test_name(test.param); });

TEST(Jobs, StartCodesDependOnSeedAndUnitAlone) {
  const Prior prior = generator_prior(small_generator());
  Recipe recipe;
  recipe.layer = "fc";
  recipe.seeds = {7, 8};
  const Model network = small_network();
  const auto jobs = make_jobs(parse_objectives("1,4", {"fc", {}, 6}), prior, recipe, network);
  ASSERT_EQ(jobs.size(), 4u);
  recipe.seeds = {8};
  EXPECT_EQ(make_jobs(parse_objectives("4", {"fc", {}, 6}), prior, recipe, network)[0].start, jobs[3].start);
  EXPECT_NE(jobs[2].start, jobs[3].start);
  EXPECT_NE(jobs[1].start, jobs[3].start);
}

TEST(Jobs, DefaultsComeFromThePrior) {
  Model generator = small_generator();
  const Prior prior = generator_prior(generator);
  EXPECT_NEAR(default_lr0(prior, "dgn-am"), 2.1 * 1.5 / 3, 1e-6);
  generator.provenance["code_sigma_mean"] = 0.25;
  EXPECT_NEAR(default_lr0(generator_prior(generator), "dgn-am"), 2.1 * 0.25, 1e-12);
  generator.bounds.reset();
  generator.provenance = Json::object();
  EXPECT_EQ(default_lr0(generator_prior(generator), "dgn-am"), 8);
  const Recipe plain = resolve({}, prior, 3);
  EXPECT_EQ(plain.rule, "dgn-am");
  EXPECT_EQ(plain.decay, 0.99);
  EXPECT_EQ(plain.patience, 0);
  EXPECT_EQ(plain.batch, 3);
  EXPECT_EQ(resolve({}, prior, 300).batch, 16);
}

TEST(Jobs, AGeneratorsFileSaysHowToSearch) {
  Model generator = small_generator();
  generator.search = {{"lr", 0.1}, {"decay", 0.9}};
  const Recipe recipe = resolve({}, generator_prior(generator), 1);
  EXPECT_EQ(recipe.rule, "dgn-am");
  EXPECT_EQ(recipe.lr0, 0.1);
  EXPECT_EQ(recipe.decay, 0.9);
  generator.search["rule"] = "momentum";
  EXPECT_EQ(resolve({}, generator_prior(generator), 1).rule, "momentum");
  EXPECT_EQ(resolve({}, generator_prior(generator), 1).lr0, 0.1);
  generator.search = {{"decay", 0.9}};
  EXPECT_NEAR(*resolve({}, generator_prior(generator), 1).lr0, 2.1 * 1.5 / 3, 1e-6);
  for (const Json& wrong : {Json{{"lr", 0}}, Json{{"decay", 1.5}}, Json{{"decay", "0.9"}}, Json{{"rate", 0.1}}, Json{{"rule", "best"}},
                            Json{{"rule", 1}}, Json(3)}) {
    generator.search = wrong;
    EXPECT_THROW(generator_prior(generator), Error) << wrong;
  }
}

TEST(Jobs, AGeneratorsFileMaySayTheRulesParameters) {
  Model generator = small_generator();
  generator.search = {{"rule", "adam beta2=0.99 beta1=0.5"}, {"lr", 0.1}};
  const Prior prior = generator_prior(generator);
  EXPECT_EQ(resolve({}, prior, 1).rule, "adam beta1=0.5 beta2=0.99");
  EXPECT_EQ(resolve({}, prior, 1).patience, find_rule("adam").patience);
  Recipe recipe;
  recipe.layer = "fc";
  EXPECT_EQ(settings_of(recipe, prior).rule.parameters, (std::vector<double>{0.5, 0.99, 1e-8}));
  recipe.rule = "adam";  // with its usual parameters; the step is still that of the prior's rule
  EXPECT_EQ(settings_of(recipe, prior).rule.parameters, (std::vector<double>{0.9, 0.999, 1e-8}));
  EXPECT_EQ(resolve(recipe, prior, 1).lr0, 0.1);
  generator.search["rule"] = "adam beta1=-1";
  EXPECT_NE(error_of([&] { generator_prior(generator); }).find("rule adam > beta1 is \"-1\"; give a number from 0 to 0.9999"),
            std::string::npos);
}

TEST(Jobs, APriorsOwnStepIsForItsUsualRule) {
  Prior prior = generator_prior(small_generator());
  prior.usual = {.rule = "adam", .lr0 = 5, .decay = 0.5};
  EXPECT_EQ(resolve({}, prior, 1).rule, "adam");
  EXPECT_EQ(resolve({}, prior, 1).lr0, 5);
  EXPECT_EQ(resolve({}, prior, 1).decay, 0.5);
  EXPECT_EQ(resolve({}, prior, 1).patience, find_rule("adam").patience);
  prior.usual.patience = 3;
  EXPECT_EQ(resolve({}, prior, 1).patience, 3);
  Recipe recipe;
  recipe.rule = "dgn-am";
  EXPECT_EQ(resolve(recipe, prior, 1).rule, "dgn-am");
  EXPECT_NEAR(*resolve(recipe, prior, 1).lr0, 2.1 * 1.5 / 3, 1e-6);
}

TEST(Search, ARuleThatNeedsADensityTakesAPriorThatHasOne) {
  const Model network = small_network();
  Recipe recipe;
  recipe.layer = "fc";
  recipe.rule = "denoise";
  const auto compile = [&](const Model& generator) {
    const Prior prior = generator_prior(generator);
    const Recipe full = resolve(recipe, prior, 1);
    CompiledSearch(network, prior, shape_of({"fc"}, full, settings_of(full, prior)));
  };
  compile(small_generator_with_density());
  EXPECT_EQ(
      error_of([&] { compile(small_generator()); }),
      "prior small-generator > it has no density, which the rule asks for; give another --rule, or a prior with a density, as photos");
  Model generator = small_generator_with_density();
  generator.search = {{"density", "nothing"}};
  EXPECT_NE(error_of([&] { generator_prior(generator); }).find("density = \"nothing\", which it does not compute"), std::string::npos);
  generator.search = {{"density", "image"}};
  EXPECT_NE(error_of([&] { generator_prior(generator); }).find("its density image has the shape"), std::string::npos);
}

}  // namespace
}  // namespace phosphene
