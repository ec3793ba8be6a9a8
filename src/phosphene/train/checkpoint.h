// Checkpoint: everything that a training run needs to go on, in one file that is replaced atomically.
//
// Format: the line "phosphene checkpoint 1", a line of JSON {"recipe", "data", "step", "changes", "sections": [[name, count] ...]}, then
// the sections' float32 values, little-endian, in that order. "data" may be missing, in files of an older phosphene.
#pragma once

#include <filesystem>
#include <iosfwd>
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

// What identifies a training; it must not change when the training goes on.
struct TrainingKey {
  Json recipe;
  std::string data;               // Dataset::fingerprint() of the training pictures
  std::set<std::string> tunable;  // fields of the recipe that may change nevertheless; kData: the data
  static inline const std::string kData = "data";
};

class Checkpoint {
 public:
  Checkpoint(std::filesystem::path file, TrainingKey key, std::vector<CheckpointPart> parts);

  // Steps done; nullopt when there is no file. Error for a damaged file, for another recipe, naming the first field that differs, and for
  // other data. A file that does not name its data is taken, with a warning.
  std::optional<int64_t> load();
  // Refuses (Error) to replace a good checkpoint by one with a value that is not finite.
  void save(int64_t step);
  // What was tuned on the way: [{"step": the first with the new values, FIELD: [before, after] ...} ...]; kData is such a FIELD.
  const Json& changes() const { return changes_; }
  const TrainingKey& key() const { return key_; }
  const std::filesystem::path& file() const { return file_; }
  int64_t saved_step() const { return saved_step_; }  // -1: none

 private:
  int64_t load_sections(const Json& header, std::istream& in);

  std::filesystem::path file_;
  TrainingKey key_;
  std::vector<CheckpointPart> parts_;
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
