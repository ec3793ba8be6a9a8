// Trains a generator that inverts a layer of a classifier: DeePSiM (Dosovitskiy, Brox, arXiv 1602.02644, sections 3 and 4).
#pragma once

#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"
#include "phosphene/train/networks.h"
#include "phosphene/train/parameters.h"
#include "phosphene/train/run.h"
#include "phosphene/train/schedule.h"

namespace phosphene {

// For a picture z with code y = E(z), and comparators C_k:
//
//   L_G = image |G(y) - z|^2 + feature sum_k |C_k(G(y)) - C_k(z)|^2 / |C_k(z)|^2 + code |E(G(y)) - y|^2 / |y|^2
//         - adversarial log D(G(y), y)
//
//   L_D = -log D(z, y) - log(1 - D(G(y), y))
//
// The image term is a mean over values in the network's input space. With jitter, C_k and the code's term see z and G(y) moved. D may
// see some of the network's layers beside the picture.
struct GeneratorRecipe : Schedule {
  GeneratorRecipe() : Schedule{.steps = 3000, .batch = 64, .rate = 4e-4f, .warm_up = 200, .average_decay = 0.998f} {}

  GeneratorShape shape;  // code, size and channels are taken from the network
  DiscriminatorShape discriminator;
  std::string code_layer = "fc6";
  std::vector<std::string> feature_layers;  // empty: the pools on the way to the code layer, without the first
  std::vector<std::string> seen_layers;     // maps of the network that the discriminator sees, too
  float image = 1, feature = 0.5f, code = 1, adversarial = 0.03f;
  int64_t jitter = 0;  // the comparators and the encoder see z and G(y) moved by up to so many pixels, both alike
  float discriminator_rate = 2e-4f;
  float beta1 = 0.5f, beta2 = 0.99f;
  float balance = 0.1f;          // D rests while L_D / L_adversarial is below this
  int64_t bound_images = 20000;  // for the code's mean and deviation
  bool flip = true;

  Json to_json() const;
};

struct GeneratorResult {
  Model model;
  double code_error = 0;  // median of |E(G(y)) - y| / |y| over validation pictures
  double dead_units = 0;  // share of code units that no measured training picture excites
  TrainingEnd end;
};

// `start`: a generator of the same shape to start from; null: random weights. The discriminator always starts from random weights.
GeneratorResult train_generator(const Dataset& train, const Dataset& validation, const Model& network, const GeneratorRecipe& recipe,
                                const RunOptions& run, const Model* start = nullptr);

}  // namespace phosphene
