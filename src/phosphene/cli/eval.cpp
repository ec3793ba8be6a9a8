// phosphene eval: what a classifier, a generator's reconstructions or a search's pictures are worth on real pictures.
#include <memory>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/progress.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/options.h"
#include "phosphene/judge/best_images.h"
#include "phosphene/judge/pictures.h"
#include "phosphene/judge/verdict.h"
#include "phosphene/train/classifier.h"
#include "phosphene/train/reconstruction.h"

namespace phosphene {

namespace {

struct EvalArguments {
  std::string model, data, split = "val", results, layer, prior, code_layer = "fc6", grid, precision = "f32", engine = "onednn", out;
  std::string judge, judge_layer, judge_preprocess, judge_labels, class_map;
  int64_t real_images = 2000;
  MeaningOptions meaning;
  int threads = 0;
};

Json reconstruction_figures(const EvalArguments& a, const Model& model, const Dataset& data, Precision precision) {
  const Model generator = load_model(a.prior, {.random_weights = a.meaning.random_weights});
  const std::string layer = find_layer(model, a.code_layer);
  Reconstructor reconstructor(generator.graph, model, layer, data, {.engine = a.engine, .precision = precision});
  const BestImages best = best_images(model, layer, data, a.engine);
  const auto units = static_cast<int64_t>(best.activation.size());
  Json json{
      {"code_layer", layer}, {"code_error", reconstructor.median_error(data.count)}, {"code_units", units}, {"dead_units", best.dead()}};
  if (!a.grid.empty()) write_png(a.grid, reconstructor.grid(40));
  return json;
}

Model load_judge(const EvalArguments& a) {
  MeaningOptions meaning;
  meaning.preprocess = a.judge_preprocess;
  meaning.labels = a.judge_labels;
  Model judge = load_model_with(a.judge, meaning);
  warn_of_assumptions(judge);
  return judge;
}

// Classes are told apart by the names of both networks, or as the user's file says; in a layer that is no output there are none.
ClassMap find_classes(const EvalArguments& a, const Model& model, const std::string& layer, const Model& judge) {
  if (layer != model.logits()) return {};
  const int64_t ours = unit_count(model, layer), theirs = unit_count(judge, judge.logits());
  if (!a.class_map.empty()) return read_class_map(a.class_map, ours, theirs);
  if (static_cast<int64_t>(model.labels.size()) == ours && static_cast<int64_t>(judge.labels.size()) == theirs)
    return map_by_name(model.labels, judge.labels);
  log_warning("the classes of the network and of its judge have no common names: no transfer (--class-map, --judge-labels)");
  return ClassMap(static_cast<size_t>(ours));
}

Json verdict_on(const EvalArguments& a, const Json& results, const Model& model, const std::string& layer, const Dataset& data) {
  const Model judge = load_judge(a);
  VerdictOptions options{.layer = a.judge_layer.empty() ? "" : find_layer(judge, a.judge_layer)};
  options.classes = find_classes(a, model, layer, judge);
  options.real_images = a.real_images;
  options.engine = a.engine;
  return give_verdict(results, std::filesystem::path(a.results).parent_path(), layer, judge, data, options).to_json();
}

void eval(const EvalArguments& a) {
  set_threads(a.threads);
  const Precision precision = parse_precision(a.precision);
  const Model model = load_model_with(a.model, a.meaning);
  const Dataset data = open_dataset(a.data, {.split = a.split, .size = model.preprocess.height});
  Json json{{"model", model.name}, {"sha256", model.hash}, {"images", data.count}};
  if (data.labels.size() == static_cast<size_t>(unit_count(model, model.logits()))) {
    const Accuracy accuracy = measure_accuracy(model, data, a.engine, precision);
    json["top1"] = accuracy.top1, json["top5"] = accuracy.top5;
  }
  if (!a.prior.empty()) json["reconstruction"] = reconstruction_figures(a, model, data, precision);
  if (!a.results.empty()) {
    const Json results = read_json(a.results);
    const std::string layer = find_layer(model, a.layer.empty() ? results.at("recipe").at("layer").get<std::string>() : a.layer);
    const std::vector<Drawn> drawn = located(a.results, [&] { return drawn_pictures(results, layer); });
    json["pictures"] = located(a.results, [&] { return measure_pictures(drawn, best_images(model, layer, data, a.engine)); }).to_json();
    if (!a.judge.empty()) json["verdict"] = located(a.results, [&] { return verdict_on(a, results, model, layer, data); });
  }
  fmt::print("{}\n", json.dump(2));
  if (!a.out.empty()) write_json(a.out, json);
}

}  // namespace

void add_eval(CLI::App& app) {
  auto a = std::make_shared<EvalArguments>();
  CLI::App* command = app.add_subcommand("eval", "Measure a classifier, a prior or a search's pictures on real pictures");
  command->add_option("model", a->model, fmt::format("Classifier: {}", kModelHelp))->required();
  command->add_option("--data", a->data, "Folder of labelled pictures, as for train")->required();
  command->add_option("--split", a->split, "train or val")->capture_default_str();
  command->add_option("--results", a->results, "results.json of a search: ranks, probability, units above their best real picture");
  command->add_option("--layer", a->layer, "Layer of that search (default: as it says)");
  command->add_option("--judge", a->judge, "With --results: a second network that judges the pictures: transfer, distances, variety");
  command->add_option("--judge-layer", a->judge_layer, "Its layer of features (default: what its last layer with weights reads)");
  command->add_option("--judge-preprocess", a->judge_preprocess, "Its preprocessing, as --preprocess");
  command->add_option("--judge-labels", a->judge_labels, "Its labels, as --labels");
  command->add_option("--class-map", a->class_map,
                      "A text file: for each class, a line with the number of the judge's, or - (default: by name)");
  command->add_option("--real-images", a->real_images, "Real pictures for the distances")
      ->check(CLI::Range(2, 100000))
      ->capture_default_str();
  command->add_option("--prior", a->prior, "Generator: the error of its reconstructions in code space, and dead code units");
  command->add_option("--code-layer", a->code_layer, "Layer that is its code")->capture_default_str();
  command->add_option("--grid", a->grid, "Write a PNG of real pictures above their reconstructions");
  command->add_option("--precision", a->precision, "f32, bf16, or auto: bf16 where the processor multiplies it")->capture_default_str();
  command->add_option("--engine", a->engine, "reference or onednn")->capture_default_str();
  command->add_option("--threads", a->threads, "Threads (default: all cores)");
  add_meaning_options(*command, a->meaning);
  command->add_option("-o,--out", a->out, "Also write the figures to this JSON file");
  command->callback([a] { eval(*a); });
}

}  // namespace phosphene
