// Journal: the outcomes of an unfinished run, appended to a folder one by one. A killed process, a full disk or an incomplete last line
// loses no outcome that was appended before.
//
//     partial/request.json     Request::to_json()
//     partial/outcomes.jsonl   one line per outcome, in the order in which jobs finished: {"job": N, fields as in results.json}
//     partial/codes.f32        [outcomes, code], little-endian float32: row r belongs to line r
//     partial/steps.f32        [outcomes, steps + 1, code], if the codes of every step are kept
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
    size_t jobs = 0, code = 0, codes = 0;  // code, codes: number of floats in PictureRecord::code and codes; 0 codes: none
  };
  // Begins a journal in the folder, or continues the one that is there and cuts off an incomplete last outcome.
  Journal(const std::filesystem::path& folder, const Json& request, const Sizes& sizes);

  // The request in the journal of a folder; nothing if there is no journal.
  static std::optional<Json> request_in(const std::filesystem::path& folder);

  bool has(size_t job) const { return lines_[job].offset >= 0; }
  // The record is on the disk when this returns. If that fails: Error, and nothing is appended.
  void append(const PictureRecord& record);
  // The record without its picture and codes.
  PictureRecord record(size_t job) const;
  std::vector<float> code(size_t job) const;
  std::vector<float> codes(size_t job) const;
  void remove();  // deletes the files; no other call may follow

 private:
  struct Line {
    int64_t offset = -1, row = 0;
  };
  std::vector<float> row_of(const std::filesystem::path& file, int64_t row, size_t size) const;

  std::filesystem::path folder_, outcomes_, codes_, steps_;
  Sizes sizes_;
  std::vector<Line> lines_;  // one per job
  int64_t end_ = 0, rows_ = 0;
};

}  // namespace phosphene
