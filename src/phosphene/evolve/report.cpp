#include "phosphene/evolve/report.h"

#include <algorithm>

namespace phosphene {

namespace {

void write_code(Experiment& experiment, size_t thread, const char* what, const std::vector<float>& code) {
  const std::string name = fmt::format("{}-{}", what, experiment.threads()[thread].name);
  const Shape shape = code_shape(experiment.evolutions()[thread].prior());
  write_npy(experiment.folder() / (name + ".npy"), {shape.begin(), shape.end()}, code);
  write_png(experiment.folder() / (name + ".png"), experiment.draw(thread, code));
}

Json thread_json(const Experiment& experiment, size_t number) {
  const ThreadRecord& thread = experiment.threads()[number];
  const BestCode& best = experiment.evolutions()[number].best();
  Json curve = Json::array();
  for (const ThreadRecord::Entry& entry : thread.generations)
    curve.push_back({{"mean", entry.mean}, {"best", entry.best}, {"file", entry.file}});
  return {
      {"name", thread.name}, {"best", {{"generation", best.generation}, {"number", best.number}, {"score", best.score}}}, {"curve", curve}};
}

}  // namespace

std::vector<ControlRecord> controls_by_score(const Experiment& experiment) {
  std::vector<ControlRecord> controls = experiment.controls();
  std::erase_if(controls, [](const ControlRecord& control) { return control.shown == 0; });
  std::ranges::stable_sort(controls, std::greater(), [](const ControlRecord& c) { return c.sum / static_cast<double>(c.shown); });
  return controls;
}

void write_report(Experiment& experiment) {
  Json json{{"request", experiment.request()}, {"generations", experiment.generation()}, {"threads", Json::array()}};
  for (size_t t = 0; t < experiment.threads().size(); ++t) {
    const Evolution& evolution = experiment.evolutions()[t];
    write_code(experiment, t, "best", evolution.best().code);
    write_code(experiment, t, "centre", evolution.centre());
    json["threads"].push_back(thread_json(experiment, t));
  }
  json["controls"] = Json::array();
  for (const ControlRecord& control : controls_by_score(experiment))
    json["controls"].push_back({{"name", control.name},
                                {"file", control.file},
                                {"score", control.sum / static_cast<double>(control.shown)},
                                {"shown", control.shown}});
  json["control_means"] = experiment.control_means();
  write_evolution_page(experiment);
  write_json(experiment.folder() / "results.json", json);
}

}  // namespace phosphene
