// The same steps of training on every engine: forward, loss, backward, update. Plain gradient descent, since Adam makes whole steps of what
// is only rounding; and the update alone, from the same gradients.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/engines_here.h"
#include "phosphene/base/rng.h"
#include "phosphene/train/losses.h"
#include "phosphene/train/networks.h"
#include "phosphene/train/parameters.h"

namespace phosphene {
namespace {

constexpr int64_t kBatch = 8, kSteps = 3;

struct Trained {
  Parameters parameters;
  std::vector<double> losses;
  std::vector<std::vector<float>> gradients;  // of the last step, one a trained parameter
};

Trained train_on(const std::string& engine) {
  const TrainableGraph network =
      classifier_network({.size = 32, .channels = 1, .classes = 3, .widths = {8, 8, 8, 8, 8}, .fully_connected = 16}, 1);
  Trained trained{Parameters(network, false), {}, {}};
  CompileOptions options{.batch = kBatch, .values = trained.parameters.statistic_values(), .seeds = {"fc8"}};
  options.values.push_back("fc8");
  options.gradients = trained.parameters.trained_names();
  options.mutable_weights = true;
  const auto program = find_engine(engine).compile(network.graph, options);
  trained.parameters.load_into(*program);
  std::vector<int32_t> labels(kBatch);
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int32_t>(i % 3);
  for (const char* mask : {"drop6", "drop7"}) std::ranges::fill(program->input(mask), 1.0F);
  for (int64_t step = 0; step < kSteps; ++step) {
    Rng(2, "pictures", static_cast<uint64_t>(step)).fill_uniform(program->input("image"), -1, 1);
    program->forward();
    trained.losses.push_back(softmax_cross_entropy(program->value("fc8"), labels, 0, program->seed("fc8")).loss);
    program->backward();
    trained.parameters.step(*program, {.options = {.kind = OptimiserOptions::Kind::kSgd}, .rate = 0.05F, .iteration = step});
    trained.parameters.take_statistics(*program);
  }
  trained.parameters.bring_back(*program);
  for (const std::string& name : options.gradients) {
    const auto gradient = program->gradient(name);
    trained.gradients.emplace_back(gradient.begin(), gradient.end());
  }
  return trained;
}

double distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < b.size(); ++i) sum += std::pow(a[i] - b[i], 2);
  return std::sqrt(sum);
}

}  // namespace

class TrainingOn : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Engines, TrainingOn, ::testing::ValuesIn(test::engines_here()),
                         [](const auto& test) { return test::test_name(test.param); });

// A step amplifies the roundings of the one before it.
TEST_P(TrainingOn, ThreeStepsAgreeWithTheReference) {
  const Trained judge = train_on("reference"), judged = train_on(GetParam());
  for (size_t step = 0; step < judge.losses.size(); ++step) EXPECT_NEAR(judged.losses[step], judge.losses[step], 1e-3 * judge.losses[step]);
  EXPECT_NE(judge.losses.front(), judge.losses.back());
  double largest = 0;
  for (const auto& gradient : judge.gradients) largest = std::max(largest, distance(gradient, std::vector<float>(gradient.size())));
  size_t trained = 0;
  for (size_t k = 0; k < judge.parameters.all().size(); ++k) {
    const Parameter &a = judged.parameters.all()[k], &b = judge.parameters.all()[k];
    const std::vector<float> zero(static_cast<size_t>(b.value.size()));
    EXPECT_LE(distance(a.value.floats(), b.value.floats()), 1e-3 * distance(b.value.floats(), zero) + 1e-5) << b.name;
    if (!b.trained()) continue;
    const auto &ours = judged.gradients[trained], &theirs = judge.gradients[trained];
    EXPECT_LE(distance(ours, theirs), 5e-3 * distance(theirs, zero) + 1e-5 * largest) << "gradient of " << b.name;
    ++trained;
  }
}

// Wherever the optimiser runs, its steps are those of the loops on the host, and the program computes with the weights that they made.
TEST_P(TrainingOn, TheOptimiserMakesTheStepsOfTheHost) {
  const TrainableGraph network = generator_network({.code = 5, .size = 8, .channels = 1, .fully_connected = 6, .widths = {4, 3}}, 1);
  for (const auto kind : {OptimiserOptions::Kind::kAdamW, OptimiserOptions::Kind::kSgd})
    for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16})
      for (const float limit : {0.0F, 0.5F}) {
        Parameters there(network, true), here(network, true);
        CompileOptions options{.batch = 2, .values = {"image"}, .seeds = {"image"}, .gradients = there.trained_names()};
        options.mutable_weights = true, options.precision = precision;
        std::unique_ptr<Program> program;
        try {
          program = find_engine(GetParam()).compile(network.graph, options);
        } catch (const Error&) {  // an engine without bf16
          ASSERT_EQ(precision, Precision::kBfloat16);
          continue;
        }
        there.load_into(*program);
        const OptimiserOptions optimiser{.kind = kind, .weight_decay = 0.1F, .gradient_limit = limit};
        for (int64_t step = 0; step < kSteps; ++step) {
          Rng(2, "code", static_cast<uint64_t>(step)).fill_uniform(program->input("code"), -1, 1);
          Rng(3, "seed", static_cast<uint64_t>(step)).fill_uniform(program->seed("image"), -1, 1);
          program->forward();
          program->backward();
          std::vector<std::span<const float>> gradients;
          for (const std::string& name : options.gradients) gradients.push_back(program->gradient(name));
          const OptimiserStep now{optimiser, 0.01F, step, 0.9F};
          optimise(here, gradients, now);
          there.step(*program, now);
        }
        there.bring_back(*program);
        for (size_t k = 0; k < here.all().size(); ++k) {
          const Parameter &a = there.all()[k], &b = here.all()[k];
          const std::vector<float> zero(b.average.size());
          EXPECT_LE(distance(a.value.floats(), b.value.floats()), 1e-5 * distance(b.value.floats(), zero)) << b.name;
          EXPECT_LE(distance(a.average, b.average), 1e-5 * distance(b.average, zero)) << "average of " << b.name;
          EXPECT_LE(distance(a.first, b.first), 1e-5 * distance(b.first, zero)) << "first moment of " << b.name;
          EXPECT_LE(distance(a.second, b.second), 1e-5 * distance(b.second, zero)) << "second moment of " << b.name;
        }
        // The program's next picture is that of the weights here.
        const auto judge = find_engine("reference").compile(network.graph, {.batch = 2, .values = {"image"}, .mutable_weights = true});
        here.load_into(*judge);
        std::ranges::copy(program->input("code"), judge->input("code").begin());
        program->forward(), judge->forward();
        const std::vector<float> zero(judge->value("image").size());
        EXPECT_LE(distance(program->value("image"), judge->value("image")),
                  (precision == Precision::kFloat32 ? 1e-4 : 3e-2) * distance(judge->value("image"), zero));
      }
}

}  // namespace phosphene
