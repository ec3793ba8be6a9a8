// Folder: the sink that a command writes, and the source of pictures that are read back.
//
//     unit-NAME-seed-S.png   the picture; of a convolutional unit the part that it sees
//     grid.png, grid-2.png   all pictures with label, seed and probability (or rank) below each, 100 a sheet
//     index.html             a page that needs nothing but the folder
//     results.json           the request, hashes, version and per picture activations, rank, probability
//     codes.npy              [pictures, code]: the codes that drew the pictures
//     steps.npy              [pictures, steps + 1, code], where they are asked for
//     partial/               while it is drawn: journal.h
//
// All but PNGs and partial/ are made when the last job is done; every file is written whole or not at all.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "phosphene/run/journal.h"
#include "phosphene/run/plan.h"
#include "phosphene/run/sink.h"

namespace phosphene {

inline constexpr const char* kResultsFile = "results.json";  // written last: where it is and partial/ is not, all is there

class Folder : public Sink {
 public:
  // Makes the folder, or goes on with what is there. Error, before anything is computed, where it cannot be written, or holds the pictures
  // of another request: it names the first field that differs.
  Folder(std::filesystem::path folder, const Plan& plan);

  bool has(size_t job) const override;
  void add(Outcome&& outcome) override;
  void finish() override;

  // Of a job that it has, with picture and code, before finish().
  PictureRecord record(size_t job) const;
  // finish() calls it for every picture, in the order of jobs, without picture and codes. May be empty.
  std::function<void(const PictureRecord&)> on_entry;

 private:
  PictureRecord entry(size_t job) const;
  void take_over_results();
  void write_results(const std::vector<size_t>& jobs);

  std::filesystem::path folder_;
  const Plan& plan_;
  Json request_;
  std::vector<std::string> files_;  // of the PNGs, a job each
  std::unique_ptr<Journal> journal_;
  std::vector<JobFailure> failures_;
};

// The request that a folder holds pictures of, finished or not, as Request::to_json() gave it; null where it holds none.
Json request_in(const std::filesystem::path& folder);

// The request with the folder's own batch, where the request leaves it open and the folder was begun with one: a batch that is measured may
// be another one the next time.
Request continued(Request request, const std::filesystem::path& folder);

// What a finished folder holds, as results.json says, with the pictures. The Error of a file names it.
std::vector<PictureRecord> read_pictures(const std::filesystem::path& results_json);

}  // namespace phosphene
