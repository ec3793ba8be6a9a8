// phosphene train classifier|generator: parse, open the data, train, save.
#include <memory>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/progress.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/options.h"
#include "phosphene/engine/program.h"
#include "phosphene/synth/rule.h"
#include "phosphene/train/classifier.h"
#include "phosphene/train/generator.h"

namespace phosphene {

namespace {

struct CommonArguments {
  std::string data, precision = "f32", out;
  int64_t size = 0, max_images = 0;
  int threads = 0;
  bool full_weights = false;
  RunOptions run;
};

void add_common(CLI::App& app, CommonArguments& a) {
  app.add_option("--data", a.data, "Folder of pictures: class folders, the Tiny ImageNet layout, or IDX files")->required();
  app.add_option("--size", a.size, "Resize the pictures to SIZE x SIZE (default: as they are)");
  app.add_option("--max-images", a.max_images, "Train on a random choice of so many pictures");
  app.add_option("-o,--out", a.out, "Model to write; the checkpoint and the curve lie beside it")->required();
  app.add_option("--engine", a.run.engine, engine_choices())->capture_default_str();
  app.add_option("--precision", a.precision, "f32, bf16, or auto: bf16 where the processor multiplies it")->capture_default_str();
  app.add_option("--threads", a.threads, "Threads (default: all cores)");
  app.add_option("--stop-after", a.run.stop_after, "Pause with a checkpoint after so many steps in all");
  app.add_option("--checkpoint-minutes", a.run.checkpoint_minutes, "Minutes between checkpoints")->capture_default_str();
  app.add_option("--sample-minutes", a.run.sample_minutes, "Minutes between sample grids")->capture_default_str();
  app.add_option("--log-every", a.run.log_every, "Steps between rows of the curve")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_flag("--full-weights", a.full_weights, "Store weights as float32 instead of float16");
}

// Everything that can be wrong before hours of work.
void prepare_run(CommonArguments& a, const CLI::App& app) {
  a.run.out = a.out;
  if (a.run.out.extension() != ".onnx") throw Error("the output must end in .onnx", "give -o MODEL.onnx").at(a.out);
  const auto folder = a.run.out.parent_path();
  make_output_folder(folder.empty() ? "." : folder);
  a.run.precision = parse_precision(a.precision);
  set_threads(a.threads);
  a.run.command = "phosphene train " + app.get_name();
  for (const CLI::Option* option : app.get_options())
    if (option->count() > 0) {
      a.run.command += " " + option->get_name();
      for (const std::string& value : option->results())
        if (option->get_items_expected_max() > 0) a.run.command += " " + value;
    }
}

Dataset open_split(const CommonArguments& a, const std::string& split) {
  return open_dataset(a.data, {.split = split, .size = a.size, .max_images = split == "train" ? a.max_images : 0});
}

std::optional<Model> given_model(const std::string& model) { return model.empty() ? std::nullopt : std::optional(load_model(model, {})); }

void save_result(const CommonArguments& a, Model& model, bool finished) {
  if (!finished) {
    log_info(fmt::format("paused; the same command without --stop-after goes on"));
    return;
  }
  model.name = a.run.out.stem().string();
  save_model(a.run.out, model, !a.full_weights);
}

void add_classifier(CLI::App& train) {
  struct Arguments : CommonArguments {
    ClassifierRecipe recipe;
    std::string optimiser = "adamw", start, trunk, trunk_layer, trunk_preprocess, teacher, redraw;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* app = train.add_subcommand("classifier", "Train an AlexNet-shaped classifier");
  add_common(*app, *a);
  ClassifierRecipe& r = a->recipe;
  app->add_option(
      "--start-from", a->start,
      "Finished classifier of the same shape whose weights are the first ones (default: random ones), on its trunk if it has one");
  auto* on_trunk = app->add_option("--trunk", a->trunk,
                                   fmt::format("Network whose layers stand, as they are, in place of conv1 .. conv5: {}", kModelHelp));
  app->add_option("--trunk-layer", a->trunk_layer, "Its last layer that does, a convolution's or a pool's")->needs(on_trunk);
  on_trunk->needs("--trunk-layer");
  app->add_option("--trunk-preprocess", a->trunk_preprocess, "Its preprocessing, as --preprocess elsewhere")->needs(on_trunk);
  auto* taught = app->add_option("--teacher", a->teacher, "Classifier of the same classes whose logits are learned beside the labels");
  app->add_option("--teacher-weight", r.teacher_weight, "The share of its loss")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0))
      ->needs(taught);
  app->add_option("--temperature", r.temperature, "What its logits and ours are divided by")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 100.0))
      ->needs(taught);
  app->add_option("--widths", r.shape.widths, "Channels of conv1 .. conv5")->delimiter(',')->expected(5);
  app->add_option("--fc", r.shape.fully_connected, "Units of fc6 and fc7")->capture_default_str();
  app->add_option("--epochs", r.epochs, "Passes over the data")->capture_default_str();
  app->add_option("--batch", r.batch, "Pictures a step")->capture_default_str()->check(CLI::PositiveNumber);
  app->add_option("--rate", r.rate, "Peak learning rate")->capture_default_str();
  app->add_option("--warm-up", r.warm_up, "Steps until the peak rate")->capture_default_str();
  app->add_option("--optimiser", a->optimiser, "adamw or sgd")->capture_default_str()->check(CLI::IsMember({"adamw", "sgd"}));
  app->add_option("--weight-decay", r.optimiser.weight_decay, "Decay of weights of two or more axes")->capture_default_str();
  app->add_option("--label-smoothing", r.label_smoothing, "Share of the target spread over all classes")->capture_default_str();
  app->add_option("--dropout", r.dropout, "Share of fc6 and fc7 dropped")->capture_default_str()->check(CLI::Range(0.0, 0.95));
  app->add_option("--crop-pad", r.crop_pad, "Pixels of padding before the random crop")->capture_default_str();
  app->add_option("--least-area", r.least_area, "Below 1: instead, random crops of this share of a picture or more, resized")
      ->capture_default_str()
      ->check(CLI::Range(0.05, 1.0));
  app->add_option("--blur", r.blur, "Above 0: half of the pictures blurred, by a deviation of up to so many pixels")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 16.0));
  auto* twins =
      app->add_option("--twins", r.twins,
                      "Above 0: every picture also blurred (or redrawn), and this times the distance of both codes at fc6 as a loss")
          ->capture_default_str()
          ->check(CLI::Range(0.0, 100.0));
  app->add_option("--redraw", a->redraw, "Generator for fc6 of --start-from: one twin in two is what it redraws")->needs(twins);
  app->add_flag("--flip,!--no-flip", r.flip, "Mirror pictures at random");
  app->add_option("--seed", r.seed, "Seed of everything random")->capture_default_str();
  app->callback([a, app] {
    prepare_run(*a, *app);
    if (a->optimiser == "sgd") a->recipe.optimiser.kind = OptimiserOptions::Kind::kSgd;
    const Dataset data = open_split(*a, "train"), validation = open_split(*a, "val");
    const std::optional<Model> start = given_model(a->start);
    std::optional<Model> trunk;
    if (!a->trunk.empty()) trunk = load_model_with(a->trunk, {.preprocess = a->trunk_preprocess}), warn_of_assumptions(*trunk);
    const std::optional<Model> teacher = given_model(a->teacher);
    const std::optional<Model> redraw = given_model(a->redraw);
    const ClassifierOrigin origin{start ? &*start : nullptr, trunk ? &*trunk : nullptr, a->trunk_layer, teacher ? &*teacher : nullptr,
                                  redraw ? &*redraw : nullptr};
    ClassifierResult result = train_classifier(data, validation, a->recipe, a->run, origin);
    save_result(*a, result.model, result.finished);
    fmt::print("steps {}\ntop-1 {:.2f} %\ntop-5 {:.2f} %\n", result.steps, 100 * result.top1, 100 * result.top5);
  });
}

void add_generator(CLI::App& train) {
  struct Arguments : CommonArguments {
    GeneratorRecipe recipe;
    std::string network, start;
    std::optional<uint64_t> random_weights;
    std::string search_rule;
    std::optional<double> search_lr, search_decay;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* app = train.add_subcommand("generator", "Train a generator that inverts a layer of a classifier (DeePSiM)");
  add_common(*app, *a);
  GeneratorRecipe& r = a->recipe;
  app->add_option("--network", a->network, fmt::format("Classifier to invert: {}", kModelHelp))->required();
  app->add_option("--start-from", a->start, "Generator of the same shape whose weights are the first ones (default: random ones)");
  app->add_option("--code-layer", r.code_layer, "Its layer that is the code")->capture_default_str();
  app->add_option("--feature-layers", r.feature_layers, "Layers that the feature loss compares (default: its pools)")->delimiter(',');
  app->add_option("--widths", r.shape.widths, "Channels of the generator from its first grid on, one a doubling")->delimiter(',');
  app->add_option("--fc", r.shape.fully_connected, "Units of its first layers")->capture_default_str();
  app->add_option("--discriminator-widths", r.discriminator.widths, "Channels of the discriminator's convolutions")->delimiter(',');
  app->add_option("--discriminator-layers", r.seen_layers, "Maps of --network that the discriminator sees beside the picture")
      ->delimiter(',');
  app->add_option("--steps", r.steps, "Steps")->capture_default_str();
  app->add_option("--batch", r.batch, "Pictures a step")->capture_default_str()->check(CLI::PositiveNumber);
  app->add_option("--image", r.image, "Weight of the image loss")->capture_default_str();
  app->add_option("--feature", r.feature, "Weight of the feature loss")->capture_default_str();
  app->add_option("--code", r.code, "Weight of the code loss")->capture_default_str();
  app->add_option("--adversarial", r.adversarial, "Weight of the adversarial loss")->capture_default_str();
  app->add_option("--jitter", r.jitter, "Compare features and codes of pictures moved by up to so many pixels")
      ->capture_default_str()
      ->check(CLI::Range(0, 64));
  app->add_option("--rate", r.rate, "Peak learning rate")->capture_default_str();
  app->add_option("--discriminator-rate", r.discriminator_rate, "The discriminator's")->capture_default_str();
  app->add_option("--warm-up", r.warm_up, "Steps until the peak rate")->capture_default_str();
  app->add_option("--average-decay", r.average_decay, "Decay of the moving average of the weights")->capture_default_str();
  app->add_flag("--retune", a->run.retune,
                "Go on from the checkpoint with other loss weights, rates or steps; the model lists the changes");
  app->add_option("--bound-images", r.bound_images, "Pictures from which the code's bounds are measured")->capture_default_str();
  app->add_flag("--flip,!--no-flip", r.flip, "Mirror pictures at random");
  app->add_option("--seed", r.seed, "Seed of everything random")->capture_default_str();
  app->add_option("--search-rule", a->search_rule, "Written into the file: the --rule of a search that is not given one");
  app->add_option("--search-lr", a->search_lr, "Likewise the --lr")->check(CLI::PositiveNumber);
  app->add_option("--search-decay", a->search_decay, "Likewise the --decay")->check(CLI::Range(1e-6, 1.0));
  add_random_weights(*app, a->random_weights);
  app->callback([a, app] {
    prepare_run(*a, *app);
    if (!a->search_rule.empty()) located("--search-rule", [&] { find_rule(a->search_rule); });
    const Model network = load_model(a->network, {.random_weights = a->random_weights});
    const std::optional<Model> start = given_model(a->start);
    if (a->size == 0) a->size = network.preprocess.height;
    const Dataset data = open_split(*a, "train"), validation = open_split(*a, "val");
    GeneratorResult result = train_generator(data, validation, network, a->recipe, a->run, start ? &*start : nullptr);
    if (!a->search_rule.empty()) result.model.search["rule"] = a->search_rule;
    if (a->search_lr) result.model.search["lr"] = *a->search_lr;
    if (a->search_decay) result.model.search["decay"] = *a->search_decay;
    save_result(*a, result.model, result.finished);
    fmt::print("steps {}\ncode error {:.4f}\ndead units {:.2f} %\n", result.steps, result.code_error, 100 * result.dead_units);
  });
}

}  // namespace

void add_train(CLI::App& app) {
  CLI::App* train = app.add_subcommand("train", "Train a classifier or a generator; goes on from its checkpoint");
  train->require_subcommand(1);
  add_classifier(*train);
  add_generator(*train);
}

}  // namespace phosphene
