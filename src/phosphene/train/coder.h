// Trains a picture coder: an encoder and a decoder between photographs and a small grid of latents (the first stage of Rombach et al., CVPR
// 2022, arXiv 2112.10752; Esser et al., CVPR 2021, arXiv 2012.09841), from random crops.
#pragma once

#include "phosphene/model/model.h"
#include "phosphene/train/coder_networks.h"
#include "phosphene/train/dataset.h"
#include "phosphene/train/picture_losses.h"
#include "phosphene/train/run.h"
#include "phosphene/train/schedule.h"

namespace phosphene {

// For a crop x with latents z = E(x), the coder's losses are those of picture_losses.h with y = D(z + noise N(0, 1)). The noise makes near
// latents draw near pictures.
struct CoderRecipe : Schedule {
  CoderRecipe() : Schedule{.steps = 40000, .batch = 16, .rate = 4e-4f, .warm_up = 100, .average_decay = 0.998f} {}

  CoderShape shape;  // channels are taken from the data
  PictureLossRecipe loss;
  int64_t crop = 96;          // pixels a side
  double least_scale = 0.45;  // smallest scale of a picture before it is cropped; the largest is 1
  float noise = 0.25f;        // deviation, in units of the latents'
  float beta1 = 0.9f, beta2 = 0.99f;

  Json to_json() const;
};

struct CoderResult {
  Model decoder, encoder;  // any height and width; code [n, latents, h, w] in -3 .. 3, for pictures of 16 h x 16 w
  double pixel_error = 0;  // mean |y - x| over validation pictures, of values in -1 .. 1
  TrainingEnd end;
};

// `comparator`: the network whose features are compared. `start`: the two halves of a finished coder of the same shape to start from;
// null: random weights. Errors: a data set smaller than a crop, a feature layer that is no map.
struct CoderStart {
  const Model *decoder = nullptr, *encoder = nullptr;
};
CoderResult train_coder(const Dataset& train, const Dataset& validation, const Model& comparator, const CoderRecipe& recipe,
                        const RunOptions& run, const CoderStart& start = {});

}  // namespace phosphene
