// tr (A B)^(1/2) = sum of the roots of the eigenvalues of A^(1/2) B A^(1/2), which is symmetric.
// Without picture i of a: sum over pairs of a less 2 sum_j k(a_i, a_j), sum over pairs between less sum_j k(a_i, b_j).
#include "phosphene/judge/distance.h"

#include <cmath>

#include <Eigen/Dense>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

Matrix matrix(const Features& features) {
  using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const Rows>(features.values.data(), features.count, features.size).cast<double>();
}

void require_pair(const Features& a, const Features& b) {
  PHOSPHENE_CHECK_EQ(a.size, b.size);
  if (a.count < 2 || b.count < 2)
    throw Error(fmt::format("distance > sets of {} and {} pictures", a.count, b.count), "give at least two pictures a set");
}

Matrix covariance(const Matrix& rows) {
  const Matrix centred = rows.rowwise() - rows.colwise().mean();
  return centred.transpose() * centred / static_cast<double>(rows.rows() - 1);
}

Matrix root(const Matrix& symmetric) {
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(symmetric);
  return solver.eigenvectors() * solver.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal() * solver.eigenvectors().transpose();
}

Matrix kernel(const Matrix& a, const Matrix& b) {
  return ((a * b.transpose()).array() / static_cast<double>(a.cols()) + 1).cube().matrix();
}

// Sums over the pairs of one set: without each picture's own.
struct Pairs {
  Vector of;  // sum over the others of k(i, j)
  double all = 0;
  double count = 0;

  explicit Pairs(const Matrix& rows) : count(static_cast<double>(rows.rows())) {
    const Matrix k = kernel(rows, rows);
    of = k.rowwise().sum() - k.diagonal();
    all = of.sum();
  }
  double mean() const { return all / (count * (count - 1)); }
  double mean_without(Eigen::Index i) const { return (all - 2 * of[i]) / ((count - 1) * (count - 2)); }
};

// (n - 1) / n times the summed squares around their mean.
double jackknife(const Vector& estimates) {
  const auto n = static_cast<double>(estimates.size());
  return (n - 1) / n * (estimates.array() - estimates.mean()).square().sum();
}

}  // namespace

double frechet_distance(const Features& a, const Features& b) {
  require_pair(a, b);
  const Matrix x = matrix(a), y = matrix(b), root_a = root(covariance(x)), cov_b = covariance(y);
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(root_a * cov_b * root_a, Eigen::EigenvaluesOnly);
  const double cross = solver.eigenvalues().cwiseMax(0).cwiseSqrt().sum();
  return (x.colwise().mean() - y.colwise().mean()).squaredNorm() + root_a.squaredNorm() + cov_b.trace() - 2 * cross;
}

KernelDistance kernel_distance(const Features& a, const Features& b) {
  require_pair(a, b);
  const Matrix x = matrix(a), y = matrix(b), between = kernel(x, y);
  const Pairs in_a(x), in_b(y);
  const double n = in_a.count, m = in_b.count, sum = between.sum();
  KernelDistance distance;
  distance.value = in_a.mean() + in_b.mean() - 2 * sum / (n * m);
  double variance = 0;
  if (n > 2) {
    Vector without(x.rows());
    for (Eigen::Index i = 0; i < x.rows(); ++i)
      without[i] = in_a.mean_without(i) + in_b.mean() - 2 * (sum - between.row(i).sum()) / ((n - 1) * m);
    variance += jackknife(without);
  }
  if (m > 2) {
    Vector without(y.rows());
    for (Eigen::Index j = 0; j < y.rows(); ++j)
      without[j] = in_a.mean() + in_b.mean_without(j) - 2 * (sum - between.col(j).sum()) / (n * (m - 1));
    variance += jackknife(without);
  }
  distance.error = std::sqrt(variance);
  return distance;
}

double mean_distance(const Features& features, const std::vector<int64_t>& pictures) {
  PHOSPHENE_CHECK(pictures.size() > 1);
  double sum = 0;
  for (size_t i = 0; i < pictures.size(); ++i)
    for (size_t j = i + 1; j < pictures.size(); ++j) {
      const float *x = features.of(pictures[i]), *y = features.of(pictures[j]);
      double square = 0;
      for (int64_t k = 0; k < features.size; ++k) {
        const double difference = static_cast<double>(x[k]) - y[k];
        square += difference * difference;
      }
      sum += std::sqrt(square);
    }
  return 2 * sum / static_cast<double>(pictures.size() * (pictures.size() - 1));
}

}  // namespace phosphene
