#include "phosphene/cli/judge_options.h"

#include "phosphene/cli/options.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/model/units.h"

namespace phosphene {

namespace {

// Classes are told apart by the names of both networks, or as the user's file says; in a layer that is no output there are none.
ClassMap find_classes(const JudgeOptions& options, const Model& model, const std::string& layer, const Model& judge) {
  if (layer != model.logits()) return {};
  return classes_between({model.labels, unit_count(model, layer)}, {judge.labels, unit_count(judge, judge.logits())}, options.class_map);
}

}  // namespace

void add_judge_options(CLI::App& command, JudgeOptions& options) {
  command.add_option("--judge", options.judge, "A second network that judges the pictures: transfer, distances, variety");
  command.add_option("--judge-layer", options.layer, "Layer of the judge's features (default: the input of its last layer with weights)");
  command.add_option("--judge-preprocess", options.preprocess, "Preprocessing of the judge, as --preprocess");
  command.add_option("--judge-labels", options.labels, "Labels of the judge, as --labels");
  command.add_option("--class-map", options.class_map,
                     "A text file with a line per class: the number of the judge's class, or - (default: matched by name)");
  command.add_option("--real-images", options.real_images, "Real pictures that the distances are measured to")
      ->check(CLI::Range(2, 100000))
      ->capture_default_str();
}

std::unique_ptr<Judge> make_judge(const JudgeOptions& options, const Model& model, const std::string& layer, const Dataset& real,
                                  const std::string& engine) {
  if (options.judge.empty()) return nullptr;
  MeaningOptions meaning;
  meaning.preprocess = options.preprocess;
  meaning.labels = options.labels;
  const Model judge = load_model_with(options.judge, meaning);
  warn_of_assumptions(judge);
  return std::make_unique<Judge>(judge, real,
                                 VerdictOptions{.layer = options.layer.empty() ? "" : find_layer(judge, options.layer),
                                                .classes = find_classes(options, model, layer, judge),
                                                .real_images = options.real_images,
                                                .engine = engine});
}

}  // namespace phosphene
