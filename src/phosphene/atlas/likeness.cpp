// The two largest principal components by orthogonal iteration: V <- orthonormal( X^T X V ), X the rows less their mean.
#include "phosphene/atlas/likeness.h"

#include <algorithm>
#include <mutex>

#include <Eigen/Dense>

#include "phosphene/base/parallel.h"
#include "phosphene/base/rng.h"

namespace phosphene {

namespace {

constexpr int kIterations = 60;
constexpr Eigen::Index kBlock = 256;  // rows whose products are in memory at once

void keep_nearer(NearUnit& best, const NearUnit& other) {
  if (other.similarity > best.similarity || (other.similarity == best.similarity && other.unit < best.unit)) best = other;
}

}  // namespace

void normalise(UnitRows& rows, bool centred) {
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    auto row = rows.row(i);
    if (centred) row.array() -= row.mean();
    const float length = row.norm();
    if (length > 1e-12f)
      row /= length;
    else
      row.setZero();
  }
}

std::vector<std::vector<NearUnit>> nearest(const UnitRows& rows, const UnitRows& others, int64_t layer_of_others, bool skip_self,
                                           size_t count) {
  std::vector<std::vector<NearUnit>> found(static_cast<size_t>(rows.rows()));
  const UnitRows products = rows * others.transpose();
  const Eigen::VectorXf lengths = others.rowwise().norm();
  std::vector<NearUnit> all;
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    if (rows.row(i).isZero(0)) continue;
    all.clear();
    for (Eigen::Index j = 0; j < others.rows(); ++j)
      if (!(skip_self && i == j) && lengths[j] > 0) all.push_back({layer_of_others, j, products(i, j)});
    const size_t kept = std::min(count, all.size());
    std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(kept), [](const NearUnit& a, const NearUnit& b) {
      return a.similarity > b.similarity || (a.similarity == b.similarity && a.unit < b.unit);
    });
    found[static_cast<size_t>(i)].assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept));
  }
  return found;
}

NearestOfBoth nearest_of_both(const UnitRows& rows, const UnitRows& others) {
  constexpr double kNone = -2;  // below every correlation
  const auto none = [](Eigen::Index count) { return std::vector<NearUnit>(static_cast<size_t>(count), NearUnit{0, 0, kNone}); };
  NearestOfBoth nearest{none(rows.rows()), none(others.rows())};
  std::mutex mutex;
  const auto compare = [&](int64_t first_block, int64_t last_block) {
    for (Eigen::Index first = first_block * kBlock; first < std::min<Eigen::Index>(last_block * kBlock, rows.rows()); first += kBlock) {
      const UnitRows products = rows.middleRows(first, std::min(kBlock, rows.rows() - first)) * others.transpose();
      std::vector<NearUnit> of_others = none(others.rows());
      for (Eigen::Index i = 0; i < products.rows(); ++i)
        for (Eigen::Index j = 0; j < products.cols(); ++j) {
          const double similarity = products(i, j);
          keep_nearer(nearest.rows[static_cast<size_t>(first + i)], {0, j, similarity});
          keep_nearer(of_others[static_cast<size_t>(j)], {0, first + i, similarity});
        }
      const std::lock_guard lock(mutex);
      for (size_t j = 0; j < of_others.size(); ++j) keep_nearer(nearest.others[j], of_others[j]);
    }
  };
  parallel_for((rows.rows() + kBlock - 1) / kBlock, compare);
  for (auto* side : {&nearest.rows, &nearest.others})
    for (NearUnit& unit : *side)
      if (unit.similarity == kNone) unit = {};
  return nearest;
}

std::vector<std::pair<double, double>> map_of(const UnitRows& rows) {
  const Eigen::Index n = rows.rows(), size = rows.cols();
  std::vector<std::pair<double, double>> places(static_cast<size_t>(n), {0, 0});
  if (n < 3 || size < 2) return places;
  const Eigen::MatrixXd x = rows.cast<double>().rowwise() - rows.cast<double>().colwise().mean();
  Eigen::MatrixXd v(size, 2);
  Rng rng(0, "map");
  for (Eigen::Index j = 0; j < 2; ++j)
    for (Eigen::Index i = 0; i < size; ++i) v(i, j) = rng.normal();
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    v = x.transpose() * (x * v);
    if (v.col(0).norm() == 0) return places;
    v.col(0).normalize();
    v.col(1) -= v.col(0) * v.col(0).dot(v.col(1));
    if (v.col(1).norm() > 0) v.col(1).normalize();
  }
  Eigen::MatrixXd at = x * v;
  for (Eigen::Index j = 0; j < 2; ++j) {
    Eigen::Index largest = 0;
    const double magnitude = at.col(j).cwiseAbs().maxCoeff(&largest);
    if (magnitude > 0) at.col(j) /= at(largest, j);
  }
  for (Eigen::Index i = 0; i < n; ++i) places[static_cast<size_t>(i)] = {at(i, 0), at(i, 1)};
  return places;
}

}  // namespace phosphene
