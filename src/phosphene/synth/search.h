// Compiled search: many (objective, seed) jobs raised through one compiled program, prior -> view -> bridge -> network cut at the layers.
//
// For i = 0 .. N-1:  x = G(y), F(x), g = dF/dy, y <- rule(y, g). The picture of a job is the x of its last iteration, before the last
// update. F is a sum over units of what the objective's kind raises of them. A finished lane takes the next job; a lane without a job keeps
// zeros. With views the network sees x another way at every step, and in a job's last iteration as it is. A job's bits depend on its
// settings and on what is compiled, not on its lane or its neighbours. lane.h says when a job ends.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "phosphene/base/error.h"
#include "phosphene/engine/host_ascent.h"
#include "phosphene/engine/program.h"
#include "phosphene/model/model.h"
#include "phosphene/synth/job_result.h"
#include "phosphene/synth/jobs.h"
#include "phosphene/synth/layer_chain.h"
#include "phosphene/synth/objective.h"
#include "phosphene/synth/prior.h"
#include "phosphene/synth/searched_layer.h"

namespace phosphene {

// What a search must know to be compiled. All else is a job's.
struct SearchShape {
  std::vector<std::string> layers;           // of the network, at least one: those that jobs use
  const ObjectiveKind* objective = nullptr;  // must be given
  int64_t batch = 1;
  std::string engine = "onednn";
  Precision precision = Precision::kFloat32;
  bool views = false, noise = false;  // what jobs' views may have
  bool density = false;               // jobs' rules may ask for what the density makes of a code
  bool encoder = false;               // jobs' rules may ask for what the encoder makes of a code's picture

  bool operator==(const SearchShape&) const = default;
};
SearchShape shape_of(std::vector<std::string> layers, const Recipe& recipe, const SearchSettings& settings);

// Gives the next job; nothing when there is none left.
using JobSource = std::function<std::optional<Job>()>;

// A job that is being drawn, after an iteration. `picture` may be called during the event alone.
struct JobLook {
  struct Picture {
    std::span<const float> image;  // as in JobResult
    PixelRect shown;
  };
  size_t number = 0;
  int64_t step = 0;       // iterations done, from 1
  double activation = 0;  // the objective's sum at this iteration
  std::function<Picture()> picture;
};

// All may be empty. Called by the thread that searches.
struct SearchEvents {
  bool keep_codes = false;
  // After every iteration of every job.
  std::function<void(const JobLook& look)> on_look;
  // In the order in which jobs finish.
  std::function<void(size_t number, JobResult&& result)> on_result;
  // A job that failed alone: its activation or gradient is not finite. Empty: the Error ends the search.
  std::function<void(size_t number, const Job& job, const Error& error)> on_error;
  // After every iteration of all lanes: the steps that jobs have behind them since the last call; a job that ends early has all its steps.
  std::function<void(int64_t steps)> on_step;
};

// Steps that lanes could have made, and those that they made for a job.
struct LaneUse {
  int64_t steps = 0, busy = 0;
  double share() const { return steps > 0 ? static_cast<double>(busy) / static_cast<double>(steps) : 1; }
};

// The constructor checks what it is given, so that a bad layer is an Error before anything runs; the program is compiled when it is first
// needed. Holds copies of what it needs.
class CompiledSearch {
 public:
  CompiledSearch(const Model& network, const Prior& prior, const SearchShape& shape);

  // Error where a job's units, code or settings do not fit what is compiled.
  void verify(const Objective& objective, const SearchSettings& settings) const;
  // Until the source is empty, or a stop is asked for: then jobs that are not finished are given up.
  LaneUse run(const JobSource& next, const SearchEvents& events, const std::stop_token& stop = {});

  Program& program();
  const SearchShape& shape() const { return shape_; }

 private:
  class Run;

  const SearchedLayer& layer(const std::string& name) const;
  std::span<const float> lane_value(const std::string& value, int64_t lane) const;
  std::span<float> lane_input(const std::string& input, int64_t lane) const;
  std::span<float> lane_seed(const SearchedLayer& layer, int64_t lane) const;
  void clear(int64_t lane);
  void load(const Job& job, int64_t lane);
  double activation(const Objective& objective, int64_t lane) const;
  void measure(JobResult& result, int64_t lane) const;
  PixelRect shown_rect(const Objective& objective) const;
  AscentOptions ascent_of(const SearchSettings& settings) const;

  SearchShape shape_;
  Graph network_;  // bound to a batch of 1, for receptive fields
  PictureSpace picture_, input_;
  int64_t code_size_ = 0;
  std::optional<RandomView> view_;                 // with the program's names
  std::string code_, image_, denoised_, encoded_;  // values in the program; the last two are empty where the shape has none
  std::vector<SearchedLayer> layers_;
  Graph chain_;  // until it is compiled
  CompileOptions options_;
  std::unique_ptr<Program> program_;
  HostAscent ascent_;  // for programs that do not ascend themselves
};

}  // namespace phosphene
