// Losses: a mean over the batch, and its gradient written where a program takes its seed.
#pragma once

#include <cstdint>
#include <span>

namespace phosphene {

struct ClassLoss {
  double loss = 0;      // mean over the batch
  int64_t correct = 0;  // rows whose largest logit is the class
};

// -sum_k t_k log softmax(logits)_k with t = (1 - smoothing) [k = class] + smoothing / classes.
// logits, seed: [n, classes], n = labels.size(); seed may be empty.
ClassLoss softmax_cross_entropy(std::span<const float> logits, std::span<const int32_t> labels, float smoothing, std::span<float> seed);

// Hinton, Vinyals, Dean, arXiv 1503.02531: weight * T^2 KL(q | p) of p = softmax(logits / T) and the teacher's q = softmax(teacher / T), a
// mean over the rows of [n, classes]; adds the gradient to seed.
struct DistillationOptions {
  float weight = 1, temperature = 1;
};
double distillation_loss(std::span<const float> logits, std::span<const float> teacher, int64_t rows, const DistillationOptions& options,
                         std::span<float> seed);

// Rows come in pairs, 2 i and 2 i + 1: weight * mean_i D_i / P_i, D_i = |x_2i - x_2i+1|^2, P_i = |x_2i|^2 + |x_2i+1|^2, or kLeastPower of
// the mean P where that is more. It does not change with the scale of x, so that nothing is gained by small ones, nor by a few large ones.
// Writes the gradient to seed, P's limit taken for a constant.
double pair_distance(std::span<const float> x, int64_t rows, float weight, std::span<float> seed);

// The discriminator's losses on scores s (before the sigmoid), and the generator's non-saturating one:
//   real:  mean -log sigma(s)       fake:  mean -log(1 - sigma(s))       generator:  mean -log sigma(s)
// Each writes dL/ds to seed.
double loss_taken_for_real(std::span<const float> scores, std::span<float> seed);
double loss_taken_for_fake(std::span<const float> scores, std::span<float> seed);

// weight * mean |x - target|; writes the gradient to seed.
double absolute_error(std::span<const float> x, std::span<const float> target, float weight, std::span<float> seed);

// The hinge losses of a discriminator (Lim, Ye, arXiv 1705.02894), on scores s:  real: mean max(0, 1 - s)   fake: mean max(0, 1 + s).
// Each writes dL/ds to seed.
double hinge_taken_for_real(std::span<const float> scores, std::span<float> seed);
double hinge_taken_for_fake(std::span<const float> scores, std::span<float> seed);

// |a_i - b_i| / |b_i| of every row i of [n, width].
void relative_errors(std::span<const float> a, std::span<const float> b, std::span<float> errors);

}  // namespace phosphene
