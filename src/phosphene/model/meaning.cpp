#include "phosphene/model/meaning.h"

#include "phosphene/base/error.h"
#include "phosphene/base/progress.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/model/labels.h"
#include "phosphene/model/preprocess_text.h"

namespace phosphene {

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
