// Adam (Kingma and Ba 2015), upwards; beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, t = i + 1:
//
//     m <- beta1 m + (1 - beta1) g        v <- beta2 v + (1 - beta2) g^2
//     y <- decay * clip(y + s * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon), lower, upper)
//
// The state holds m, then v.
#include <algorithm>
#include <cmath>

#include "phosphene/synth/rule.h"

namespace phosphene {

bool update_adam(const StepInfo& info, std::span<float> code, std::span<const float> gradient, std::span<float> state) {
  if (std::all_of(gradient.begin(), gradient.end(), [](float g) { return g == 0; })) return false;
  const auto t = static_cast<double>(info.step + 1);
  const double correct1 = 1 - std::pow(kAdamBeta1, t), correct2 = 1 - std::pow(kAdamBeta2, t);
  const std::span<float> m = state.first(code.size()), v = state.subspan(code.size());
  for (size_t i = 0; i < code.size(); ++i) {
    const double g = gradient[i];
    m[i] = static_cast<float>(kAdamBeta1 * m[i] + (1 - kAdamBeta1) * g);
    v[i] = static_cast<float>(kAdamBeta2 * v[i] + (1 - kAdamBeta2) * g * g);
    code[i] = bounded(info, i, code[i] + info.size * (m[i] / correct1) / (std::sqrt(v[i] / correct2) + kAdamEpsilon));
  }
  return true;
}

}  // namespace phosphene
