// phosphene train density: parse, open the data, train, save the generator.
#include <memory>

#include "phosphene/base/error.h"
#include "phosphene/cli/options.h"
#include "phosphene/cli/train_command.h"
#include "phosphene/train/density.h"

namespace phosphene {

void add_train_density(CLI::App& train) {
  struct Arguments : TrainingArguments {
    DensityRecipe recipe;
    std::string coder, start;
    SearchDefaults search;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* app =
      train.add_subcommand("density",
                           "Train a density of a coder's latents; writes denoiser and decoder as one generator (MODEL.onnx), and "
                           "the encoder (MODEL-encoder.onnx)");
  DensityRecipe& r = a->recipe;
  add_training_options(*app, *a, r, {.tunable = "rates, noise, steps"});
  app->add_option("--coder", a->coder,
                  "Decoder that `train coder` wrote, or a generator that holds it, with its encoder NAME-encoder.onnx beside it")
      ->required();
  app->add_option("--start-from", a->start, "Generator with a finished density of the same shape to start from (default: random weights)");
  app->add_option("--widths", r.shape.widths, "Channels of the denoiser on the grid, then after each halving")
      ->delimiter(',')
      ->capture_default_str();
  app->add_option("--blocks", r.shape.blocks, "Residual blocks at each scale")->delimiter(',')->capture_default_str();
  app->add_option("--smallest-noise", r.smallest_noise, "Smallest deviation of the noise on the latents")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app->add_option("--largest-noise", r.largest_noise, "Largest deviation of the noise")->capture_default_str()->check(CLI::PositiveNumber);
  app->add_option("--least-area", r.least_area, "Random crops of this share of a picture or more, resized")
      ->capture_default_str()
      ->check(CLI::Range(0.05, 1.0));
  app->add_option("--bank", r.bank, "Store the latents of this many training pictures, for synth --init bank")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  add_search_defaults(*app, a->search);
  app->callback([a, app] {
    TrainingCommand command(*a, *app);
    verify_search_defaults(a->search);
    if (a->recipe.smallest_noise > a->recipe.largest_noise)
      throw Error("the smallest noise is above the largest", "give --smallest-noise below --largest-noise");
    Model decoder = load_model(a->coder);
    if (decoder.graph.types.contains(kDensity + "clean")) decoder.graph = decoder_of_density(decoder.graph);
    Model encoder = load_model(encoder_beside(a->coder));
    const std::optional<Model> start = given_model(a->start);
    const Dataset data = command.open("train"), validation = command.open("val");
    DensityResult result = train_density(data, validation, decoder, encoder, a->recipe, a->run, start ? &*start : nullptr);
    command.conclude(result.end);
    const std::filesystem::path encoder_file = encoder_beside(a->run.out.string());
    result.generator.encoder = encoder_file.stem().string();
    write_search_defaults(a->search, result.generator);
    result.generator.search["density"] = kDensity + "clean";
    if (result.end.finished()) {
      command.save(encoder, encoder_file);
      command.save(result.generator, a->run.out);
    }
    fmt::print("steps {}\nsquared error at noise 0.5, 1, 2: {:.3f}, {:.3f}, {:.3f}\n", result.end.steps, result.errors[0], result.errors[1],
               result.errors[2]);
  });
}

}  // namespace phosphene
