// Normalised gradients with momentum (Cutkosky and Mehta 2020, arXiv 2002.03305, section 3), beta = 0.9:
//
//     m <- beta m + (1 - beta) g
//     y <- decay * clip(y + s * m / mean|m|, lower, upper)
//
// A step of constant size overshoots a narrow ridge and comes back; in the mean such gradients cancel, and what they agree on is left.
#include <algorithm>
#include <cmath>

#include "phosphene/synth/rule.h"

namespace phosphene {

bool update_momentum(const StepInfo& info, std::span<float> code, std::span<const float> gradient, std::span<float> state) {
  double moving = 0, total = 0;
  for (float g : gradient) moving += std::fabs(g);
  if (moving == 0) return false;
  for (size_t i = 0; i < code.size(); ++i) {
    state[i] = static_cast<float>(kMomentumBeta * state[i] + (1 - kMomentumBeta) * gradient[i]);
    total += std::fabs(state[i]);
  }
  const double scale = info.size / std::max(total / static_cast<double>(code.size()), kLeastMean);
  for (size_t i = 0; i < code.size(); ++i) code[i] = bounded(info, i, code[i] + scale * state[i]);
  return true;
}

}  // namespace phosphene
