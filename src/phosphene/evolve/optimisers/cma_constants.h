// What the optimisers of the CMA family share.
//
// N. Hansen, The CMA Evolution Strategy: A Tutorial, arXiv 1604.00772: table 1 and equations 49 to 58.
#pragma once

#include <span>
#include <vector>

#include <Eigen/Core>

namespace phosphene {

struct CmaConstants {
  CmaConstants(int64_t size, int64_t population);

  int64_t mu;               // points of the better half
  Eigen::VectorXd weights;  // w [population], of the best point first: the first mu sum to 1, the others are not positive
  double mu_eff;            // 1 / sum of squares of the first mu
  double c_sigma, d_sigma;  // of the step size
  double c_c, c_1, c_mu;    // of the covariance
  double expected_norm;     // E |N(0, I)|
};

// Columns of points by their scores, the highest first; of equal scores, the first one first.
std::vector<Eigen::Index> by_score(const Eigen::VectorXd& scores);

// sum_i w_i x_{i:population} over the better half.
Eigen::VectorXd recombined(const Eigen::MatrixXd& points, const std::vector<Eigen::Index>& order, const CmaConstants& constants);

// Step size and evolution paths of a generation (equations 43, 44 and 45). `whitened`: C^(-1/2) times the mean step y_w / sigma.
struct CmaPaths {
  explicit CmaPaths(int64_t size) : p_sigma(Eigen::VectorXd::Zero(size)), p_c(Eigen::VectorXd::Zero(size)) {}

  // Gives h_sigma, which is 0 while the step size grows fast.
  double step(const CmaConstants& constants, const Eigen::VectorXd& mean_step, const Eigen::VectorXd& whitened);
  // What an optimiser remembers, and the paths.
  std::vector<std::span<double>> with(std::vector<std::span<double>> state);

  Eigen::VectorXd p_sigma, p_c;
  double sigma = 1, generation = 0;
};

}  // namespace phosphene
