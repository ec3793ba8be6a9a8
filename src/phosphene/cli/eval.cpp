// phosphene eval: measures a classifier, a generator's reconstructions or a search's pictures on real pictures.
#include <memory>
#include <optional>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/progress.h"
#include "phosphene/cli/command.h"
#include "phosphene/cli/judge_options.h"
#include "phosphene/cli/options.h"
#include "phosphene/engine/program.h"
#include "phosphene/judge/accuracy.h"
#include "phosphene/judge/pictures.h"
#include "phosphene/model/find_layer.h"
#include "phosphene/run/folder.h"
#include "phosphene/synth/encoder.h"
#include "phosphene/train/reconstruction.h"

namespace phosphene {

namespace {

struct EvalArguments {
  std::string model, data, class_names, split = "val", results, layer, prior, code_layer = "fc6", grid, precision = "f32",
                                        engine = "onednn", out;
  JudgeOptions judge;
  MeaningOptions meaning;
  int threads = 0;
};

// `--prior` takes what synth's takes; a generator with an encoder of its own (photos) is measured in that encoder's codes.
Json reconstruction_figures(const EvalArguments& a, const Model& model, const Dataset& data, Precision precision) {
  const Prior prior = load_prior(a.prior, model, {.random_weights = a.meaning.random_weights});
  return located(fmt::format("prior {}", prior.name), [&] {
    std::optional<CodeMaker> encoder = own_encoder(prior, {data.height, data.width});
    if (!encoder) encoder = CodeMaker{model, find_layer(model, a.code_layer)};
    Reconstructor reconstructor(prior, *std::move(encoder), data, {.engine = a.engine, .precision = precision});
    const RealActivations units = real_activations(reconstructor.encoder(), reconstructor.code_layer(), data, a.engine);
    Json json{{"prior", prior.name},
              {"encoder", reconstructor.encoder().name},
              {"code_layer", reconstructor.code_layer()},
              {"code_error", reconstructor.median_error(data.count)},
              {"code_units", units.size()},
              {"dead_units", count_dead(units)}};
    if (!a.grid.empty()) write_png(a.grid, reconstructor.grid(40));
    return json;
  });
}

void eval(const EvalArguments& a) {
  set_threads(a.threads);
  const Precision precision = parse_precision(a.precision);
  const Model model = load_model_with(a.model, a.meaning);
  warn_of_changes(model);
  const Dataset data = open_dataset(a.data, {.split = a.split, .size = model.preprocess.height});
  Json json{{"model", model.name}, {"sha256", model.hash}, {"images", data.count}};
  const FolderClasses classes = find_folder_classes(model, a.class_names.empty() ? data.labels : renamed(data.labels, a.class_names));
  json.update(accuracy_json(model, data, classes, a.engine, precision));
  if (json.contains("no_accuracy")) log_warning(fmt::format("no accuracy: {}", json["no_accuracy"].get<std::string>()));
  if (!a.prior.empty()) json["reconstruction"] = reconstruction_figures(a, model, data, precision);
  if (!a.results.empty()) {
    const std::vector<PictureRecord> pictures = read_pictures(a.results);
    if (pictures.empty()) throw Error("it holds no picture", "give a results.json of synth").at(a.results);
    const std::string layer = find_layer(model, a.layer.empty() ? pictures.front().main().term.layer : a.layer);
    const RealActivations real = real_activations(model, layer, data, a.engine);
    json["pictures"] = located(a.results, [&] { return measure_pictures(pictures, layer, &real); }).to_json();
    if (const auto judge = make_judge(a.judge, model, layer, data, a.engine))
      json["verdict"] = located(a.results, [&] { return judge->on(pictures, layer); }).to_json();
  }
  fmt::print("{}\n", json_text(json));
  if (!a.out.empty()) write_json(a.out, json);
}

}  // namespace

void add_eval(CLI::App& app) {
  auto a = std::make_shared<EvalArguments>();
  CLI::App* command = app.add_subcommand("eval", "Measure a classifier, a prior or a search's pictures on real pictures");
  command->add_option("model", a->model, fmt::format("Classifier: {}", kModelHelp))->required();
  command->add_option("--data", a->data, "Folder of labelled pictures, as for train")->required();
  command->add_option("--class-names", a->class_names,
                      "A text file with lines FOLDER LABEL, if folders have other names than the network's labels (WordNet ids)");
  command->add_option("--split", a->split, "train or val")->capture_default_str();
  command->add_option(
      "--results", a->results,
      "Measure the pictures of this results.json: ranks, probability, percentile among real pictures, margin over the best real one");
  command->add_option("--layer", a->layer, "Layer of the units in --results (default: that of the first picture)");
  add_judge_options(*command, a->judge);
  command->add_option("--prior", a->prior, "Measure this generator (as for synth): code error of its reconstructions, and dead code units");
  command->add_option("--code-layer", a->code_layer, "Layer whose values are the code of --prior")->capture_default_str();
  command->add_option("--grid", a->grid, "Also write a PNG of real pictures, each above its reconstruction");
  command->add_option("--precision", a->precision, "Precision: f32, bf16, or auto (bf16 if the processor multiplies it)")
      ->capture_default_str();
  command->add_option("--engine", a->engine, "Engine: " + engine_choices())->capture_default_str();
  command->add_option("--threads", a->threads, "Threads (default: all cores)");
  add_meaning_options(*command, a->meaning);
  command->add_option("-o,--out", a->out, "Also write the figures to this JSON file");
  command->callback([a] { eval(*a); });
}

}  // namespace phosphene
