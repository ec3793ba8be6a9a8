// Every gradient of the reference engine against central differences of its own forward pass, in double:
//
//     L(x) = sum over outputs of seed . output,   dL/dx_i = (L(x + h e_i) - L(x - h e_i)) / 2h
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/op_cases.h"
#include "engine/tolerances.h"
#include "phosphene/base/rng.h"
#include "phosphene/engine/reference/reference_program.h"

namespace phosphene::test {

namespace {

using reference::ReferenceProgram;

constexpr size_t kCheckedNumbers = 24;  // of one tensor, picked at random

double loss(ReferenceProgram& program, const std::vector<std::string>& outputs) {
  program.run();
  double sum = 0;
  for (const std::string& output : outputs) {
    const auto seed = program.seed(output);
    const auto& values = program.array(output).values;
    for (size_t i = 0; i < values.size(); ++i) sum += seed[i] * values[i];
  }
  return sum;
}

// The gradients that differ, one line each.
std::vector<std::string> wrong_gradients(const OpCase& c, uint64_t seed) {
  std::vector<std::string> wrong;
  const std::vector<std::string>& outputs = c.graph.outputs;
  CompileOptions options{.batch = kCaseBatch, .values = outputs, .seeds = outputs, .gradients = c.gradients, .mutable_weights = true};
  ReferenceProgram program(c.graph, options);
  for (const GraphInput& input : c.graph.inputs) std::ranges::copy(case_input(c, input, seed), program.input(input.name).begin());
  for (const std::string& output : outputs) Rng(seed, "case seed " + output).fill_uniform(program.seed(output), -1, 1);
  program.forward();
  program.backward();

  for (const std::string& name : c.gradients) {
    const std::vector<double> analytic = program.gradient_array(name).values;
    std::vector<double>& x = program.array(name).values;
    const auto order = Rng(seed, "case pick " + name).permutation(static_cast<int64_t>(x.size()));
    const size_t count = std::min(kCheckedNumbers, x.size());
    double difference = 0, size = 0;
    for (size_t k = 0; k < count; ++k) {
      const auto i = static_cast<size_t>(order[k]);
      const double at = x[i];
      x[i] = at + kDifferenceStep;
      const double above = loss(program, outputs);
      x[i] = at - kDifferenceStep;
      const double below = loss(program, outputs);
      x[i] = at;
      const double numeric = (above - below) / (2 * kDifferenceStep);
      difference += std::pow(analytic[i] - numeric, 2);
      size += std::pow(numeric, 2);
    }
    const double floor = kZero * std::sqrt(static_cast<double>(count));
    if (!(std::sqrt(difference) <= std::max(kGradientCheck * std::sqrt(size), floor)))
      wrong.push_back(fmt::format("gradient of {}: off by {} of {}", name, std::sqrt(difference), std::sqrt(size)));
  }
  return wrong;
}

}  // namespace

TEST(GradientCheck, EveryOperatorCase) {
  const int before = threads();
  set_threads(1);  // thousands of tiny forward passes
  const uint64_t seed = test_seed();
  size_t checked = 0;
  for (const OpCase& c : op_cases(seed)) {
    if (!c.smooth) continue;
    SCOPED_TRACE(c.name);
    try {
      // A step may cross a kink inside a chain, which is rare; a wrong gradient is wrong with every input.
      auto wrong = wrong_gradients(c, seed);
      if (!wrong.empty()) wrong = wrong_gradients(c, seed + 1);
      for (const std::string& line : wrong) ADD_FAILURE() << line;
    } catch (const std::exception& error) {
      ADD_FAILURE() << c.name << ": " << error.what();
    }
    ++checked;
  }
  EXPECT_GE(checked, 120U);
  set_threads(before);
}

// An operator with a kernel that no case covers would go unjudged.
TEST(GradientCheck, EveryKernelHasACase) {
  const auto cases = op_cases(1);
  for (const kernels::Kernel& kernel : kernels::all_kernels()) {
    EXPECT_TRUE(std::any_of(cases.begin(), cases.end(), [&](const OpCase& c) {
      return std::any_of(c.graph.nodes.begin(), c.graph.nodes.end(), [&](const Node& n) { return n.op == kernel.op; });
    })) << kernel.op;
  }
}

}  // namespace phosphene::test
