#include "phosphene/cli/train_options.h"

#include "phosphene/base/error.h"
#include "phosphene/cli/options.h"
#include "phosphene/engine/program.h"
#include "phosphene/synth/rule.h"
#include "phosphene/synth/start.h"
#include "phosphene/synth/views.h"

namespace phosphene {

void add_training_options(CLI::App& app, TrainingArguments& a, Schedule& schedule, const TrainerTraits& traits) {
  app.add_option("--data", a.data, "Folder of pictures: class folders, the Tiny ImageNet layout, or IDX files")->required();
  app.add_option("--size", a.size, "Resize the pictures to SIZE x SIZE (default: as they are)");
  app.add_option("--max-images", a.max_images, "Train on this many pictures, chosen at random (default: all)");
  app.add_option("-o,--out", a.out, "Model file to write, with checkpoint, curve and samples beside it")->required();
  app.add_option("--engine", a.run.engine, "Engine: " + engine_choices())->capture_default_str();
  app.add_option("--precision", a.precision, "Precision: f32, bf16, or auto (bf16 if the processor multiplies it)")->capture_default_str();
  app.add_option("--threads", a.threads, "Threads (default: all cores)");
  app.add_flag("--full-weights", a.full_weights, "Store weights as float32 instead of float16");

  if (traits.epochs)
    app.add_option("--epochs", *traits.epochs, "Passes over the data")->capture_default_str();
  else
    app.add_option("--steps", schedule.steps, "Steps in all")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--batch", schedule.batch, traits.batch)->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--rate", schedule.rate, "Peak learning rate")->capture_default_str();
  app.add_option("--warm-up", schedule.warm_up, "Steps until the peak rate")->capture_default_str();
  if (!traits.epochs)
    app.add_option("--average-decay", schedule.average_decay, "Decay of the moving average of the weights")->capture_default_str();
  app.add_option("--seed", schedule.seed, "Seed of all random numbers")->capture_default_str();

  app.add_flag("--retune", a.run.retune,
               fmt::format("Go on from the checkpoint with other {} or data; the model records the changes", traits.tunable));
  app.add_option("--stop-after", a.run.stop_after, "Pause with a checkpoint after this many steps in all");
  app.add_option("--checkpoint-minutes", a.run.checkpoint_minutes, "Minutes between checkpoints")->capture_default_str();
  app.add_option("--sample-minutes", a.run.sample_minutes, "Minutes between sample grids")->capture_default_str();
  app.add_option("--log-every", a.run.log_every, "Steps between rows of the curve")->capture_default_str()->check(CLI::PositiveNumber);
}

void add_search_defaults(CLI::App& app, SearchDefaults& defaults) {
  app.add_option("--search-rule", defaults.rule, "Store in the model a default for synth's --rule");
  app.add_option("--search-lr", defaults.lr, "Store in the model a default for synth's --lr")->check(CLI::PositiveNumber);
  app.add_option("--search-decay", defaults.decay, "Store in the model a default for synth's --decay")->check(CLI::Range(1e-6, 1.0));
  app.add_option("--search-steps", defaults.steps, "Store in the model a default for synth's --steps")->check(CLI::PositiveNumber);
  app.add_option("--search-views", defaults.views, "Store in the model a default for synth's --views");
  app.add_option("--search-init", defaults.init, "Store in the model a default for synth's --init");
}

void verify_search_defaults(const SearchDefaults& defaults) {
  if (!defaults.rule.empty()) located("--search-rule", [&] { parse_rule(defaults.rule); });
  if (!defaults.views.empty()) located("--search-views", [&] { parse_views(defaults.views); });
  if (!defaults.init.empty()) located("--search-init", [&] { find_start(defaults.init); });
}

void write_search_defaults(const SearchDefaults& defaults, Model& generator) {
  Json& search = generator.search;
  if (!defaults.rule.empty()) search["rule"] = defaults.rule;
  if (!defaults.views.empty()) search["views"] = defaults.views;
  if (!defaults.init.empty()) search["init"] = defaults.init;
  if (defaults.lr) search["lr"] = *defaults.lr;
  if (defaults.decay) search["decay"] = *defaults.decay;
  if (defaults.steps) search["steps"] = *defaults.steps;
}

void add_picture_losses(CLI::App& app, PictureLossRecipe& r, std::string& comparator, std::string& preprocess) {
  app.add_option("--features", comparator, fmt::format("Network whose features the loss compares: {}", kModelHelp))->required();
  app.add_option("--feature-layers", r.feature_layers, "Layers of --features to compare, with maps [n, c, h, w]")
      ->delimiter(',')
      ->required();
  app.add_option("--features-preprocess", preprocess, "Preprocessing of --features, as --preprocess elsewhere");
  app.add_option("--discriminator-widths", r.discriminator.widths, "Channels of the discriminator's convolutions")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--pixel", r.pixel, "Weight of the pixel loss")->capture_default_str();
  app.add_option("--feature", r.feature, "Weight of the feature loss")->capture_default_str();
  app.add_option("--adversarial", r.adversarial, "Weight of the adversarial loss")->capture_default_str();
  app.add_option("--adversarial-from", r.adversarial_from, "Share of the steps after which the adversarial loss counts")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--discriminator-rate", r.discriminator_rate, "Peak learning rate of the discriminator")->capture_default_str();
}

std::string encoder_beside(const std::string& decoder) {
  std::filesystem::path file = decoder;
  return file.replace_filename(file.stem().string() + "-encoder.onnx").string();
}

}  // namespace phosphene
