// Journal: the outcomes of a run that is not finished, appended to a folder one by one, so that the death of the process, a full disk or a
// torn last line loses none that was appended.
//
//     partial/request.json     what is drawn: Request::to_json(), and the number of jobs
//     partial/outcomes.jsonl   a line an outcome, in the order in which they finished: {"job": N, and what results.json says of it}
//     partial/codes.f32        [outcomes, code], little-endian float32: row r is that of line r
//     partial/steps.f32        [outcomes, steps + 1, code], where the codes of every step are kept
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "phosphene/run/outcome.h"

namespace phosphene {

class Journal {
 public:
  struct Sizes {
    size_t jobs = 0, code = 0, codes = 0;  // floats of PictureRecord::code and codes; 0 codes: none
  };
  // Begins one in the folder, or goes on with the one that is there; what an append left half done is cut off.
  Journal(const std::filesystem::path& folder, const Json& request, const Sizes& sizes);

  // What the journal of a folder says that is drawn; nothing where there is none.
  static std::optional<Json> request_in(const std::filesystem::path& folder);

  bool has(size_t job) const { return lines_[job].offset >= 0; }
  // On the disk when it returns. Error, and nothing appended, where that fails.
  void append(const PictureRecord& record);
  // The record without its picture and codes.
  PictureRecord record(size_t job) const;
  std::vector<float> code(size_t job) const;
  std::vector<float> codes(size_t job) const;
  void remove();  // the files; nothing else may follow

 private:
  struct Line {
    int64_t offset = -1, row = 0;
  };
  std::vector<float> row_of(const std::filesystem::path& file, int64_t row, size_t size) const;

  std::filesystem::path folder_, outcomes_, codes_, steps_;
  Sizes sizes_;
  std::vector<Line> lines_;  // a job each
  int64_t end_ = 0, rows_ = 0;
};

}  // namespace phosphene
