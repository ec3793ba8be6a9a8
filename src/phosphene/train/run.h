// What all training runs have in common: where a run writes, how often it saves, what it reports, how it is stopped. A training works in
// the session of the thread that calls it: within a Session::Scope (run/session.h) it uses the session's threads, models and log.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>

#include "phosphene/base/error.h"
#include "phosphene/engine/program.h"
#include "phosphene/train/events.h"

namespace phosphene {

struct RunOptions {
  std::filesystem::path out;  // MODEL.onnx; beside it MODEL.checkpoint, MODEL.curve.csv, MODEL.samples.png
  std::string command;        // as the user typed it, for the model's provenance
  std::string engine = "onednn";
  Precision precision = Precision::kFloat32;
  double checkpoint_minutes = 2;
  double sample_minutes = 5;  // between sample grids
  int64_t log_every = 20;     // steps between rows of the curve
  bool retune = false;        // goes on from the checkpoint with other loss weights, rates, steps or data than it was made with
  int64_t stop_after = 0;     // pauses the run (with a checkpoint) after this many steps in all; 0: never
  std::stop_token stop;       // ends the run (with a checkpoint) after the step that is under way
  TrainingEvents events;
};

// How a training ended. A training that was stopped has a checkpoint, and its result holds nothing but this.
struct TrainingEnd {
  enum class Reason { kFinished, kPaused, kStopped };  // all steps; RunOptions::stop_after; RunOptions::stop
  Reason reason = Reason::kFinished;
  int64_t steps = 0;  // done in all
  bool finished() const { return reason == Reason::kFinished; }
  bool stopped() const { return reason == Reason::kStopped; }
};

inline std::filesystem::path beside(const RunOptions& run, const std::string& extension) {
  std::filesystem::path file = run.out;
  return file.replace_extension(extension);
}

// Threads that make the next batch beside a step: all where a device makes the step, else half.
inline int loader_threads(const RunOptions& run) { return run.engine == "torch:cuda" ? threads() : std::max(1, threads() / 2); }

// True once `minutes` have passed since it last was.
class Every {
 public:
  explicit Every(double minutes) : period_(minutes * 60), last_(std::chrono::steady_clock::now()) {}
  bool due() {
    const auto now = std::chrono::steady_clock::now();
    if (std::chrono::duration<double>(now - last_).count() < period_) return false;
    last_ = now;
    return true;
  }

 private:
  double period_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace phosphene
