// The same steps of training on every engine: forward, loss, backward, update. Plain gradient descent, since Adam makes whole steps of what
// is only rounding.
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
  const Graph network = classifier_network({.size = 32, .channels = 1, .classes = 3, .widths = {8, 8, 8, 8, 8}, .fully_connected = 16}, 1);
  Trained trained{Parameters(network, false), {}, {}};
  CompileOptions options{.batch = kBatch, .values = Parameters::statistic_values(network), .seeds = {"fc8"}};
  options.values.push_back("fc8");
  options.gradients = trained.parameters.trained_names();
  options.mutable_weights = true;
  const auto program = find_engine(engine).compile(network, options);
  trained.parameters.load_into(*program);
  std::vector<std::span<const float>> gradients;
  for (const std::string& name : options.gradients) gradients.push_back(program->gradient(name));
  std::vector<int32_t> labels(kBatch);
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int32_t>(i % 3);
  for (const char* mask : {"drop6", "drop7"}) std::ranges::fill(program->input(mask), 1.0F);
  for (int64_t step = 0; step < kSteps; ++step) {
    Rng(2, "pictures", static_cast<uint64_t>(step)).fill_uniform(program->input("image"), -1, 1);
    program->forward();
    trained.losses.push_back(softmax_cross_entropy(program->value("fc8"), labels, 0, program->seed("fc8")).loss);
    program->backward();
    optimise(trained.parameters, gradients, {.kind = OptimiserOptions::Kind::kSgd}, 0.05F, step);
    trained.parameters.take_statistics(*program);
    trained.parameters.load_into(*program);
  }
  for (const auto& gradient : gradients) trained.gradients.emplace_back(gradient.begin(), gradient.end());
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
    if (!b.trained) continue;
    const auto &ours = judged.gradients[trained], &theirs = judge.gradients[trained];
    EXPECT_LE(distance(ours, theirs), 5e-3 * distance(theirs, zero) + 1e-5 * largest) << "gradient of " << b.name;
    ++trained;
  }
}

}  // namespace phosphene
