// phosphene train generator: parse, open the data, train, save.
#include <memory>

#include "phosphene/base/error.h"
#include "phosphene/cli/options.h"
#include "phosphene/cli/train_command.h"
#include "phosphene/train/generator.h"

namespace phosphene {

void add_train_generator(CLI::App& train) {
  struct Arguments : TrainingArguments {
    GeneratorRecipe recipe;
    std::string network, start;
    std::optional<uint64_t> random_weights;
    SearchDefaults search;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* app = train.add_subcommand("generator", "Train a generator that inverts a layer of a classifier (DeePSiM)");
  GeneratorRecipe& r = a->recipe;
  add_training_options(*app, *a, r, {.tunable = "loss weights, rates, steps"});
  app->add_option("--network", a->network, fmt::format("Classifier to invert: {}", kModelHelp))->required();
  app->add_option("--start-from", a->start, "Finished generator of the same shape to start from (default: random weights)");
  app->add_option("--code-layer", r.code_layer, "Layer of --network whose values are the code")->capture_default_str();
  app->add_option("--feature-layers", r.feature_layers,
                  "Layers of --network that the feature loss compares (default: the pools before the code layer, without the first)")
      ->delimiter(',');
  app->add_option("--widths", r.shape.widths, "Channels of the generator on its first grid, then after each doubling")
      ->delimiter(',')
      ->capture_default_str();
  app->add_option("--fc", r.shape.fully_connected, "Units of the generator's fully connected layers")->capture_default_str();
  app->add_option("--discriminator-widths", r.discriminator.widths, "Channels of the discriminator's convolutions")
      ->delimiter(',')
      ->capture_default_str();
  app->add_option("--discriminator-layers", r.seen_layers, "Layers of --network whose maps the discriminator sees, as well as the picture")
      ->delimiter(',');
  app->add_option("--image", r.image, "Weight of the image loss")->capture_default_str();
  app->add_option("--feature", r.feature, "Weight of the feature loss")->capture_default_str();
  app->add_option("--code", r.code, "Weight of the code loss")->capture_default_str();
  app->add_option("--adversarial", r.adversarial, "Weight of the adversarial loss")->capture_default_str();
  app->add_option("--jitter", r.jitter, "Move both pictures by up to this many pixels before features and codes are compared")
      ->capture_default_str()
      ->check(CLI::Range(0, 64));
  app->add_option("--discriminator-rate", r.discriminator_rate, "Peak learning rate of the discriminator")->capture_default_str();
  app->add_option("--bound-images", r.bound_images, "Training pictures on which the code's bounds are measured")->capture_default_str();
  app->add_flag("--flip,!--no-flip", r.flip, "Mirror pictures at random");
  add_search_defaults(*app, a->search);
  add_random_weights(*app, a->random_weights);
  app->callback([a, app] {
    TrainingCommand command(*a, *app);
    verify_search_defaults(a->search);
    const Model network = load_model(a->network, {.random_weights = a->random_weights});
    const std::optional<Model> start = given_model(a->start);
    if (a->size == 0) a->size = network.preprocess.height;
    const Dataset data = command.open("train"), validation = command.open("val");
    GeneratorResult result = train_generator(data, validation, network, a->recipe, a->run, start ? &*start : nullptr);
    command.conclude(result.end);
    write_search_defaults(a->search, result.model);
    if (result.end.finished()) command.save(result.model, a->run.out);
    fmt::print("steps {}\ncode error {:.4f}\ndead units {:.2f} %\n", result.end.steps, result.code_error, 100 * result.dead_units);
  });
}

}  // namespace phosphene
