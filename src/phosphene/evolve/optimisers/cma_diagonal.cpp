// CMA-ES with a diagonal covariance, whose time and memory grow with the size of the code alone.
//
//     x_k = m + sigma d z_k,   z_k ~ N(0, I),   d = sqrt(diag C)                     (products of vectors value by value)
//     m <- sum_i w_i x_{i:lambda};   sigma, p_sigma, p_c: cma_constants.cpp
//     C <- (1 - c_1 - c_mu) C + c_1 p_c^2 + c_mu sum_i w_i y_i^2,   y_i = (x_{i:lambda} - m) / sigma
//
// with c_1 and c_mu larger than those of the full matrix by (n + 2) / 3, and sums over the better half. R. Ros, N. Hansen, A Simple
// Modification in CMA-ES Achieving Linear Time and Space Complexity, PPSN 2008.
#include <algorithm>
#include <cmath>

#include "phosphene/evolve/optimiser.h"
#include "phosphene/evolve/optimisers/cma_constants.h"

namespace phosphene {

namespace {

class CmaDiagonal : public Optimiser {
 public:
  CmaDiagonal(const OptimiserShape& shape)
      : k_(shape.size, shape.population),
        mean_(Eigen::VectorXd::Zero(shape.size)),
        variances_(Eigen::VectorXd::Ones(shape.size)),
        paths_(shape.size) {
    const double faster = (static_cast<double>(shape.size) + 2) / 3;
    k_.c_1 = std::min(1.0, k_.c_1 * faster);
    k_.c_mu = std::min(1 - k_.c_1, k_.c_mu * faster);
    paths_.sigma = shape.parameters[0];
  }

  Eigen::MatrixXd ask(Rng random) const override {
    Eigen::MatrixXd points(mean_.size(), k_.weights.size());
    const Eigen::VectorXd deviations = paths_.sigma * variances_.cwiseSqrt();
    for (Eigen::Index k = 0; k < points.cols(); ++k)
      for (Eigen::Index i = 0; i < points.rows(); ++i) points(i, k) = mean_[i] + deviations[i] * random.normal();
    return points;
  }

  void tell(const Eigen::MatrixXd& points, const Eigen::VectorXd& scores) override {
    const std::vector<Eigen::Index> order = by_score(scores);
    const Eigen::VectorXd before = mean_;
    const double sigma = paths_.sigma;
    mean_ = recombined(points, order, k_);
    const Eigen::VectorXd mean_step = (mean_ - before) / sigma;
    const double h_sigma = paths_.step(k_, mean_step, mean_step.cwiseQuotient(variances_.cwiseSqrt()));
    const double forgotten = (1 - h_sigma) * k_.c_c * (2 - k_.c_c);
    Eigen::VectorXd spread = Eigen::VectorXd::Zero(mean_.size());
    for (int64_t i = 0; i < k_.mu; ++i)
      spread += k_.weights[i] * ((points.col(order[static_cast<size_t>(i)]) - before) / sigma).cwiseAbs2();
    variances_ = (1 - k_.c_1 - k_.c_mu + k_.c_1 * forgotten) * variances_ + k_.c_1 * paths_.p_c.cwiseAbs2() + k_.c_mu * spread;
  }

  void begin(const Eigen::MatrixXd& points, const Eigen::VectorXd& scores) override { mean_ = recombined(points, by_score(scores), k_); }

  Eigen::VectorXd centre() const override { return mean_; }

  std::vector<std::span<double>> state() override { return paths_.with({values_of(mean_), values_of(variances_)}); }

 private:
  CmaConstants k_;
  Eigen::VectorXd mean_, variances_;
  CmaPaths paths_;
};

constexpr RuleParameter kOfCmaDiagonal[] = {{"sigma", 1, 1e-6, 1e6, "first step size, in scales of the code"}};

}  // namespace

extern const OptimiserKind kCmaDiagonal = {
    .name = "cma-diagonal",
    .about = "CMA-ES with a variance for each value of the code",
    .make = [](const OptimiserShape& shape) -> std::unique_ptr<Optimiser> { return std::make_unique<CmaDiagonal>(shape); },
    .parameters = kOfCmaDiagonal};

}  // namespace phosphene
