// Normalised gradients with momentum (Cutkosky and Mehta 2020, arXiv 2002.03305, section 3):
//
//     m <- beta m + (1 - beta) g
//     y <- decay * clip(y + s * m / mean|m|, lower, upper)
//
// A step of constant size overshoots a narrow ridge and comes back; in the mean such gradients cancel, and what they agree on is left.
#include "phosphene/synth/rule.h"

namespace phosphene {

namespace {

constexpr RuleParameter kMomentumParameters[] = {{"beta", 0.9, 0, 0.9999, "share of past gradients"}};
constexpr double kLeastMean = 1e-30;  // smaller means count as that

void move_momentum(AscentStep& step) {
  const double beta = step.parameter(0);
  const Values m = step.keep(0, beta * step.state(0) + (1 - beta) * step.gradient());
  step.move(step.size() / at_least(mean_size(m), kLeastMean) * m);
}

}  // namespace

extern const Rule kMomentum = {
    .name = "momentum",
    .about = "the same with the mean of past gradients (Cutkosky and Mehta 2020)",
    .move = move_momentum,
    .parameters = kMomentumParameters,
    .states = 1,
};

}  // namespace phosphene
