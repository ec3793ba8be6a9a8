// TrainingCommand: one run of a `phosphene train` subcommand, from its arguments to its files. While it exists, the calling thread has a
// session of its own, stderr shows a progress line, and Ctrl-C stops the training with a checkpoint.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "phosphene/base/progress.h"
#include "phosphene/cli/interrupt.h"
#include "phosphene/cli/train_options.h"
#include "phosphene/run/session.h"

namespace phosphene {

// The observer that shows a training on stderr: losses as means over `every` steps, and what the last sample measured.
class TrainingLine {
 public:
  TrainingLine(std::string title, int64_t every) : title_(std::move(title)), every_(every) {}
  void step(const TrainingEvents::Step& step);
  void sample(const TrainingEvents::Sample& sample) { sampled_ = sample.measures; }

 private:
  std::string title_, note_;
  int64_t every_, rows_ = 0;
  std::vector<Measure> sums_, sampled_;
  std::optional<Progress> line_;
};

class TrainingCommand {
 public:
  // Checks everything that can be wrong before hours of work, and completes a.run. `a` is borrowed. Error for an output that is no .onnx
  // file, an unknown engine or precision.
  TrainingCommand(TrainingArguments& a, const CLI::App& app);

  // The split "train" or "val" of --data. Throws Interrupted if Ctrl-C came meanwhile.
  Dataset open(const std::string& split) const;
  // After the training. If it is not finished, says how to go on; throws Interrupted if Ctrl-C stopped it.
  void conclude(const TrainingEnd& end) const;
  // Writes the model, named after the file.
  void save(Model& model, const std::filesystem::path& file) const;

 private:
  TrainingArguments& a_;
  Session session_;
  Session::Scope scope_;
  Interrupt interrupt_;
  TrainingLine line_;
};

// The model of that name, or none for an empty name.
std::optional<Model> given_model(const std::string& model);

}  // namespace phosphene
