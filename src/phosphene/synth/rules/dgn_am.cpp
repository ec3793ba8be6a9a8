// The published rule of DGN-AM (arXiv 1605.09304, the authors' program):
//
//     y <- decay * clip(y + s * g / mean|g|, lower, upper)
#include <cmath>

#include "phosphene/synth/rule.h"

namespace phosphene {

bool update_dgn_am(const StepInfo& info, std::span<float> code, std::span<const float> gradient, std::span<float>) {
  double total = 0;
  for (float g : gradient) total += std::fabs(g);
  if (total == 0) return false;
  const double scale = info.size / (total / static_cast<double>(gradient.size()));
  for (size_t i = 0; i < code.size(); ++i) code[i] = bounded(info, i, code[i] + scale * gradient[i]);
  return true;
}

}  // namespace phosphene
