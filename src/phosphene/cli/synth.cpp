// phosphene synth: draws the preferred inputs of units of a network.
#include <cstdio>
#include <memory>

#include "phosphene/base/error.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/draw.h"
#include "phosphene/cli/options.h"
#include "phosphene/cli/units_option.h"
#include "phosphene/engine/program.h"
#include "phosphene/synth/rule.h"

namespace phosphene {

namespace {

struct SynthArguments {
  Recipe recipe;
  std::string at = "center", lr, seeds = "0", precision = "f32", out;
  MeaningOptions meaning;
  bool save_codes = false;
};

void parse_texts(SynthArguments& arguments) {
  Recipe& recipe = arguments.recipe;
  recipe.at = located("--at", [&] { return Place::parse(arguments.at); });
  recipe.seeds = located("--seeds", [&] { return parse_seeds(arguments.seeds); });
  recipe.precision = located("--precision", [&] { return parse_precision(arguments.precision); });
  if (!arguments.lr.empty()) located("--lr", [&] { parse_lr(arguments.lr, recipe); });
  if (recipe.rule) find_rule(*recipe.rule);
  find_engine(recipe.engine);
}

void print_result(const JobResult& result) {
  const TermResult& main = result.main();
  const std::string probability = main.probability ? fmt::format("  probability {:.1f} %", 100 * *main.probability) : "";
  fmt::print("unit {}  seed {}  activation {:.4g}  rank {}{}\n", result.objective.name, result.seed, result.activations.back(), main.rank,
             probability);
}

void synth(SynthArguments& arguments) {
  parse_texts(arguments);
  Recipe& recipe = arguments.recipe;
  set_threads(recipe.threads);

  recipe.random_weights = arguments.meaning.random_weights;
  const Model network = load_model_with(recipe.network, arguments.meaning);
  warn_of_assumptions(network);
  const std::vector<Objective> objectives = find_objectives(recipe, network);
  for (const JobResult& result : draw(network, recipe, objectives, arguments.out, arguments.save_codes)) print_result(result);
  fmt::print("{}\n", (std::filesystem::path(arguments.out) / "index.html").string());
}

std::string rules_help() {
  std::string text = "How the code moves (default: adam for fourier and maco, else dgn-am)";
  for (const Rule& rule : all_rules()) text += fmt::format("; {}: {}", rule.name, rule.about);
  return text;
}

}  // namespace

void add_synth(CLI::App& app) {
  auto arguments = std::make_shared<SynthArguments>();
  Recipe& recipe = arguments->recipe;
  CLI::App* command = app.add_subcommand("synth", "Draw the preferred inputs of units");
  command->add_option("model", recipe.network, fmt::format("The network under study: {}", kModelHelp))->required();
  command->add_option("--layer", recipe.layer, "Layer: the name of a value or node, the path of a module, or a unique part of one");
  command
      ->add_option("--units", recipe.units, "Units: 3,17-20 or all; a weighted sum 3*0.5+7 is one picture; several layers: fc6:0-9,fc8:all")
      ->capture_default_str();
  command->add_option("--at", arguments->at, "Place in a layer of maps: Y,X; in one of tokens: their number; or center or mean")
      ->capture_default_str();
  command
      ->add_option("--prior", recipe.prior,
                   "Generator: GEN.onnx, GEN.prototxt:GEN.caffemodel, builtin; without a generator pixel, fourier or maco")
      ->capture_default_str();
  command->add_option("--rule", recipe.rule, rules_help());
  command->add_option("--steps", recipe.steps, "Iterations")->capture_default_str();
  command->add_option("--patience", recipe.patience,
                      "End a picture after so many steps without a rise of 0.1 % (default: never; adam: 20, from maco never)");
  command->add_option(
      "--lr", arguments->lr,
      "Step size, first:last (default: the prior's own, else 2.1 sigma of its code, else 8; fourier 5, maco 0.1, with adam; to 1e-10)");
  command->add_option("--decay", recipe.decay, "Factor on the code after each step (default: the prior's own, else 0.99; maco 1)");
  command->add_option("--bounds", recipe.bounds, "Bounds of the code: prior, none or FILE.npy")->capture_default_str();
  command->add_option("--init", recipe.init, "Start codes: zero, normal, CODES.npy or image:FILE (its code in the prior's encoder)")
      ->capture_default_str();
  command->add_option("--seeds", arguments->seeds, "Seeds, one picture a unit and seed: 0-3")->capture_default_str();
  command->add_option("--batch", recipe.batch, "Pictures at once (default: what costs the least here, measured once where it pays)");
  command->add_option("--engine", recipe.engine, engine_choices())->capture_default_str();
  command->add_option("--precision", arguments->precision, "f32, bf16, or auto: bf16 where the processor multiplies it")
      ->capture_default_str();
  command->add_option("--threads", recipe.threads, "Threads (default: all cores)");
  add_meaning_options(*command, arguments->meaning);
  command->add_flag("--save-codes", arguments->save_codes, "Also write the codes of every step to steps.npy");
  command->add_option("-o,--out", arguments->out, "Output folder")->required();
  command->callback([arguments] { synth(*arguments); });
}

}  // namespace phosphene
