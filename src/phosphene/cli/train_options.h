// The options that several `phosphene train` subcommands have, and the subcommands themselves.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "phosphene/model/model.h"
#include "phosphene/train/dataset.h"
#include "phosphene/train/picture_losses.h"
#include "phosphene/train/run.h"
#include "phosphene/train/schedule.h"

namespace phosphene {

struct TrainingArguments {
  std::string data, precision = "f32", out;
  int64_t size = 0, max_images = 0;
  int threads = 0;
  bool full_weights = false;
  RunOptions run;
};
// Data, output, engine and schedule: what every trainer has. The schedule has the trainer's defaults.
struct TrainerTraits {
  std::string batch = "Pictures per step";  // help of --batch
  std::string tunable;                      // what --retune may change beside the data
  double* epochs = nullptr;                 // set: --epochs says how long it takes, and no average of the weights is kept
};
void add_training_options(CLI::App& app, TrainingArguments& a, Schedule& schedule, const TrainerTraits& traits);

// Defaults of a search through the generator that is trained, written into its file (docs/file-format.md, phosphene.search).
struct SearchDefaults {
  std::string rule, views, init;
  std::optional<double> lr, decay;
  std::optional<int64_t> steps;
};
void add_search_defaults(CLI::App& app, SearchDefaults& defaults);
void verify_search_defaults(const SearchDefaults& defaults);  // Error for a rule, views or a start that are not known
void write_search_defaults(const SearchDefaults& defaults, Model& generator);

// --features and the weights of the losses of drawn pictures.
void add_picture_losses(CLI::App& app, PictureLossRecipe& recipe, std::string& comparator, std::string& preprocess);

// "photos.onnx" -> "photos-encoder.onnx", in the same folder: the encoder that `train coder` writes beside a decoder.
std::string encoder_beside(const std::string& decoder);

void add_train_classifier(CLI::App& train);
void add_train_generator(CLI::App& train);
void add_train_coder(CLI::App& train);
void add_train_density(CLI::App& train);
void add_train_decoder(CLI::App& train);

}  // namespace phosphene
