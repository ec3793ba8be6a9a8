// Spherical CMA: all points lie on a sphere |x| = R, and the angle between them and their centre m falls.
//
//     t_k = a_g / sqrt(n) (z_k - m <m, z_k> / R^2),   z_k ~ N(0, I);   a_g = max(last, first decay^g)
//     x_k = exp_m(t_k) = m cos |t_k| + R t_k / |t_k| sin |t_k|
//     m <- exp_m(rate sum over the better half of w_i t_{i:lambda}),   w as in CMA-ES
//
// B. Wang, C. R. Ponce, High-performance Evolutionary Algorithms for Online Neuron Control, GECCO 2022: what helps CMA-ES with neurons is
// a local search whose steps shrink, not its covariance; and codes of pictures lie near a sphere.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "phosphene/evolve/optimiser.h"
#include "phosphene/evolve/optimisers/cma_constants.h"

namespace phosphene {

namespace {

class Sphere : public Optimiser {
 public:
  Sphere(const OptimiserShape& shape)
      : k_(shape.size, shape.population),
        radius_(shape.parameters[0] * std::sqrt(static_cast<double>(shape.size))),
        first_(shape.parameters[1]),
        last_(shape.parameters[2]),
        decay_(shape.parameters[3]),
        rate_(shape.parameters[4]),
        mean_(Eigen::VectorXd::Zero(shape.size)) {}

  // Without a centre yet: points all over the sphere.
  Eigen::MatrixXd ask(Rng random) const override {
    Eigen::MatrixXd points(mean_.size(), k_.weights.size());
    for (Eigen::Index k = 0; k < points.cols(); ++k) {
      Eigen::VectorXd z(mean_.size());
      for (double& value : z) value = random.normal();
      points.col(k) = mean_.isZero(0) ? (radius_ / z.norm() * z).eval() : from_centre(angle() / std::sqrt(z.size()) * tangent(z));
    }
    return points;
  }

  void tell(const Eigen::MatrixXd& points, const Eigen::VectorXd& scores) override {
    const std::vector<Eigen::Index> order = by_score(scores);
    if (mean_.isZero(0)) {
      set_mean(recombined(points, order, k_));
    } else {
      Eigen::MatrixXd tangents(points.rows(), points.cols());
      for (Eigen::Index k = 0; k < points.cols(); ++k) tangents.col(k) = to_centre(points.col(k));
      set_mean(from_centre(rate_ * recombined(tangents, order, k_)));
    }
    generation_ += 1;
  }

  void begin(const Eigen::MatrixXd& points, const Eigen::VectorXd& scores) override {
    set_mean(recombined(points, by_score(scores), k_));
    generation_ += 1;
  }

  Eigen::VectorXd centre() const override { return mean_; }

  std::vector<std::span<double>> state() override { return {values_of(mean_), {&generation_, 1}}; }

 private:
  double angle() const { return std::max(last_, first_ * std::pow(decay_, generation_)) * std::numbers::pi / 180; }
  void set_mean(const Eigen::VectorXd& point) {
    if (const double norm = point.norm(); norm > 0) mean_ = radius_ / norm * point;  // a zero code has no direction
  }
  Eigen::VectorXd tangent(const Eigen::VectorXd& z) const { return z - mean_.dot(z) / mean_.squaredNorm() * mean_; }
  // exp_m
  Eigen::VectorXd from_centre(const Eigen::VectorXd& t) const {
    const double length = t.norm();
    return length > 0 ? (std::cos(length) * mean_ + radius_ / length * std::sin(length) * t).eval() : mean_;
  }
  // The tangent vector that exp_m takes to the point.
  Eigen::VectorXd to_centre(const Eigen::VectorXd& point) const {
    const Eigen::VectorXd aside = tangent(point);
    const double length = aside.norm();
    return length > 0 ? (std::atan2(length, mean_.dot(point) / mean_.norm()) / length * aside).eval() : aside;
  }

  CmaConstants k_;
  double radius_, first_, last_, decay_, rate_;
  Eigen::VectorXd mean_;  // zero: none yet
  double generation_ = 0;
};

constexpr RuleParameter kOfSphere[] = {{"radius", 1, 1e-6, 1e6, "of the sphere, in scales of the code times the root of its size"},
                                       {"first", 50, 0.1, 90, "first angle in degrees"},
                                       {"last", 7.3, 0.1, 90, "last angle"},
                                       {"decay", 0.98, 0.5, 1, "of the angle, a generation"},
                                       {"rate", 1.5, 0.01, 100, "how far the centre moves"}};

}  // namespace

extern const OptimiserKind kSphere = {
    .name = "sphere",
    .about = "CMA on a sphere, with steps that shrink by a schedule",
    .make = [](const OptimiserShape& shape) -> std::unique_ptr<Optimiser> { return std::make_unique<Sphere>(shape); },
    .parameters = kOfSphere};

}  // namespace phosphene
