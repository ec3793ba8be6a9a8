// Plug and Play Generative Networks (Nguyen et al. 2017, arXiv 1612.00005): each code of the search is a sample of a Markov chain, whose
// density is that of natural codes times the probability of the unit. With A(y) what the prior makes of the code, n ~ N(0, 1), i the step:
//
//     d = epsilon1 (A(y) - y) + epsilon2 g + epsilon3 n
//     y <- decay * clip(y + s d / mean|d|, lower, upper)          normalise = 1, as the authors' program
//     y <- decay * clip(y + s d, lower, upper)                    normalise = 0, with s = 1 the paper's equation
//
//     ppgn-h       A(y) = R(y), the denoiser of codes             (section 3.3)
//     ppgn-joint   A(y) = E(G(y)), the code of the picture of y   (Noiseless Joint PPGN-h, section 3.5)
//
// g is the gradient of log p(unit | G(y)) with the objective log-probability. Nothing is differentiated through A.
#include "phosphene/synth/rule.h"

namespace phosphene {

namespace {

constexpr RuleParameter kPpgnParameters[] = {{"epsilon1", 1e-5, 0, 1e6, "weight of the step to what the prior makes of the code"},
                                             {"epsilon2", 1, 0, 1e6, "of the unit's gradient"},
                                             {"epsilon3", 1e-17, 0, 1e6, "deviation of the noise"},
                                             {"normalise", 1, 0, 1, "1: the step has the mean size of the schedule; 0: it is a factor"}};

void move_ppgn(AscentStep& step, const Values& natural) {
  const double epsilon1 = step.parameter(0), epsilon2 = step.parameter(1), epsilon3 = step.parameter(2);
  const Values d = epsilon1 * (natural - step.code()) + epsilon2 * step.gradient() + epsilon3 * step.noise();
  if (step.parameter(3) > 0)
    step.move(step.size() * d / at_least(mean_size(d), 1e-30));
  else
    step.move(step.size() * d);
}

}  // namespace

extern const Rule kPpgnH = {
    .name = "ppgn-h",
    .about = "a chain of samples, drawn to what the prior's density makes of the code (Nguyen et al. 2017)",
    .move = [](AscentStep& step) { move_ppgn(step, step.denoised()); },
    .parameters = kPpgnParameters,
    .random = true,
    .density = true,
};

extern const Rule kPpgnJoint = {
    .name = "ppgn-joint",
    .about = "the same, drawn to what the prior's encoder makes of the picture",
    .move = [](AscentStep& step) { move_ppgn(step, step.encoded()); },
    .parameters = kPpgnParameters,
    .random = true,
    .encoder = true,
};

}  // namespace phosphene
