// Adam (Kingma and Ba 2015), upwards, with t = i + 1:
//
//     m <- beta1 m + (1 - beta1) g        v <- beta2 v + (1 - beta2) g^2
//     y <- decay * clip(y + s * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon), lower, upper)
#include <cmath>

#include "phosphene/synth/rule.h"

namespace phosphene {

namespace {

constexpr RuleParameter kAdamParameters[] = {{"beta1", 0.9, 0, 0.9999, "share of past gradients"},
                                             {"beta2", 0.999, 0, 0.999999, "share of past squares"},
                                             {"epsilon", 1e-8, 1e-12, 1, "added to their root"}};

void move_adam(AscentStep& step) {
  const double beta1 = step.parameter(0), beta2 = step.parameter(1), epsilon = step.parameter(2);
  const Values g = step.gradient();
  const Values m = step.keep(0, beta1 * step.state(0) + (1 - beta1) * g);
  const Values v = step.keep(1, beta2 * step.state(1) + (1 - beta2) * g * g);
  const auto weight = [&](double beta) {  // of all gradients so far
    return step.of_step([=](int64_t i, int64_t) { return 1 - std::pow(beta, static_cast<double>(i + 1)); });
  };
  step.move(step.size() * (m / weight(beta1)) / (square_root(v / weight(beta2)) + epsilon));
}

}  // namespace

extern const Rule kAdam = {
    .name = "adam",
    .about = "Adam, then the same bounds and decay",
    .move = move_adam,
    .parameters = kAdamParameters,
    .patience = 20,
    .states = 2,
};

}  // namespace phosphene
