// Genetic algorithm: the best points stay, and are scored again; the others are children of two parents.
//
//     P(parent = k) ~ exp(z_k / selection),   z = (score - mean) / deviation over the population
//     child_i = the first parent's value with probability `share`, else the second's
//     child_i <- child_i + size N(0, 1)   with probability `rate`
//
// A point that stays has the mean of all its scores. C. R. Ponce, W. Xiao, P. F. Schade, T. S. Hartmann, G. Kreiman, M. S. Livingstone,
// Evolving Images for Visual Neurons Using a Deep Generative Network Reveals Coding Principles and Neuronal Preferences, Cell 2019.
#include <algorithm>
#include <cmath>

#include "phosphene/evolve/optimiser.h"
#include "phosphene/evolve/optimisers/cma_constants.h"

namespace phosphene {

namespace {

class Genetic : public Optimiser {
 public:
  Genetic(const OptimiserShape& shape)
      : kept_(std::clamp<int64_t>(std::llround(shape.parameters[0] * static_cast<double>(shape.population)), 1, shape.population - 1)),
        selection_(shape.parameters[1]),
        share_(shape.parameters[2]),
        rate_(shape.parameters[3]),
        size_(shape.parameters[4]),
        points_(Eigen::MatrixXd::Zero(shape.size, shape.population)),
        sums_(Eigen::VectorXd::Zero(shape.population)),
        counts_(Eigen::VectorXd::Zero(shape.population)) {}

  // Those that stay come first.
  Eigen::MatrixXd ask(Rng random) const override {
    Eigen::MatrixXd points(points_.rows(), points_.cols());
    if (counts_[0] == 0) {
      for (double& value : points.reshaped()) value = random.normal();
      return points;
    }
    points.leftCols(kept_) = points_.leftCols(kept_);
    const Eigen::VectorXd chances = chances_of_parents();
    for (Eigen::Index k = kept_; k < points.cols(); ++k) {
      const Eigen::Index first = draw(chances, random), second = draw(chances, random);
      for (Eigen::Index i = 0; i < points.rows(); ++i) {
        points(i, k) = points_(i, random.coin(share_) ? first : second);
        if (random.coin(rate_)) points(i, k) += size_ * random.normal();
      }
    }
    return points;
  }

  void tell(const Eigen::MatrixXd& points, const Eigen::VectorXd& scores) override {
    Eigen::VectorXd sums = scores, counts = Eigen::VectorXd::Ones(scores.size());
    if (counts_[0] > 0) sums.head(kept_) += sums_.head(kept_), counts.head(kept_) += counts_.head(kept_);
    const std::vector<Eigen::Index> order = by_score(sums.cwiseQuotient(counts));
    for (size_t i = 0; i < order.size(); ++i) {
      const auto to = static_cast<Eigen::Index>(i);
      points_.col(to) = points.col(order[i]), sums_[to] = sums[order[i]], counts_[to] = counts[order[i]];
    }
  }

  void begin(const Eigen::MatrixXd& points, const Eigen::VectorXd& scores) override { tell(points, scores); }

  // The best of those that were scored more than once, where there is one: a single high score may be noise.
  Eigen::VectorXd centre() const override {
    for (Eigen::Index k = 0; k < points_.cols(); ++k)
      if (counts_[k] > 1) return points_.col(k);
    return points_.col(0);
  }

  std::vector<std::span<double>> state() override { return {values_of(points_), values_of(sums_), values_of(counts_)}; }

 private:
  Eigen::VectorXd chances_of_parents() const {
    const Eigen::ArrayXd scores = sums_.cwiseQuotient(counts_).array();
    const Eigen::ArrayXd aside = scores - scores.mean();
    const double deviation = std::sqrt(aside.square().mean());
    if (deviation == 0) return Eigen::VectorXd::Constant(scores.size(), 1.0 / static_cast<double>(scores.size()));
    const Eigen::ArrayXd z = aside / (deviation * selection_);
    const Eigen::ArrayXd chances = (z - z.maxCoeff()).exp();
    return (chances / chances.sum()).matrix();
  }
  static Eigen::Index draw(const Eigen::VectorXd& chances, Rng& random) {
    double left = random.uniform();
    for (Eigen::Index k = 0; k + 1 < chances.size(); ++k)
      if ((left -= chances[k]) < 0) return k;
    return chances.size() - 1;
  }

  Eigen::Index kept_;
  double selection_, share_, rate_, size_;
  Eigen::MatrixXd points_;         // of the last generation, the best first
  Eigen::VectorXd sums_, counts_;  // of the scores of each point; no count: there was no generation yet
};

constexpr RuleParameter kOfGenetic[] = {{"kept", 0.25, 0, 0.9, "share of the population that stays"},
                                        {"selection", 0.5, 0.01, 100, "temperature of the choice of parents"},
                                        {"share", 0.75, 0, 1, "of the first parent in a child"},
                                        {"rate", 0.25, 0, 1, "share of a child's values that mutate"},
                                        {"size", 0.75, 0, 1e6, "deviation of a mutation, in scales of the code"}};

}  // namespace

extern const OptimiserKind kGenetic = {
    .name = "genetic",
    .about = "a genetic algorithm: the best stay, the others are children of two parents",
    .make = [](const OptimiserShape& shape) -> std::unique_ptr<Optimiser> { return std::make_unique<Genetic>(shape); },
    .parameters = kOfGenetic};

}  // namespace phosphene
