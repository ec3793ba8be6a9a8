// phosphene train coder: parse, open the data, train, save both halves.
#include <memory>

#include "phosphene/base/error.h"
#include "phosphene/cli/options.h"
#include "phosphene/cli/train_command.h"
#include "phosphene/train/coder.h"

namespace phosphene {

void add_train_coder(CLI::App& train) {
  struct Arguments : TrainingArguments {
    CoderRecipe recipe;
    std::string comparator, preprocess, start;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* app = train.add_subcommand(
      "coder", "Train a picture coder: a decoder from a grid of latents to pictures (MODEL.onnx) and its encoder (MODEL-encoder.onnx)");
  CoderRecipe& r = a->recipe;
  add_training_options(*app, *a, r, {.batch = "Crops per step", .tunable = "loss weights, noise, rates, steps"});
  add_picture_losses(*app, r.loss, a->comparator, a->preprocess);
  app->add_option("--start-from", a->start, "Finished coder of the same shape to start from (default: random weights)");
  app->add_option("--latents", r.shape.latents, "Latent channels")->capture_default_str()->check(CLI::PositiveNumber);
  app->add_option("--encoder-widths", r.shape.encoder_widths, "Channels of the encoder after each halving")
      ->delimiter(',')
      ->expected(4)
      ->capture_default_str();
  app->add_option("--decoder-widths", r.shape.decoder_widths, "Channels of the decoder on the grid, then after each doubling")
      ->delimiter(',')
      ->expected(5)
      ->capture_default_str();
  app->add_option("--crop", r.crop, "Side of the crops in pixels, a multiple of 16")->capture_default_str()->check(CLI::PositiveNumber);
  app->add_option("--least-scale", r.least_scale, "Smallest scale of a picture before it is cropped; the largest is 1")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 1.0));
  app->add_option("--noise", r.noise, "Deviation of the noise on the latents, whose own deviation is 1")->capture_default_str();
  app->callback([a, app] {
    TrainingCommand command(*a, *app);
    const Model comparator = load_model_with(a->comparator, {.preprocess = a->preprocess});
    warn_of_assumptions(comparator);
    std::optional<Model> start, start_encoder;
    if (!a->start.empty()) start = load_model(a->start), start_encoder = load_model(encoder_beside(a->start));
    const Dataset data = command.open("train"), validation = command.open("val");
    CoderResult result = train_coder(data, validation, comparator, a->recipe, a->run,
                                     {start ? &*start : nullptr, start_encoder ? &*start_encoder : nullptr});
    command.conclude(result.end);
    if (result.end.finished()) {
      command.save(result.encoder, encoder_beside(a->run.out.string()));
      command.save(result.decoder, a->run.out);
    }
    fmt::print("steps {}\npixel error {:.4f}\n", result.end.steps, result.pixel_error);
  });
}

}  // namespace phosphene
