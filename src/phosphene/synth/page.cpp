#include "phosphene/synth/page.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/base/version.h"

namespace phosphene {

namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

RunFacts run_facts(const Model& network, const Prior& prior, const Recipe& recipe, const std::vector<Job>& jobs) {
  RunFacts facts{recipe, network.name, network.hash, prior.name, prior.hash, network.labels, {}, {}, prior.picture, prior.grid};
  for (const Job& job : jobs)
    for (const std::string& layer : job.objective.layers())
      if (!contains(facts.layers, layer)) facts.layers.push_back(layer);
  for (const std::string& layer : facts.layers) {
    const bool last = layer == network.logits() || contains(network.graph.outputs, layer);
    if (last && static_cast<int64_t>(network.labels.size()) == unit_count(network, layer)) facts.layers_of_classes.push_back(layer);
  }
  return facts;
}

OutputFolder::OutputFolder(std::filesystem::path folder, RunFacts facts, const std::vector<Job>& jobs)
    : folder_(std::move(folder)), facts_(std::move(facts)) {
  make_output_folder(folder_);
  writer_ = std::make_unique<Worker>();
  std::set<std::string> used;
  for (const Job& job : jobs) {
    const std::string stem = fmt::format("unit-{}-seed-{}", file_safe(job.objective.name), job.seed);
    std::string file = stem + ".png";
    for (int again = 2; !used.insert(file).second; ++again) file = fmt::format("{}-{}.png", stem, again);
    files_.push_back(file);
  }
}

std::string OutputFolder::label_of(const Objective& objective) const {
  std::string label;
  for (const Term& term : objective.terms) {
    if (!label.empty()) label += " + ";
    if (term.weight != 1) label += fmt::format("{:g} ", term.weight);
    if (contains(facts_.layers_of_classes, term.layer))
      label += facts_.labels.at(static_cast<size_t>(term.unit));
    else
      label += fmt::format("{}unit {}", facts_.layers.size() > 1 ? term.layer + " " : "", term.unit);
  }
  return label;
}

namespace {

Image picture_of(const RunFacts& facts, const JobResult& result) {
  const Image whole = facts.picture.preprocess.to_image(result.image, facts.picture.height, facts.picture.width);
  return crop(whole, result.shown.y, result.shown.x, result.shown.height, result.shown.width);
}

}  // namespace

void OutputFolder::add(size_t job, const JobResult& result) {
  writer_->add([file = folder_ / files_.at(job), picture = picture_of(facts_, result)] { write_png(file, picture); });
}

void OutputFolder::finish(const std::vector<JobResult>& results) {
  PHOSPHENE_CHECK_EQ(results.size(), files_.size());
  writer_->finish();
  std::vector<Card> cards;
  std::vector<float> codes, steps;
  for (size_t i = 0; i < results.size(); ++i) {
    const JobResult& result = results[i];
    cards.push_back({files_[i], label_of(result.objective), &result, picture_of(facts_, result)});
    codes.insert(codes.end(), result.code.begin(), result.code.end());
    steps.insert(steps.end(), result.codes.begin(), result.codes.end());
  }
  const auto jobs = static_cast<int64_t>(results.size());
  const auto size = static_cast<int64_t>(codes.size()) / jobs;
  write_npy(folder_ / "codes.npy", {jobs, size}, codes);
  if (!steps.empty()) write_npy(folder_ / "steps.npy", {jobs, *facts_.recipe.steps + 1, size}, steps);
  write_png(folder_ / "grid.png", results_grid(facts_, cards));
  write_file(folder_ / "index.html", results_html(facts_, cards));
  write_json(folder_ / "results.json", results_json(facts_, cards));
}

Json results_json(const RunFacts& facts, const std::vector<Card>& cards) {
  Json json;
  json["version"] = kVersion;
  json["recipe"] = facts.recipe.to_json();
  json["network"] = {{"name", facts.network_name}, {"sha256", facts.network_hash}};
  json["prior"] = {{"name", facts.prior_name}, {"sha256", facts.prior_hash}};
  if (const auto& grid = facts.grid) json["prior"]["grid"] = {{"height", grid->height}, {"width", grid->width}, {"stride", grid->stride}};
  json["images"] = Json::array();
  for (const Card& card : cards) {
    const JobResult& result = *card.result;
    const TermResult& main = result.main();
    Json image;
    image["file"] = card.file;
    image["units"] = result.objective.name;
    image["layer"] = main.term.layer;
    image["label"] = card.label;
    image["seed"] = result.seed;
    image["activation"] = result.activations.back();
    image["rank"] = main.rank;
    image["probability"] = main.probability ? Json(*main.probability) : Json(nullptr);
    image["stopped"] = result.stopped;
    image["shown"] = {{"y", result.shown.y}, {"x", result.shown.x}, {"height", result.shown.height}, {"width", result.shown.width}};
    if (result.terms.size() > 1) {
      image["terms"] = Json::array();
      for (const TermResult& term : result.terms)
        image["terms"].push_back({{"unit", term.term.unit},
                                  {"weight", term.term.weight},
                                  {"activation", term.activation},
                                  {"rank", term.rank},
                                  {"probability", term.probability ? Json(*term.probability) : Json(nullptr)}});
    }
    image["activations"] = result.activations;
    json["images"].push_back(std::move(image));
  }
  return json;
}

}  // namespace phosphene
