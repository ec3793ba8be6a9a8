// Trains a density of a coder's latents: a denoiser, which a generator then carries in front of the decoder. What it makes of any grid
// looks like the latents of a photograph (Vincent, Neural Computation 2011: a denoiser's R(z) - z is the direction of the log density;
// Alain, Bengio, JMLR 2014; used for pictures by Nguyen et al., CVPR 2017, arXiv 1612.00005).
#pragma once

#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"
#include "phosphene/train/density_network.h"
#include "phosphene/train/run.h"
#include "phosphene/train/schedule.h"

namespace phosphene {

// For the latents z of a picture and a deviation s drawn for each picture, log-uniform in smallest .. largest noise:
//
//   L = mean |R(z + s e) - z|^2 / (s^2 / (1 + s^2)),   e ~ N(0, 1)
//
// The divisor is the error of the best denoiser that sees one value alone, so every level of noise counts alike.
struct DensityRecipe : Schedule {
  DensityRecipe() : Schedule{.steps = 20000, .batch = 32, .rate = 3e-4f, .warm_up = 200, .average_decay = 0.999f} {}

  DensityShape shape;  // latents are taken from the encoder
  double smallest_noise = 0.2, largest_noise = 3;
  double least_area = 0.7;  // a picture shows at least this share of a photograph
  float beta1 = 0.9f, beta2 = 0.99f;
  int64_t bank = 256;  // latents of so many training pictures, stored to start searches from; 0: none

  Json to_json() const;
};

struct DensityResult {
  Model generator;  // generator_of_density(): code [n, 2 latents, h, w] -> image, any height and width
  // Mean squared error of R on validation latents (variance 1, so the mean picture has an error of 1) with noise of deviation 0.5, 1 and 2.
  std::vector<double> errors;
  TrainingEnd end;
};

// `decoder`, `encoder`: the halves of one coder (train/coder.h). `start`: the generator of a finished density of the same shape; null:
// random weights. Errors: halves that do not fit, pictures whose size is no multiple of the coder's stride.
DensityResult train_density(const Dataset& train, const Dataset& validation, const Model& decoder, const Model& encoder,
                            const DensityRecipe& recipe, const RunOptions& run, const Model* start = nullptr);

}  // namespace phosphene
