// Trains the decoder of a finished prior further, on the latents that its searches end with: what the density's denoiser makes of noisy
// ones. They are smoother than a photograph's, and a decoder that never saw such latents smears. The encoder and the density stay, and so
// do codes.
#pragma once

#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"
#include "phosphene/train/picture_losses.h"
#include "phosphene/train/run.h"
#include "phosphene/train/schedule.h"

namespace phosphene {

// For a picture x with latents z = E(x), the density's denoiser R and a level s drawn for each picture, log-uniform in smallest .. largest
// noise, the losses are those of picture_losses.h with
//
//   y = D(R(z + s e) + detail e'),   e, e' ~ N(0, 1)
struct DecoderRecipe : Schedule {
  DecoderRecipe() : Schedule{.steps = 10000, .batch = 4, .rate = 2e-4f, .warm_up = 100, .average_decay = 0.998f} {}

  PictureLossRecipe loss;
  double smallest_noise = 0.1, largest_noise = 0.8;
  float detail = 0.1f;      // deviation of the noise behind the denoiser
  double least_area = 0.3;  // a picture shows at least this share of a photograph
  float beta1 = 0.9f, beta2 = 0.99f;

  Json to_json() const;
};

struct DecoderResult {
  Model generator;  // the prior, with the decoder's new weights
  // Mean |y - x| over validation pictures, of values in -1 .. 1, for y = D(z) and y = D(R(z + e / 2)).
  double pixel_error = 0, denoised_pixel_error = 0;
  TrainingEnd end;
};

// `prior`: a generator of train_density(), `encoder`: the encoder beside it. `comparator`: the network whose features are compared. Errors:
// a prior without a density, pictures whose size is no multiple of the coder's stride, a feature layer that is no map.
DecoderResult train_decoder(const Dataset& train, const Dataset& validation, const Model& prior, const Model& encoder,
                            const Model& comparator, const DecoderRecipe& recipe, const RunOptions& run);

}  // namespace phosphene
