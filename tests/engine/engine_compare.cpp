#include "engine/engine_compare.h"

#include <algorithm>
#include <cmath>

#include "engine/tolerances.h"
#include "phosphene/base/rng.h"

namespace phosphene::test {

namespace {

void fill(Program& program, const OpCase& c, const CompileOptions& options, uint64_t seed) {
  for (const GraphInput& input : c.graph.inputs) std::ranges::copy(case_input(c, input, seed), program.input(input.name).begin());
  for (const std::string& name : options.seeds) Rng(seed, "case seed " + name).fill_uniform(program.seed(name), -1, 1);
}

void run(Program& program, const CompileOptions& options) {
  program.forward();
  if (!options.gradients.empty()) program.backward();
}

}  // namespace

double relative_error(std::span<const float> a, std::span<const float> b) {
  double difference = 0, size = 0;
  for (size_t i = 0; i < b.size(); ++i) {
    if (!std::isfinite(a[i]) || !std::isfinite(b[i])) return INFINITY;
    difference += std::pow(static_cast<double>(a[i]) - b[i], 2);
    size += std::pow(static_cast<double>(b[i]), 2);
  }
  const double floor = kZero * std::sqrt(static_cast<double>(std::max<size_t>(b.size(), 1)));
  return a.size() != b.size() ? INFINITY : std::sqrt(difference) / std::max(std::sqrt(size), floor);
}

std::vector<Deviation> compare_engines(const OpCase& c, const Engine& judged, const Engine& judge, const Comparison& comparison,
                                       uint64_t seed) {
  CompileOptions options{.batch = kCaseBatch, .values = c.graph.outputs, .mutable_weights = comparison.mutable_weights};
  if (c.smooth && !comparison.forward_only) {
    options.seeds = c.graph.outputs;
    for (const std::string& name : c.gradients)
      if (comparison.mutable_weights || c.graph.find_input(name)) options.gradients.push_back(name);
  }
  const auto b = judge.compile(c.graph, options);
  fill(*b, c, options, seed);
  run(*b, options);
  options.precision = comparison.precision;
  const auto a = judged.compile(c.graph, options);
  if (comparison.twice) {
    fill(*a, c, options, seed + 1);
    run(*a, options);
  }
  fill(*a, c, options, seed);
  run(*a, options);

  std::vector<Deviation> deviations;
  for (const std::string& name : options.values) deviations.push_back({"value " + name, relative_error(a->value(name), b->value(name))});
  for (const std::string& name : options.gradients)
    deviations.push_back({"gradient " + name, relative_error(a->gradient(name), b->gradient(name))});
  return deviations;
}

}  // namespace phosphene::test
