#include "phosphene/train/losses.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "phosphene/base/error.h"
#include "phosphene/engine/exchange.h"

namespace phosphene {

namespace {

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

ClassLoss softmax_cross_entropy(std::span<const float> logits, std::span<const int32_t> labels, float smoothing, std::span<float> seed) {
  const size_t n = labels.size(), classes = logits.size() / n;
  double loss_sum = 0;
  int64_t correct = 0;
#pragma omp parallel for reduction(+ : loss_sum, correct) schedule(static)
  for (size_t i = 0; i < n; ++i) {
    const float* row = logits.data() + i * classes;
    const auto label = static_cast<size_t>(labels[i]);
    const float top = *std::max_element(row, row + classes);
    double sum = 0, mean = 0;
    for (size_t k = 0; k < classes; ++k) sum += std::exp(static_cast<double>(row[k] - top)), mean += row[k];
    mean /= static_cast<double>(classes);
    const double log_sum = std::log(sum) + top;
    loss_sum += log_sum - (1 - smoothing) * row[label] - smoothing * mean;
    correct += std::max_element(row, row + classes) - row == labels[i];
    if (seed.empty()) continue;
    for (size_t k = 0; k < classes; ++k) {
      const double target = (k == label ? 1 - smoothing : 0) + smoothing / static_cast<double>(classes);
      seed[i * classes + k] = static_cast<float>((std::exp(row[k] - log_sum) - target) / static_cast<double>(n));
    }
  }
  return {loss_sum / static_cast<double>(n), correct};
}

double distillation_loss(std::span<const float> logits, std::span<const float> teacher, int64_t rows, const DistillationOptions& options,
                         std::span<float> seed) {
  PHOSPHENE_CHECK_EQ(logits.size(), teacher.size());
  const size_t n = static_cast<size_t>(rows), classes = logits.size() / n;
  const double t = options.temperature, slope = options.weight * t / static_cast<double>(n);
  // log softmax(row / t)
  const auto log_shares = [&](std::span<const float> row) {
    const double top = *std::max_element(row.begin(), row.end()) / t;
    std::vector<double> shares(classes);
    double sum = 0;
    for (size_t k = 0; k < classes; ++k) shares[k] = row[k] / t - top, sum += std::exp(shares[k]);
    for (double& share : shares) share -= std::log(sum);
    return shares;
  };
  double loss = 0;
#pragma omp parallel for reduction(+ : loss) schedule(static)
  for (size_t i = 0; i < n; ++i) {
    const auto p = log_shares(logits.subspan(i * classes, classes)), q = log_shares(teacher.subspan(i * classes, classes));
    for (size_t k = 0; k < classes; ++k) {
      loss += std::exp(q[k]) * (q[k] - p[k]);
      seed[i * classes + k] += static_cast<float>(slope * (std::exp(p[k]) - std::exp(q[k])));
    }
  }
  return loss * t * slope;
}

double pair_distance(std::span<const float> x, int64_t rows, float weight, std::span<float> seed) {
  PHOSPHENE_CHECK(rows > 0 && rows % 2 == 0);
  const auto pairs = static_cast<size_t>(rows / 2);
  const size_t width = x.size() / static_cast<size_t>(rows);
  std::vector<double> error(pairs), power(pairs);
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < pairs; ++i) {
    const auto a = x.subspan(2 * i * width, width), b = x.subspan((2 * i + 1) * width, width);
    for (size_t k = 0; k < width; ++k) {
      const double d = static_cast<double>(a[k]) - b[k];
      error[i] += d * d;
      power[i] += static_cast<double>(a[k]) * a[k] + static_cast<double>(b[k]) * b[k];
    }
  }
  const auto n = static_cast<double>(pairs);
  const double least = least_power(power);
  double sum = 0;
  for (size_t i = 0; i < pairs; ++i) sum += error[i] / std::max(power[i], least);
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < pairs; ++i) {
    const double whole = std::max(power[i], least);
    const auto slope = static_cast<float>(2 * weight / (n * whole)),
               outward = static_cast<float>(power[i] < least ? 0 : 2 * weight * error[i] / (n * whole * whole));
    const size_t first = 2 * i * width;
    for (size_t k = first; k < first + width; ++k) {
      const float a = x[k], b = x[k + width];
      seed[k] = slope * (a - b) - outward * a;
      seed[k + width] = slope * (b - a) - outward * b;
    }
  }
  return weight * sum / n;
}

double loss_taken_for_real(std::span<const float> scores, std::span<float> seed) {
  double loss = 0;
  const auto n = static_cast<double>(scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    loss += softplus(-scores[i]);
    seed[i] = static_cast<float>(-sigmoid(-scores[i]) / n);
  }
  return loss / n;
}

double loss_taken_for_fake(std::span<const float> scores, std::span<float> seed) {
  double loss = 0;
  const auto n = static_cast<double>(scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    loss += softplus(scores[i]);
    seed[i] = static_cast<float>(sigmoid(scores[i]) / n);
  }
  return loss / n;
}

double absolute_error(std::span<const float> x, std::span<const float> target, float weight, std::span<float> seed) {
  PHOSPHENE_CHECK_EQ(x.size(), target.size());
  const auto size = static_cast<int64_t>(x.size());
  const float slope = weight / static_cast<float>(size);
  double sum = 0;
#pragma omp parallel for simd reduction(+ : sum) schedule(static)
  for (int64_t i = 0; i < size; ++i) {
    const float d = x[i] - target[i];
    sum += std::fabs(d);
    seed[i] = d > 0 ? slope : d < 0 ? -slope : 0;
  }
  return weight * sum / static_cast<double>(size);
}

namespace {

// mean max(0, 1 - sign s)
double hinge(std::span<const float> scores, float sign, std::span<float> seed) {
  double loss = 0;
  const auto n = static_cast<float>(scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    const float margin = 1 - sign * scores[i];
    loss += std::max(margin, 0.0f);
    seed[i] = margin > 0 ? -sign / n : 0;
  }
  return loss / n;
}

}  // namespace

double hinge_taken_for_real(std::span<const float> scores, std::span<float> seed) { return hinge(scores, 1, seed); }
double hinge_taken_for_fake(std::span<const float> scores, std::span<float> seed) { return hinge(scores, -1, seed); }

void relative_errors(std::span<const float> a, std::span<const float> b, std::span<float> errors) {
  const size_t n = errors.size(), width = a.size() / n;
  for (size_t i = 0; i < n; ++i) {
    double error = 0, power = 0;
    for (size_t k = i * width; k < (i + 1) * width; ++k) {
      const double d = static_cast<double>(a[k]) - b[k];
      error += d * d;
      power += static_cast<double>(b[k]) * b[k];
    }
    errors[i] = static_cast<float>(std::sqrt(error / std::max(power, 1e-12)));
  }
}

}  // namespace phosphene
