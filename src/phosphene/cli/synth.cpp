// phosphene synth: draws the preferred inputs of units of a network.
#include <cstdio>
#include <memory>

#include "phosphene/base/error.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/draw.h"
#include "phosphene/cli/recipe_options.h"
#include "phosphene/cli/units_option.h"
#include "phosphene/synth/rule.h"
#include "phosphene/synth/start.h"

namespace phosphene {

namespace {

struct SynthArguments {
  RecipeOptions options;
  std::string lr, out;
  bool save_codes = false;
};

void print_result(const JobResult& result) {
  const TermResult& main = result.main();
  const std::string probability = main.probability ? fmt::format("  probability {:.1f} %", 100 * *main.probability) : "";
  fmt::print("unit {}  seed {}  activation {:.4g}  rank {}{}\n", result.objective.name, result.seed, result.activations.back(), main.rank,
             probability);
}

void synth(SynthArguments& arguments) {
  Recipe& recipe = arguments.options.recipe;
  if (!arguments.lr.empty()) located("--lr", [&] { parse_lr(arguments.lr, recipe); });
  if (recipe.rule) find_rule(*recipe.rule);
  const Model network = load_network(arguments.options);
  const std::vector<Objective> objectives = find_objectives(recipe, network);
  for (const JobResult& result : draw(network, recipe, objectives, arguments.out, arguments.save_codes)) print_result(result);
  fmt::print("{}\n", (std::filesystem::path(arguments.out) / "index.html").string());
}

std::string rules_help() {
  std::string text = "How the code moves (default: the prior's own; adam for fourier and maco, else dgn-am)";
  for (const Rule& rule : all_rules()) text += fmt::format("; {}: {}", rule.name, rule.about);
  return text;
}

std::string starts_help() {
  std::string text = "Start codes (default: the prior's own; bank where the prior has one, else normal)";
  for (const Start& start : all_starts()) {
    const char* format = start.needs_argument ? ":{}" : "[:{}]";
    text += fmt::format("; {}{}: {}", start.name, start.argument ? fmt::format(fmt::runtime(format), start.argument) : "", start.about);
  }
  return text;
}

}  // namespace

void add_synth(CLI::App& app) {
  auto arguments = std::make_shared<SynthArguments>();
  Recipe& recipe = arguments->options.recipe;
  CLI::App* command = app.add_subcommand("synth", "Draw the preferred inputs of units");
  add_recipe_options(*command, arguments->options);
  command
      ->add_option("--prior", recipe.prior,
                   "Generator: GEN.onnx, GEN.prototxt:GEN.caffemodel, builtin; without a generator pixel, fourier or maco")
      ->capture_default_str();
  command->add_option("--rule", recipe.rule, rules_help());
  command->add_option("--patience", recipe.patience,
                      "End a picture after so many steps without a rise of 0.1 % (default: never; adam: 20, from maco never)");
  command->add_option(
      "--lr", arguments->lr,
      "Step size, first:last (default: the prior's own, else 2.1 sigma of its code, else 8; fourier 5, maco 0.1, with adam; to 1e-10)");
  command->add_option("--decay", recipe.decay, "Factor on the code after each step (default: the prior's own, else 0.99; maco 1)");
  command->add_option("--bounds", recipe.bounds, "Bounds of the code: prior, none or FILE.npy")->capture_default_str();
  command->add_option("--init", recipe.init, starts_help());
  command->add_flag("--save-codes", arguments->save_codes, "Also write the codes of every step to steps.npy");
  command->add_option("-o,--out", arguments->out, "Output folder")->required();
  command->callback([arguments] { synth(*arguments); });
}

}  // namespace phosphene
