// Folder: the sink that writes pictures and results into a folder, and reads them back.
//
//     unit-NAME-seed-S.png   the picture; for a convolutional unit, the part that the unit sees
//     grid.png, grid-2.png   all pictures, 100 per sheet, each with label, seed and probability (or rank) below
//     index.html             a page that needs nothing outside the folder
//     results.json           version, request, hashes; for each picture activations, rank, probability
//     codes.npy              [pictures, code]: the codes of the pictures
//     steps.npy              [pictures, steps + 1, code], if requested
//     partial/               only while the run is unfinished: journal.h
//
// PNGs and partial/ are written as jobs finish, the rest after the last job. Every file is written whole or not at all.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "phosphene/run/journal.h"
#include "phosphene/run/plan.h"
#include "phosphene/run/sink_kinds.h"

namespace phosphene {

inline constexpr const char* kResultsFile = "results.json";  // written last: a folder that has it and no partial/ is complete

class Folder : public Sink {
 public:
  // Makes the folder, or continues the one that is there. Error, before anything is computed, if the folder cannot be written, or holds
  // pictures of another request: the message names the first field that differs.
  Folder(std::filesystem::path folder, const Plan& plan);

  bool has(size_t job) const override;
  void add(Outcome&& outcome) override;
  void finish() override;

  // The record of a job that the folder has, with picture and code. Only before finish().
  PictureRecord record(size_t job) const;
  // Called by finish() for every record, in the order of jobs, without picture and codes. May be empty.
  OnPicture on_entry;

 private:
  PictureRecord entry(size_t job) const;
  void take_over_results();
  void write_results(const std::vector<size_t>& jobs);

  std::filesystem::path folder_;
  const Plan& plan_;
  Json request_;
  std::vector<std::string> files_;  // name of each job's PNG
  std::unique_ptr<Journal> journal_;
  std::vector<JobFailure> failures_;
};

// The request whose pictures a folder holds, finished or not, as Request::to_json() wrote it; null if there is none.
Json request_in(const std::filesystem::path& folder);

// The records of a finished folder, with their pictures. Error names the file that is missing or damaged.
std::vector<PictureRecord> read_pictures(const std::filesystem::path& results_json);

}  // namespace phosphene
