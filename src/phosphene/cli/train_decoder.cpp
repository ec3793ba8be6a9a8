// phosphene train decoder: parse, open the data, train, save the prior with its new decoder.
#include <memory>

#include "phosphene/base/error.h"
#include "phosphene/cli/options.h"
#include "phosphene/cli/train_command.h"
#include "phosphene/train/decoder.h"

namespace phosphene {

void add_train_decoder(CLI::App& train) {
  struct Arguments : TrainingArguments {
    DecoderRecipe recipe;
    std::string comparator, preprocess, prior;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* app = train.add_subcommand("decoder",
                                       "Train the decoder of a prior that `train density` wrote further, on the latents that its density "
                                       "makes; writes the prior (MODEL.onnx) and its encoder (MODEL-encoder.onnx)");
  DecoderRecipe& r = a->recipe;
  add_training_options(*app, *a, r, {.tunable = "loss weights, noise, rates, steps"});
  app->add_option("--prior", a->prior, "Generator that `train density` wrote, with its encoder NAME-encoder.onnx beside it")->required();
  add_picture_losses(*app, r.loss, a->comparator, a->preprocess);
  app->add_option("--smallest-noise", r.smallest_noise, "Smallest deviation of the noise on the latents, which the density takes away")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app->add_option("--largest-noise", r.largest_noise, "Largest deviation of the noise")->capture_default_str()->check(CLI::PositiveNumber);
  app->add_option("--detail", r.detail, "Deviation of further noise, which the decoder sees")->capture_default_str();
  app->add_option("--least-area", r.least_area, "Random crops of this share of a picture or more, resized")
      ->capture_default_str()
      ->check(CLI::Range(0.05, 1.0));
  app->callback([a, app] {
    TrainingCommand command(*a, *app);
    if (a->recipe.smallest_noise > a->recipe.largest_noise)
      throw Error("the smallest noise is above the largest", "give --smallest-noise below --largest-noise");
    const Model comparator = load_model_with(a->comparator, {.preprocess = a->preprocess});
    warn_of_assumptions(comparator);
    const Model prior = load_model(a->prior);
    Model encoder = load_model(encoder_beside(a->prior));
    const Dataset data = command.open("train"), validation = command.open("val");
    DecoderResult result = train_decoder(data, validation, prior, encoder, comparator, a->recipe, a->run);
    command.conclude(result.end);
    if (result.end.finished()) {
      const std::filesystem::path encoder_file = encoder_beside(a->run.out.string());
      result.generator.encoder = encoder_file.stem().string();
      command.save(encoder, encoder_file);
      command.save(result.generator, a->run.out);
    }
    fmt::print("steps {}\npixel error {:.4f}, from denoised latents {:.4f}\n", result.end.steps, result.pixel_error,
               result.denoised_pixel_error);
  });
}

}  // namespace phosphene
