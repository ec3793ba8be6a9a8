#include "phosphene/cli/recipe_options.h"

#include "phosphene/base/error.h"
#include "phosphene/cli/command.h"
#include "phosphene/synth/views.h"

namespace phosphene {

void add_recipe_options(CLI::App& command, RecipeOptions& options) {
  Recipe& recipe = options.recipe;
  command.add_option("model", recipe.network, fmt::format("The network under study: {}", kModelHelp))->required();
  command.add_option("--layer", recipe.layer, "Layer: the name of a value or node, the path of a module, or a unique part of one");
  command
      .add_option("--units", recipe.units, "Units: 3,17-20 or all; a weighted sum 3*0.5+7 is one picture; several layers: fc6:0-9,fc8:all")
      ->capture_default_str();
  command.add_option("--at", options.at, "Place in a layer of maps: Y,X; in one of tokens: their number; or center or mean")
      ->capture_default_str();
  command
      .add_option(
          "--objective", recipe.objective,
          "What is raised of a unit: its activation; its log-probability in the softmax over its layer, which also lowers all others; "
          "or both, their sum, which lowers others while they rival it")
      ->check(CLI::IsMember(std::vector<std::string>(kObjectives.begin(), kObjectives.end())))
      ->capture_default_str();
  command.add_option("--steps", recipe.steps, "Iterations (default: the prior's own, else 200)");
  command.add_option("--views", recipe.views,
                     "Random views: at each step but the last the network sees the picture scaled by a factor, shifted by a share of its "
                     "side, with noise whose deviation is a share of half the range of pixels; none, or any of \"scale=0.9..1.1 "
                     "shift=0.07 noise=0.1\" (default: the prior's own, else none; fourier \"scale=0.9..1.1\", maco \"scale=1..2 "
                     "shift=0 noise=0.2\")");
  command.add_option("--seeds", options.seeds, "Seeds, one picture a unit and seed: 0-3")->capture_default_str();
  command.add_option("--batch", recipe.batch, "Pictures at once (default: what costs the least here, measured once where it pays)");
  command.add_option("--engine", recipe.engine, engine_choices())->capture_default_str();
  command.add_option("--precision", options.precision, "f32, bf16, or auto: bf16 where the processor multiplies it")->capture_default_str();
  command.add_option("--threads", recipe.threads, "Threads (default: all cores)");
  add_meaning_options(command, options.meaning);
}

Model load_network(RecipeOptions& options) {
  Recipe& recipe = options.recipe;
  recipe.at = located("--at", [&] { return Place::parse(options.at); });
  recipe.seeds = located("--seeds", [&] { return parse_seeds(options.seeds); });
  if (recipe.views) located("--views", [&] { parse_views(*recipe.views); });
  recipe.precision = located("--precision", [&] { return parse_precision(options.precision); });
  recipe.preprocess = options.meaning.preprocess;
  recipe.fixed = options.meaning.fixed;
  recipe.input_size = options.meaning.input_size;
  recipe.random_weights = options.meaning.random_weights;
  find_engine(recipe.engine);
  set_threads(recipe.threads);
  Model network = load_model_with(recipe.network, options.meaning);
  warn_of_assumptions(network);
  return network;
}

}  // namespace phosphene
