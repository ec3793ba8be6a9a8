#include "phosphene/engine/exchange.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "phosphene/base/error.h"
#include "phosphene/engine/program.h"

namespace phosphene {

namespace {

std::span<const float> array_of(Program& program, const Part& part) {
  switch (part.kind) {
    case Part::Kind::kInput: return program.input(part.name);
    case Part::Kind::kValue: return program.value(part.name);
    case Part::Kind::kSeed: return program.seed(part.name);
    case Part::Kind::kGradient: return program.gradient(part.name);
  }
  return {};
}

size_t row_size(const Program& program, const Part& part) {
  const Shape& shape = program.graph().type_of(part.name).shape;
  return static_cast<size_t>(shape.size(1, shape.rank()));
}

}  // namespace

void Program::take(const Part& to, Program& from, const Part& part, int64_t rows, std::span<const float> factors) {
  PHOSPHENE_CHECK(to.kind == Part::Kind::kInput || to.kind == Part::Kind::kSeed);
  PHOSPHENE_CHECK(factors.empty() || static_cast<int64_t>(factors.size()) == rows);
  const size_t row = row_size(*this, to);
  PHOSPHENE_CHECK_EQ(row, row_size(from, part));
  const auto source = array_of(from, part).subspan(static_cast<size_t>(part.first) * row, static_cast<size_t>(rows) * row);
  const auto all = to.kind == Part::Kind::kInput ? input(to.name) : seed(to.name);
  const auto target = all.subspan(static_cast<size_t>(to.first) * row, source.size());
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < rows; ++i) {
    const float factor = factors.empty() ? 1 : factors[static_cast<size_t>(i)];
    const size_t begin = static_cast<size_t>(i) * row;
#pragma omp simd
    for (size_t k = begin; k < begin + row; ++k) target[k] = factor * source[k];
  }
}

double Program::seed_squared_error(const std::string& of, Program& from, const Part& target, const SquaredErrorOptions& options) {
  return squared_error(value(of), array_of(from, target), graph().type_of(of).shape[0], options, seed(of));
}

double least_power(std::span<const double> powers) {
  return std::max(kLeastPower * std::accumulate(powers.begin(), powers.end(), 0.0) / static_cast<double>(powers.size()), 1e-12);
}

double squared_error(std::span<const float> x, std::span<const float> target, int64_t rows, const SquaredErrorOptions& options,
                     std::span<float> seed) {
  PHOSPHENE_CHECK_EQ(x.size(), target.size());
  const size_t width = x.size() / static_cast<size_t>(rows);
  std::vector<double> error(static_cast<size_t>(rows)), power(error.size());
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < rows; ++i) {
    const size_t begin = static_cast<size_t>(i) * width;
    double e = 0, p = 0;
#pragma omp simd reduction(+ : e, p)
    for (size_t k = begin; k < begin + width; ++k) {
      const double d = static_cast<double>(x[k]) - target[k];
      e += d * d;
      p += static_cast<double>(target[k]) * target[k];
    }
    error[static_cast<size_t>(i)] = e, power[static_cast<size_t>(i)] = p;
  }
  const auto n = static_cast<double>(rows);
  const double least = least_power(power);
  std::vector<double> scale(power.size());
  double sum = 0;
  for (size_t i = 0; i < power.size(); ++i) {
    scale[i] = options.weight / (n * (options.relative ? std::max(power[i], least) : static_cast<double>(width)));
    sum += error[i] * scale[i];
  }
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < rows; ++i) {
    const auto slope = static_cast<float>(2 * scale[static_cast<size_t>(i)]);
    const size_t begin = static_cast<size_t>(i) * width;
#pragma omp simd
    for (size_t k = begin; k < begin + width; ++k) seed[k] = (options.replace ? 0 : seed[k]) + slope * (x[k] - target[k]);
  }
  return sum;
}

}  // namespace phosphene
