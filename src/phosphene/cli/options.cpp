#include "phosphene/cli/options.h"

#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"
#include "phosphene/model/labels.h"
#include "phosphene/model/preprocess_text.h"

namespace phosphene {

void add_random_weights(CLI::App& command, std::optional<uint64_t>& seed) {
  command.add_option("--random-weights", seed, "SEED: fill a FILE.prototxt that is given without weights with random ones");
}

std::pair<std::string, std::string> parse_assignment(const std::string& text) {
  const size_t at = text.find('=');
  if (at == std::string::npos) return {"", text};
  return {text.substr(0, at), text.substr(at + 1)};
}

void add_meaning_options(CLI::App& command, MeaningOptions& options) {
  command.add_option("--preprocess", options.preprocess, kPreprocessHelp);
  command.add_option("--labels", options.labels, "A text file with one label a line");
  command.add_option("--fix", options.fixed, "NAME=VALUE or NAME=FILE.npy: what one of several inputs always is")->allow_extra_args(false);
  command.add_option("--output", options.output,
                     "The output, or another value, that says what a picture shows (default: found out; `inspect` names it)");
  add_random_weights(command, options.random_weights);
  command.add_option("--input-size", options.input_size, "HxW: size of the picture, for networks that leave it open");
}

Model load_model_with(const std::string& name_or_file, const MeaningOptions& options) {
  LoadOptions load{.inputs = {.fixed = options.fixed}, .random_weights = options.random_weights};
  if (!options.input_size.empty()) load.inputs.size = located("--input-size", [&] { return parse_size(options.input_size); });
  Model model = load_model(name_or_file, load);
  if (!options.preprocess.empty()) {
    model.preprocess = located("--preprocess", [&] { return parse_preprocess(options.preprocess, model.preprocess); });
    model.preprocess_known = true;
    model.preprocess_source = "--preprocess";
  }
  if (!options.labels.empty()) model.labels = read_labels(options.labels);
  if (!options.output.empty()) model.output = located("--output", [&] { return find_layer(model, options.output); });
  return model;
}

void warn_of_changes(const Model& model) {
  for (const std::string& note : model.notes) log_warning(fmt::format("{}: {}", model.name, note));
}

void warn_of_assumptions(const Model& model) {
  warn_of_changes(model);
  if (model.preprocess_known) return;
  log_warning(fmt::format("{} does not say how pixels become its input; assuming \"{}\" (--preprocess says otherwise)", model.name,
                          preprocess_words(model.preprocess)));
}

}  // namespace phosphene
