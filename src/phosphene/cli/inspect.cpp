// phosphene inspect MODEL [--json] [--all] [--images DIR]
#include <cstdio>
#include <memory>

#include "phosphene/cli/command.h"
#include "phosphene/cli/help.h"
#include "phosphene/cli/options.h"
#include "phosphene/engine/program.h"
#include "phosphene/judge/silent_units.h"
#include "phosphene/judge/try_conventions.h"
#include "phosphene/model/describe.h"

namespace phosphene {

namespace {

struct InspectOptions {
  std::string model, images, engine = "onednn";
  MeaningOptions meaning;
  bool json = false, all = false;
  int threads = 0;
};

struct OnPictures {
  ConventionTrial trial;
  std::vector<SilentUnits> silent;
};

// Silent units are sought under the preprocessing that is known, else under the one that fits best.
OnPictures look_at_pictures(const InspectOptions& options, const Model& model) {
  set_threads(options.threads);
  const std::vector<Image> pictures = pictures_for(model, options.images);
  OnPictures result{.trial = try_conventions(model, pictures, options.engine)};
  Preprocess preprocess = model.preprocess_known ? model.preprocess : result.trial.tries.front().preprocess;
  preprocess.resize = 0;  // the pictures are cut already
  result.silent = silent_units(model, preprocess, pictures, options.engine);
  return result;
}

std::string pictures_text(const OnPictures& on) {
  std::string text = "\n" + to_text(on.trial);
  for (const SilentUnits& silent : on.silent)
    text += fmt::format("warning: layer {}: {} of {} units are 0 on all {} pictures: {}\n", silent.layer, silent.units.size(), silent.count,
                        on.trial.pictures, unit_list(silent.units));
  return text;
}

void add_pictures(Json& json, const OnPictures& on) {
  json["conventions"] = to_json(on.trial);
  json["silent_units"] = Json::array();
  for (const SilentUnits& silent : on.silent)
    json["silent_units"].push_back({{"layer", silent.layer}, {"of", silent.count}, {"units", silent.units}});
}

void inspect(const InspectOptions& options) {
  const Model model = load_model_with(options.model, options.meaning);
  std::optional<OnPictures> on;
  if (!options.images.empty()) on = look_at_pictures(options, model);
  std::string text;
  if (options.json) {
    Json json = description_json(model);
    if (on) add_pictures(json, *on);
    text = json_text(json) + "\n";
  } else {
    text = description_text(model, {.width = terminal_width(), .all_layers = options.all});
    if (on) text += pictures_text(*on);
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

void add_inspect(CLI::App& app) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = app.add_subcommand("inspect", "Print a model's inputs, outputs, layers, preprocessing, hash and warnings");
  command->add_option("MODEL", options->model, kModelHelp)->required();
  command->add_flag("--json", options->json, "Print JSON");
  command->add_flag("--all", options->all, "Also list values that are only moved, reshaped or counted");
  command->add_option(
      "--images", options->images,
      "Folder of real pictures: try every preprocessing convention on 64 of them, and list units that none of them excites");
  add_meaning_options(*command, options->meaning);
  command->add_option("--engine", options->engine, "Engine for --images: " + engine_choices())->capture_default_str();
  command->add_option("--threads", options->threads, "Threads (0: all cores)")->check(CLI::NonNegativeNumber)->capture_default_str();
  command->callback([options] { inspect(*options); });
}

}  // namespace phosphene
