#include "phosphene/cli/train_command.h"

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/engine/program.h"

namespace phosphene {

namespace {

// The command as the user typed it, for the model's provenance.
std::string words_of(const CLI::App& app) {
  std::string words = "phosphene train " + app.get_name();
  for (const CLI::Option* option : app.get_options())
    if (option->count() > 0) {
      words += " " + option->get_name();
      for (const std::string& value : option->results())
        if (option->get_items_expected_max() > 0) words += " " + value;
    }
  return words;
}

}  // namespace

void TrainingLine::step(const TrainingEvents::Step& step) {
  if (!line_) line_.emplace(title_, step.total);
  if (rows_++ == 0) sums_.assign(step.losses.size(), {});
  for (size_t i = 0; i < sums_.size(); ++i) sums_[i] = {step.losses[i].name, sums_[i].value + step.losses[i].value};
  if (step.done % every_ == 0) {
    for (Measure& loss : sums_) loss.value /= static_cast<double>(rows_);
    sums_.insert(sums_.end(), sampled_.begin(), sampled_.end());
    note_.clear();
    for (const Measure& shown : sums_) note_ += fmt::format("{}{} {:.3f}", note_.empty() ? "" : ", ", shown.name, shown.value);
    rows_ = 0;
  }
  line_->update(step.done, note_);
  if (step.done == step.total) line_->finish();
}

TrainingCommand::TrainingCommand(TrainingArguments& a, const CLI::App& app)
    : a_(a), session_({.threads = a.threads}), scope_(session_), line_(app.get_name(), a.run.log_every) {
  a.run.out = a.out;
  if (a.run.out.extension() != ".onnx") throw Error("the output must end in .onnx", "give -o MODEL.onnx").at(a.out);
  const auto folder = a.run.out.parent_path();
  make_output_folder(folder.empty() ? "." : folder);
  a.run.precision = parse_precision(a.precision);
  a.run.command = words_of(app);
  a.run.stop = interrupt_.token();
  a.run.events.step = [this](const TrainingEvents::Step& step) { line_.step(step); };
  a.run.events.sample = [this](const TrainingEvents::Sample& sample) { line_.sample(sample); };
}

Dataset TrainingCommand::open(const std::string& split) const {
  Dataset data = open_dataset(a_.data, {.split = split, .size = a_.size, .max_images = split == "train" ? a_.max_images : 0});
  if (a_.run.stop.stop_requested()) {
    log_info("stopped before the first step");
    throw Interrupted{};
  }
  return data;
}

void TrainingCommand::conclude(const TrainingEnd& end) const {
  if (end.finished()) return;
  log_info(fmt::format("{} after step {}, which {} holds; the same command {}goes on", end.stopped() ? "stopped" : "paused", end.steps,
                       beside(a_.run, ".checkpoint").string(), end.stopped() ? "" : "without --stop-after "));
  if (end.stopped()) throw Interrupted{};
}

void TrainingCommand::save(Model& model, const std::filesystem::path& file) const {
  model.name = file.stem().string();
  save_model(file, model, !a_.full_weights);
}

std::optional<Model> given_model(const std::string& model) { return model.empty() ? std::nullopt : std::optional(load_model(model, {})); }

}  // namespace phosphene
