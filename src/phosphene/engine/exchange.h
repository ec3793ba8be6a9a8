// What programs hand to each other. Where both lie on one device nothing of it crosses the host (torch/torch_exchange.cpp); elsewhere it is
// done on the host (exchange.cpp).
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace phosphene {

// An array of a program, from a row of axis 0 on. An input counts as it was at the last forward().
struct Part {
  enum class Kind { kInput, kValue, kSeed, kGradient } kind = Kind::kValue;
  std::string name;
  int64_t first = 0;
};

// weight * mean (x - target)^2; adds the gradient to seed, or with `replace` writes it there. With `relative` instead, of the rows i along
// axis 0: weight * mean_i |x_i - target_i|^2 / |target_i|^2, so that every row counts alike; one of less than kLeastPower of the rows' mean
// |target|^2 counts as one of that.
struct SquaredErrorOptions {
  float weight = 1;
  bool relative = false, replace = false;
};
constexpr double kLeastPower = 0.01;
// kLeastPower of the mean of the rows' |x|^2, and above zero: the least that such a quotient is divided by.
double least_power(std::span<const double> powers);
double squared_error(std::span<const float> x, std::span<const float> target, int64_t rows, const SquaredErrorOptions& options,
                     std::span<float> seed);

}  // namespace phosphene
