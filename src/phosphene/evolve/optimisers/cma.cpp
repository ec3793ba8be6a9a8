// CMA-ES with the full covariance matrix, whose negative weights also learn from the worse half.
//
//     x_k = m + sigma B D z_k,   z_k ~ N(0, I),   C = B D^2 B^T
//     m <- sum over the better half of w_i x_{i:lambda};   sigma, p_sigma, p_c: cma_constants.cpp
//     C <- (1 + c_1 delta - c_1 - c_mu sum_j w_j) C + c_1 p_c p_c^T + c_mu sum_i w'_i y_i y_i^T,   y_i = (x_{i:lambda} - m) / sigma,
//     w'_i = w_i,  where w_i < 0: w_i n / |C^(-1/2) y_i|^2;   delta = (1 - h_sigma) c_c (2 - c_c)
//
// N. Hansen, The CMA Evolution Strategy: A Tutorial, arXiv 1604.00772, equations 38 to 47. C is decomposed every
// 1 / (10 n (c_1 + c_mu)) generations (its appendix B.2).
#include <algorithm>
#include <cmath>

#include <Eigen/Eigenvalues>

#include "phosphene/evolve/optimiser.h"
#include "phosphene/evolve/optimisers/cma_constants.h"

namespace phosphene {

namespace {

class Cma : public Optimiser {
 public:
  Cma(const OptimiserShape& shape)
      : k_(shape.size, shape.population),
        mean_(Eigen::VectorXd::Zero(shape.size)),
        axes_(Eigen::VectorXd::Ones(shape.size)),
        covariance_(Eigen::MatrixXd::Identity(shape.size, shape.size)),
        basis_(covariance_),
        paths_(shape.size) {
    const auto n = static_cast<double>(shape.size);
    generations_between_ = std::max(1.0, std::floor(1 / (10 * n * (k_.c_1 + k_.c_mu))));
    paths_.sigma = shape.parameters[0];
  }

  Eigen::MatrixXd ask(Rng random) const override {
    Eigen::MatrixXd normal(mean_.size(), k_.weights.size());
    for (Eigen::Index k = 0; k < normal.cols(); ++k)
      for (Eigen::Index i = 0; i < normal.rows(); ++i) normal(i, k) = axes_[i] * random.normal();
    return (paths_.sigma * (basis_ * normal)).colwise() + mean_;
  }

  void tell(const Eigen::MatrixXd& points, const Eigen::VectorXd& scores) override {
    const std::vector<Eigen::Index> order = by_score(scores);
    const Eigen::MatrixXd steps = (points.colwise() - mean_) / paths_.sigma;                         // y
    const Eigen::MatrixXd along = axes_.cwiseInverse().asDiagonal() * (basis_.transpose() * steps);  // D^-1 B^T y
    const Eigen::VectorXd mean_step = recombined(steps, order, k_);
    mean_ += paths_.sigma * mean_step;
    const double h_sigma = paths_.step(k_, mean_step, basis_ * recombined(along, order, k_));

    Eigen::VectorXd weights(points.cols());
    for (Eigen::Index i = 0; i < weights.size(); ++i) {
      const Eigen::Index column = order[static_cast<size_t>(i)];
      const double w = k_.weights[i];
      weights[column] = w >= 0 ? w : w * static_cast<double>(mean_.size()) / std::max(along.col(column).squaredNorm(), 1e-300);
    }
    const double delta = (1 - h_sigma) * k_.c_c * (2 - k_.c_c);
    covariance_ *= 1 + k_.c_1 * delta - k_.c_1 - k_.c_mu * k_.weights.sum();
    covariance_.noalias() += k_.c_1 * paths_.p_c * paths_.p_c.transpose();
    covariance_.noalias() += k_.c_mu * steps * weights.asDiagonal() * steps.transpose();
    if (std::fmod(paths_.generation, generations_between_) == 0) decompose();
  }

  void begin(const Eigen::MatrixXd& points, const Eigen::VectorXd& scores) override { mean_ = recombined(points, by_score(scores), k_); }

  Eigen::VectorXd centre() const override { return mean_; }

  std::vector<std::span<double>> state() override {
    return paths_.with({values_of(mean_), values_of(axes_), values_of(covariance_), values_of(basis_)});
  }

 private:
  void decompose() {
    covariance_ = (0.5 * (covariance_ + covariance_.transpose())).eval();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solved(covariance_);
    basis_ = solved.eigenvectors();
    axes_ = solved.eigenvalues().cwiseMax(1e-14 * solved.eigenvalues().maxCoeff()).cwiseSqrt();  // rounding may take one below zero
  }

  CmaConstants k_;
  double generations_between_;
  Eigen::VectorXd mean_, axes_;  // axes: diagonal of D
  Eigen::MatrixXd covariance_, basis_;
  CmaPaths paths_;
};

constexpr RuleParameter kOfCma[] = {{"sigma", 1, 1e-6, 1e6, "first step size, in scales of the code"}};

}  // namespace

extern const OptimiserKind kCma = {
    .name = "cma",
    .about = "CMA-ES with the full covariance matrix, for codes of at most 2048 values",
    .make = [](const OptimiserShape& shape) -> std::unique_ptr<Optimiser> { return std::make_unique<Cma>(shape); },
    .parameters = kOfCma,
    .most_values = 2048};

}  // namespace phosphene
