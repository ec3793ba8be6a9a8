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

// weight * mean (x - target)^2; adds the gradient to seed, or with `replace` writes it there. With `relative` the mean is divided by mean
// target^2.
struct SquaredErrorOptions {
  float weight = 1;
  bool relative = false, replace = false;
};
double squared_error(std::span<const float> x, std::span<const float> target, const SquaredErrorOptions& options, std::span<float> seed);

}  // namespace phosphene
