// Experiment: evolutions of one or several priors, generation by generation, in a folder that survives every end of the program.
//
//     generation-0000/             for each generation asked:
//         g0000-000.png ...        the pictures, those of all threads and controls in random order
//         THREAD.npy               [population, code]: the codes of a thread
//         scores.json              told: {"pictures": [{"file", "thread", "number" or "control", "score", "repeats"}, ...]}
//     evolution.state              all evolutions after the last generation told (saved.h)
//     results.json, index.html, best-THREAD.png, best-THREAD.npy, centre-THREAD.png, centre-THREAD.npy    (report.h)
//
// A thread is one population in the code space of one prior.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "phosphene/base/file.h"
#include "phosphene/evolve/evolution.h"
#include "phosphene/evolve/scorer.h"
#include "phosphene/synth/code_drawer.h"

namespace phosphene {

struct ExperimentOptions {
  EvolutionOptions evolution;  // of every thread; thread t has the seed + t
  int64_t generations = 75;
  std::filesystem::path controls;  // folder of natural pictures that are shown among the others; empty: none
  int64_t controls_shown = 4;      // of each generation
  std::string engine = "onednn";
};

// A thread after some generations.
struct ThreadRecord {
  struct Entry {
    double mean = 0, best = 0;  // over the population
    std::string file;           // the best picture, from the folder
  };
  std::string name;
  std::vector<Entry> generations;
};

struct ControlRecord {
  std::string name;  // of the picture, below the folder of controls
  std::string file;  // as it was shown first, from the experiment's folder
  double sum = 0;    // of its scores
  int64_t shown = 0;
};

class Experiment {
 public:
  // Begins, or goes on with what the folder holds. Error, before anything is drawn, for a folder of another experiment (the first field
  // that differs is named), for controls that cannot be read, and as of Evolution.
  Experiment(std::filesystem::path folder, std::vector<std::shared_ptr<const Prior>> priors, ExperimentOptions options);

  // Asks for and tells generations until all are told: true; or until it is stopped: false.
  bool run(Scorer& scorer, const std::function<void()>& on_generation, const std::stop_token& stop);

  const std::filesystem::path& folder() const { return folder_; }
  const Json& request() const { return request_; }                         // what decides every picture, but the scores
  int64_t generation() const { return evolutions_.front().generation(); }  // told so far
  int64_t generations() const { return options_.generations; }
  const std::vector<Evolution>& evolutions() const { return evolutions_; }
  const std::vector<ThreadRecord>& threads() const { return threads_; }
  const std::vector<ControlRecord>& controls() const { return controls_; }
  std::vector<double> control_means() const { return control_means_; }  // of each generation; empty: there are no controls
  Image draw(size_t thread, std::span<const float> code) { return std::move(drawers_[thread]->draw(code).front()); }

 private:
  Generation show();
  void tell(const Generation& generation, const std::vector<Score>& scores);
  void remember(int64_t generation, const Json& scores);
  std::vector<Shown> order_of(int64_t generation) const;

  std::filesystem::path folder_;
  std::vector<std::shared_ptr<const Prior>> priors_;
  ExperimentOptions options_;
  std::vector<std::filesystem::path> control_files_;  // in the order in which they are shown
  std::vector<Evolution> evolutions_;
  std::vector<std::unique_ptr<CodeDrawer>> drawers_;
  Json request_;
  std::vector<ThreadRecord> threads_;
  std::vector<ControlRecord> controls_;
  std::vector<double> control_means_;
};

// A network of which nothing is known but the size of its pictures: priors are loaded for it.
Model black_box(int64_t height, int64_t width);

}  // namespace phosphene
