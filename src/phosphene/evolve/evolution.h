// Evolution: one population in the code space of a prior: it asks for the scores of codes, is told them, and so on. What scores the
// pictures of the codes is somebody else's: a neuron, a program.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "phosphene/evolve/optimiser.h"
#include "phosphene/synth/prior.h"

namespace phosphene {

struct EvolutionOptions {
  std::string optimiser = "cma-diagonal";  // as parse_optimiser() reads it
  int64_t population = 40;
  uint64_t seed = 0;
  std::vector<float> start;  // codes [k, code] of the first generation; empty: the prior's bank, or random codes where it has none
};

// The code with the highest score so far. A single score of a noisy scorer is no proof that the code is good.
struct BestCode {
  std::vector<float> code;  // empty: nothing was told yet
  double score = 0;
  int64_t generation = 0, number = 0;  // of the code in its population
};

class Evolution {
 public:
  // Error for an optimiser that there is not or that does not take the code, a population out of range, and start codes of another size.
  Evolution(std::shared_ptr<const Prior> prior, const EvolutionOptions& options);

  const Prior& prior() const { return *prior_; }
  const OptimiserChoice& optimiser() const { return choice_; }
  int64_t population() const { return population_; }
  int64_t generation() const { return generation_; }  // told so far

  // Codes [population, code] of this generation, within the prior's bounds; the same until tell(), also after load().
  std::vector<float> ask() const;
  // The scores of ask(), higher is better. Error for another number of scores, and for one that is not finite.
  void tell(std::span<const double> scores);

  const BestCode& best() const { return best_; }
  // The code that the optimiser takes to be best, within the bounds. It was not scored itself, but noise of single scores has little part
  // in it.
  std::vector<float> centre() const;

  // All that tell() changes, and back, of an evolution made with the same prior and options. Error for another number of values.
  std::vector<double> save() const;
  void load(std::span<const double> values);

 private:
  Eigen::MatrixXd points() const;
  std::vector<float> code_of(const Eigen::VectorXd& point) const;

  std::shared_ptr<const Prior> prior_;
  OptimiserChoice choice_;
  int64_t population_;
  uint64_t seed_;
  Eigen::VectorXd scale_;  // of each value of the code
  Eigen::MatrixXd start_;  // points of the first generation; empty: the optimiser's
  std::unique_ptr<Optimiser> optimiser_;
  int64_t generation_ = 0;
  BestCode best_;
};

}  // namespace phosphene
