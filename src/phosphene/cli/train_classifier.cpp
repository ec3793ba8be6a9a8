// phosphene train classifier: parse, open the data, train, save.
#include <algorithm>
#include <memory>

#include "phosphene/base/error.h"
#include "phosphene/cli/options.h"
#include "phosphene/cli/train_command.h"
#include "phosphene/train/classifier.h"

namespace phosphene {

void add_train_classifier(CLI::App& train) {
  struct Arguments : TrainingArguments {
    ClassifierRecipe recipe;
    std::string optimiser = "adamw", start, trunk, trunk_layer, trunk_preprocess, teacher, redraw;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* app = train.add_subcommand("classifier", "Train a classifier: AlexNet's shape, or a residual network");
  ClassifierRecipe& r = a->recipe;
  add_training_options(*app, *a, r, {.tunable = "epochs, rate, weight decay, label smoothing, dropout, twins", .epochs = &r.epochs});
  app->add_option("--start-from", a->start,
                  "Finished classifier of the same shape to start from, with its trunk if it has one (default: random weights)");
  auto* on_trunk =
      app->add_option("--trunk", a->trunk, fmt::format("Network whose layers, kept fixed, replace conv1 .. conv5: {}", kModelHelp));
  app->add_option("--trunk-layer", a->trunk_layer, "Last trunk layer to keep, a convolution or a pool")->needs(on_trunk);
  on_trunk->needs("--trunk-layer");
  app->add_option("--trunk-preprocess", a->trunk_preprocess, "Preprocessing of --trunk, as --preprocess elsewhere")->needs(on_trunk);
  auto* taught =
      app->add_option("--teacher", a->teacher, "Classifier of the same classes, whose outputs are learned as well as the labels");
  app->add_option("--teacher-weight", r.teacher_weight, "Share of the teacher's loss; the rest is that of the labels")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0))
      ->needs(taught);
  app->add_option("--temperature", r.temperature, "Softmax temperature of both networks in the teacher's loss")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 100.0))
      ->needs(taught);
  app->add_option("--widths", r.shape.widths, "Channels of conv1 .. conv5, or of each stage of a residual network")
      ->delimiter(',')
      ->expected(1, 8)
      ->capture_default_str();
  app->add_option("--blocks", r.shape.blocks, "Above 0: a residual network (He et al. 2016), with so many blocks in each stage")
      ->check(CLI::Range(0, 64));
  app->add_option("--fc", r.shape.fully_connected, "Units of fc6 and fc7")->capture_default_str();
  app->add_option("--optimiser", a->optimiser, "adamw or sgd")->capture_default_str()->check(CLI::IsMember({"adamw", "sgd"}));
  app->add_option("--weight-decay", r.optimiser.weight_decay, "Weight decay, for weights of two or more axes")->capture_default_str();
  app->add_option("--label-smoothing", r.label_smoothing, "Share of the target spread over all classes")->capture_default_str();
  app->add_option("--dropout", r.dropout, "Share of the units of fc6 and fc7 (or of a residual network's features) to drop")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 0.95));
  app->add_option("--crop-pad", r.crop_pad, "Pixels of padding before the random crop")->capture_default_str();
  app->add_option("--least-area", r.least_area, "Below 1: no padding, but random crops of this share of a picture or more, resized")
      ->capture_default_str()
      ->check(CLI::Range(0.05, 1.0));
  app->add_option("--blur", r.blur, "Above 0: blur half of the pictures, by a Gaussian of up to this many pixels")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 16.0));
  auto* twins =
      app->add_option(
             "--twins", r.twins,
             "Above 0: show every picture also blurred (or redrawn), and add this times the distance of the two codes at fc6 to the loss")
          ->capture_default_str()
          ->check(CLI::Range(0.0, 100.0));
  app->add_option("--redraw", a->redraw, "Generator for fc6 of --start-from, which redraws half of the twins")->needs(twins);
  app->add_flag("--flip,!--no-flip", r.flip, "Mirror pictures at random");
  app->callback([a, app] {
    TrainingCommand command(*a, *app);
    if (a->optimiser == "sgd") a->recipe.optimiser.kind = OptimiserOptions::Kind::kSgd;
    const Dataset data = command.open("train"), validation = command.open("val");
    if (std::ranges::all_of(data.classes, [&](int32_t label) { return label == data.classes[0]; }))
      throw Error("all pictures are of one class, so there is nothing to classify", "give a folder with a folder for each class")
          .at(a->data);
    const std::optional<Model> start = given_model(a->start);
    std::optional<Model> trunk;
    if (!a->trunk.empty()) trunk = load_model_with(a->trunk, {.preprocess = a->trunk_preprocess}), warn_of_assumptions(*trunk);
    const std::optional<Model> teacher = given_model(a->teacher);
    const std::optional<Model> redraw = given_model(a->redraw);
    const ClassifierOrigin origin{start ? &*start : nullptr, trunk ? &*trunk : nullptr, a->trunk_layer, teacher ? &*teacher : nullptr,
                                  redraw ? &*redraw : nullptr};
    ClassifierResult result = train_classifier(data, validation, a->recipe, a->run, origin);
    command.conclude(result.end);
    if (result.end.finished()) command.save(result.model, a->run.out);
    fmt::print("steps {}\ntop-1 {:.2f} %\ntop-5 {:.2f} %\n", result.end.steps, 100 * result.top1, 100 * result.top5);
  });
}

}  // namespace phosphene
