// Trains a classifier with softmax cross-entropy, warm-up and cosine, crop and flip.
#pragma once

#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"
#include "phosphene/train/networks.h"
#include "phosphene/train/parameters.h"
#include "phosphene/train/run.h"
#include "phosphene/train/schedule.h"

namespace phosphene {

struct ClassifierRecipe : Schedule {
  ClassifierRecipe() : Schedule{.batch = 128, .rate = 2e-3f, .warm_up = 300} {}

  ClassifierShape shape;  // size, channels and classes are taken from the data
  double epochs = 12;
  OptimiserOptions optimiser;
  float label_smoothing = 0;
  float dropout = 0.3f;                          // of fc6 and fc7
  float teacher_weight = 0.7f, temperature = 2;  // with a teacher: share of its loss; softmax temperature of both networks
  int64_t crop_pad = 4;                          // pixels around a picture before the random crop
  double least_area = 1;                         // below 1: no padding, but random crops of this share or more, resized
  double blur = 0;                               // above 0: blurs half of the pictures, by a deviation of up to this many pixels
  // Above 0: a batch holds every picture twice, and this times the relative squared distance of the two codes at fc6 is added to the loss.
  // The second picture is blurred; if the origin has a generator, half are redrawn instead. The code then keeps what both have in common.
  float twins = 0;
  bool flip = true;

  Json to_json() const;
};

struct ClassifierResult {
  Model model;
  double top1 = 0, top5 = 0;  // shares of the validation images
  TrainingEnd end;
};

// Other networks that take part in the training.
struct ClassifierOrigin {
  const Model* start = nullptr;    // a finished classifier of the same shape to start from, with its trunk
  const Model* trunk = nullptr;    // a network whose layers up to trunk_layer, kept fixed, replace the convolutions
  std::string trunk_layer;         // [n, c, h, w]
  const Model* teacher = nullptr;  // a classifier of the same classes, whose outputs are learned as well as the labels
  const Model* redraw = nullptr;   // a generator that draws from the start's fc6; for recipe.twins
};

// `train` and `validation` hold pictures of one size with the same classes. Goes on from the checkpoint when there is one.
// Error when the loss is no number (the last good checkpoint is kept, the step is named), for a start together with a trunk.
ClassifierResult train_classifier(const Dataset& train, const Dataset& validation, const ClassifierRecipe& recipe, const RunOptions& run,
                                  const ClassifierOrigin& origin = {});

// Share of pictures whose class is among the k largest logits, for k = 1 and 5, without augmentation.
struct Accuracy {
  double top1 = 0, top5 = 0;
};
Accuracy measure_accuracy(const Model& model, const Dataset& data, const std::string& engine, Precision precision, int64_t batch = 100);

}  // namespace phosphene
