// What a search leaves in its folder:
//
//     unit-NAME-seed-S.png   the picture; of a convolutional unit the part that it sees
//     grid.png               all pictures with label, seed and probability (or rank) below each
//     index.html             a page that needs nothing but the folder
//     results.json           recipe, hashes, version and per picture activations, rank, probability
//     codes.npy              [jobs, code]: the codes that drew the pictures
//     steps.npy              [jobs, steps + 1, code], with --save-codes
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "phosphene/base/image.h"
#include "phosphene/base/worker.h"
#include "phosphene/model/model.h"
#include "phosphene/synth/prior.h"
#include "phosphene/synth/search.h"

namespace phosphene {

// Everything that the pages tell of a run besides its results.
struct RunFacts {
  Recipe recipe;  // resolved
  std::string network_name, network_hash, prior_name, prior_hash;
  std::vector<std::string> labels;             // of the classes
  std::vector<std::string> layers_of_classes;  // the layers whose units these are
  std::vector<std::string> layers;             // of the jobs, each once; where there are several, a unit's label names its layer
  PictureSpace picture;
  std::optional<CodeGrid> grid;  // that was bound
};
RunFacts run_facts(const Model& network, const Prior& prior, const Recipe& recipe, const std::vector<Job>& jobs);

// One job as the pages show it.
struct Card {
  std::string file;   // of its PNG
  std::string label;  // "goldfish", or "unit 7"
  const JobResult* result = nullptr;
  Image image;
};

// The folder. Every file is written whole or not at all.
class OutputFolder {
 public:
  // Creates the folder; Error when it cannot be written, before anything is computed.
  OutputFolder(std::filesystem::path folder, RunFacts facts, const std::vector<Job>& jobs);
  // Writes one job's PNG beside the search, as soon as the job is finished. An Error of an earlier one may come out here.
  void add(size_t job, const JobResult& result);
  // Writes everything else, when all PNGs are there.
  void finish(const std::vector<JobResult>& results);

 private:
  std::string label_of(const Objective& objective) const;

  std::filesystem::path folder_;
  RunFacts facts_;
  std::vector<std::string> files_;
  std::unique_ptr<Worker> writer_;
};

Json results_json(const RunFacts& facts, const std::vector<Card>& cards);
Image results_grid(const RunFacts& facts, const std::vector<Card>& cards);
// The picture as grids show it: RGB, its longer side of `side` pixels.
Image to_cell(const Image& image, int64_t side);
std::string results_html(const RunFacts& facts, const std::vector<Card>& cards);

}  // namespace phosphene
