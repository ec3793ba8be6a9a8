#include "phosphene/cli/options.h"

#include "phosphene/model/preprocess_text.h"

namespace phosphene {

void add_random_weights(CLI::App& command, std::optional<uint64_t>& seed) {
  command.add_option("--random-weights", seed, "SEED: random weights for a FILE.prototxt that is given without weights");
}

std::pair<std::string, std::string> parse_assignment(const std::string& text) {
  const size_t at = text.find('=');
  if (at == std::string::npos) return {"", text};
  return {text.substr(0, at), text.substr(at + 1)};
}

void add_meaning_options(CLI::App& command, MeaningOptions& options) {
  command.add_option("--preprocess", options.preprocess, kPreprocessHelp);
  command.add_option("--labels", options.labels, "A text file with one label per line (default: the labels in the model file)");
  command.add_option("--fix", options.fixed, "NAME=VALUE or NAME=FILE.npy: makes an input other than the picture constant; once per input")
      ->allow_extra_args(false);
  command.add_option("--output", options.output,
                     "The output, or another value, that says what a picture shows (default: inferred; `inspect` names it)");
  add_random_weights(command, options.random_weights);
  command.add_option("--input-size", options.input_size, "HxW: size of the picture, if the network leaves it open");
}

}  // namespace phosphene
