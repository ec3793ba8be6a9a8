// Optimiser: a search without gradients. It asks for the scores of a generation of points, and moves to where scores are high. One file a
// way under optimisers/; the table is in optimiser.cpp.
//
// Points are columns of a matrix [size, population], in units in which a deviation of 1 is a large step: a code divided by its scale
// (evolution.h). Higher scores are better. Only the order of scores counts, unless a file says otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "phosphene/base/rng.h"
#include "phosphene/base/table.h"
#include "phosphene/synth/rule.h"

namespace phosphene {

class Optimiser {
 public:
  virtual ~Optimiser() = default;

  // The points of a generation. Depends on the state and the random numbers alone.
  virtual Eigen::MatrixXd ask(Rng random) const = 0;
  // The scores [population] of what ask() gave, which are finite.
  virtual void tell(const Eigen::MatrixXd& points, const Eigen::VectorXd& scores) = 0;
  // In place of the first ask() and tell(): the scores of points that somebody else chose.
  virtual void begin(const Eigen::MatrixXd& points, const Eigen::VectorXd& scores) = 0;
  // Where it takes the best point to be; noise of single scores has little part in it.
  virtual Eigen::VectorXd centre() const = 0;
  // Everything that tell() changes, always in the same sizes.
  virtual std::vector<std::span<double>> state() = 0;
};

// The values of a matrix or vector, for state().
template <typename Matrix>
std::span<double> values_of(Matrix& matrix) {
  return {matrix.data(), static_cast<size_t>(matrix.size())};
}

// How an optimiser is made.
struct OptimiserShape {
  int64_t size = 0, population = 0;
  std::span<const double> parameters;  // in the order of the kind's
};

struct OptimiserKind {
  const char* name;
  const char* about;  // one line for --help
  std::unique_ptr<Optimiser> (*make)(const OptimiserShape& shape);
  std::span<const RuleParameter> parameters{};
  int64_t most_values = 0;  // of a code; 0: any number
};

// In the order of the help.
Table<OptimiserKind> all_optimisers();

// "cma" or "cma sigma=0.5": parameters that are absent have their usual values.
struct OptimiserChoice {
  const OptimiserKind* kind = nullptr;
  std::vector<double> parameters;
};
// Error that lists the names, or names the parameter and its range.
OptimiserChoice parse_optimiser(const std::string& text);
std::string to_text(const OptimiserChoice& choice);  // without parameters of the usual value

constexpr int64_t kSmallestPopulation = 4, kLargestPopulation = 10'000;
// Error where the population is out of that range, or a code has more values than the kind takes.
std::unique_ptr<Optimiser> make_optimiser(const OptimiserChoice& choice, int64_t code_size, int64_t population);

}  // namespace phosphene
