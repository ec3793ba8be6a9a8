// w'_i = ln((lambda + 1) / 2) - ln i;   w_i = w'_i / sum of the positive ones, for i <= mu;   the negative ones are made as small as the
// smallest of 1 + c_1 / c_mu,   1 + 2 mu_eff- / (mu_eff + 2),   (1 - c_1 - c_mu) / (n c_mu)   (equations 49 to 53)
//
// p_sigma <- (1 - c_sigma) p_sigma + sqrt(c_sigma (2 - c_sigma) mu_eff) C^(-1/2) y_w
// sigma   <- sigma exp(c_sigma / d_sigma (|p_sigma| / E|N(0, I)| - 1))
// p_c     <- (1 - c_c) p_c + h_sigma sqrt(c_c (2 - c_c) mu_eff) y_w
#include "phosphene/evolve/optimisers/cma_constants.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "phosphene/evolve/optimiser.h"

namespace phosphene {

CmaConstants::CmaConstants(int64_t size, int64_t population) : mu(population / 2), weights(population) {
  const auto n = static_cast<double>(size), lambda = static_cast<double>(population);
  for (int64_t i = 0; i < population; ++i) weights[i] = std::log((lambda + 1) / 2) - std::log(static_cast<double>(i + 1));
  auto good = weights.head(mu);
  auto bad = weights.tail(population - mu);
  mu_eff = std::pow(good.sum(), 2) / good.squaredNorm();
  const double mu_eff_bad = std::pow(bad.sum(), 2) / bad.squaredNorm();

  c_sigma = (mu_eff + 2) / (n + mu_eff + 5);
  d_sigma = 1 + 2 * std::max(0.0, std::sqrt((mu_eff - 1) / (n + 1)) - 1) + c_sigma;
  c_c = (4 + mu_eff / n) / (n + 4 + 2 * mu_eff / n);
  c_1 = 2 / (std::pow(n + 1.3, 2) + mu_eff);
  c_mu = std::min(1 - c_1, 2 * (0.25 + mu_eff - 2 + 1 / mu_eff) / (std::pow(n + 2, 2) + mu_eff));
  expected_norm = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));

  good /= good.sum();
  bad *= std::min({1 + c_1 / c_mu, 1 + 2 * mu_eff_bad / (mu_eff + 2), (1 - c_1 - c_mu) / (n * c_mu)}) / bad.cwiseAbs().sum();
}

std::vector<Eigen::Index> by_score(const Eigen::VectorXd& scores) {
  std::vector<Eigen::Index> order(static_cast<size_t>(scores.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::ranges::stable_sort(order, [&](Eigen::Index a, Eigen::Index b) { return scores[a] > scores[b]; });
  return order;
}

Eigen::VectorXd recombined(const Eigen::MatrixXd& points, const std::vector<Eigen::Index>& order, const CmaConstants& constants) {
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(points.rows());
  for (int64_t i = 0; i < constants.mu; ++i) mean += constants.weights[i] * points.col(order[static_cast<size_t>(i)]);
  return mean;
}

double CmaPaths::step(const CmaConstants& k, const Eigen::VectorXd& mean_step, const Eigen::VectorXd& whitened) {
  generation += 1;
  p_sigma = (1 - k.c_sigma) * p_sigma + std::sqrt(k.c_sigma * (2 - k.c_sigma) * k.mu_eff) * whitened;
  const double norm = p_sigma.norm(), n = static_cast<double>(p_sigma.size());
  const double begun = std::sqrt(1 - std::pow(1 - k.c_sigma, 2 * generation));  // the path is short at first
  const double h_sigma = norm / begun < (1.4 + 2 / (n + 1)) * k.expected_norm ? 1 : 0;
  sigma *= std::exp(std::min(1.0, k.c_sigma / k.d_sigma * (norm / k.expected_norm - 1)));
  p_c = (1 - k.c_c) * p_c + h_sigma * std::sqrt(k.c_c * (2 - k.c_c) * k.mu_eff) * mean_step;
  return h_sigma;
}

std::vector<std::span<double>> CmaPaths::with(std::vector<std::span<double>> state) {
  state.insert(state.end(), {values_of(p_sigma), values_of(p_c), {&sigma, 1}, {&generation, 1}});
  return state;
}

}  // namespace phosphene
