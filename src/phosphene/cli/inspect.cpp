// phosphene inspect MODEL [--json]
#include <cstdio>
#include <memory>

#include "phosphene/cli/command.h"
#include "phosphene/cli/options.h"
#include "phosphene/model/describe.h"

namespace phosphene {

void add_inspect(CLI::App& app) {
  struct Options {
    std::string model;
    std::optional<uint64_t> random_weights;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("inspect", "Print a model's inputs, outputs, layers, preprocessing and hash");
  command->add_option("MODEL", options->model, kModelHelp)->required();
  command->add_flag("--json", options->json, "Print JSON");
  add_random_weights(*command, options->random_weights);
  command->callback([options] {
    const Model model = load_model(options->model, {options->random_weights});
    const std::string text = options->json ? description_json(model).dump(2) + "\n" : description_text(model);
    std::fwrite(text.data(), 1, text.size(), stdout);
  });
}

}  // namespace phosphene
