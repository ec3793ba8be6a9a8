// Checkpoint: everything that a training run needs to go on, in one file that is replaced atomically.
//
// Format: the line "phosphene checkpoint 1", a line of JSON {"recipe", "step", "changes", "sections": [[name, count] ...]}, then the
// sections' float32 values, little-endian, in that order.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "phosphene/base/file.h"
#include "phosphene/train/parameters.h"

namespace phosphene {

// What a checkpoint saves of one network: weights, moments, moving averages, under `prefix`.
struct CheckpointPart {
  std::string prefix;
  Parameters* parameters;
};

class Checkpoint {
 public:
  // `recipe` must be the same when training goes on, but for its fields `tunable`.
  Checkpoint(std::filesystem::path file, Json recipe, std::vector<CheckpointPart> parts, std::set<std::string> tunable = {});

  // Steps done; nullopt when there is no file. Error for a damaged file or another recipe; it names the first field that differs.
  std::optional<int64_t> load();
  // Refuses (Error) to replace a good checkpoint by one with a value that is not finite.
  void save(int64_t step);
  // What was tuned on the way: [{"step": the first with the new values, FIELD: [before, after] ...} ...].
  const Json& changes() const { return changes_; }
  int64_t saved_step() const { return saved_step_; }  // -1: none

 private:
  std::filesystem::path file_;
  Json recipe_;
  std::vector<CheckpointPart> parts_;
  std::set<std::string> tunable_;
  Json changes_ = Json::array();
  int64_t saved_step_ = -1;
};

// Rows of numbers by step, in a CSV file beside the model. Opening it at a step drops the rows from that step on, so that a resumed curve
// goes on where the checkpoint was.
class Curve {
 public:
  Curve(std::filesystem::path file, std::vector<std::string> columns, int64_t from_step);
  void add(int64_t step, const std::vector<double>& values);  // one a column

 private:
  std::filesystem::path file_;
};

}  // namespace phosphene
