// Denoising diffusion guided by the unit: a code begins as noise and ends as one of the prior's density, moved on the way by the gradient
// that passes through the density (Dhariwal and Nichol 2021, arXiv 2105.05233; Bansal et al. 2023, "universal guidance", arXiv 2302.07121;
// steps between noise levels as in Song et al. 2021, arXiv 2010.02502). With R the density's denoiser, N steps, n ~ N(0, 1), and the noise
// level t_i = first (last / first)^(i / N):
//
//     m <- beta m + (1 - beta) g / mean|g|
//     y <- R(y) + s m + t_(i+1) (sqrt(1 - fresh^2) (y - R(y)) / t_i + fresh n)
//
// In the first step all noise is fresh. Elements that the density does not cover take no noise: y <- y + s m.
#include <cmath>

#include "phosphene/synth/rule.h"

namespace phosphene {

namespace {

constexpr RuleParameter kDenoiseParameters[] = {{"first", 1.5, 0.01, 100, "noise level of the first step"},
                                                {"last", 0.1, 0.001, 100, "of the last"},
                                                {"fresh", 0.3, 0, 1, "share of noise that is drawn anew at each step"},
                                                {"beta", 0.8, 0, 0.9999, "share of past gradients"}};

void move_denoise(AscentStep& step) {
  const double first = step.parameter(0), last = step.parameter(1), fresh = step.parameter(2), beta = step.parameter(3);
  const auto level = [=](int64_t i, int64_t steps) {
    return first * std::pow(last / first, static_cast<double>(i) / static_cast<double>(steps));
  };
  const Values g = step.gradient();
  const Values m = step.keep(0, beta * step.state(0) + (1 - beta) * g / at_least(mean_size(g), 1e-30));
  const Values clean = step.denoised();
  const Values kept =
      step.of_step([=](int64_t i, int64_t n) { return i > 0 ? std::sqrt(1 - fresh * fresh) * level(i + 1, n) / level(i, n) : 0.0; });
  const Values drawn = step.of_step([=](int64_t i, int64_t n) { return (i > 0 ? fresh : 1.0) * level(i + 1, n); });
  const Values change = (kept - 1) * (step.code() - clean) + step.covered() * drawn * step.noise();
  step.move(step.size() * m + change);
}

}  // namespace

extern const Rule kDenoise = {
    .name = "denoise",
    .about = "guided diffusion: from noise to what the prior's density makes of it, led by the unit",
    .move = move_denoise,
    .parameters = kDenoiseParameters,
    .states = 1,
    .random = true,
    .density = true,
};

}  // namespace phosphene
