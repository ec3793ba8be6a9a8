// Checkpoint: everything that a training run needs to go on, in one file that is replaced atomically.
//
// Format: the line "phosphene checkpoint 1", a line of JSON {"recipe", "step", "sections": [[name, count] ...]}, then the sections' float32
// values, little-endian, in that order.
#pragma once

#include <filesystem>
#include <optional>
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
  // `recipe` must be the same when training goes on; Error names the first field that differs.
  Checkpoint(std::filesystem::path file, Json recipe, std::vector<CheckpointPart> parts);

  // Steps done, and `extra` as it was saved; nullopt when there is no file. Error for a damaged file or another recipe.
  std::optional<int64_t> load(Json* extra = nullptr);
  // Refuses (Error) to replace a good checkpoint by one with a value that is not finite.
  void save(int64_t step, const Json& extra = Json::object());
  void remove();
  int64_t saved_step() const { return saved_step_; }  // -1: none

 private:
  std::filesystem::path file_;
  Json recipe_;
  std::vector<CheckpointPart> parts_;
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
