// Search: many (unit, seed) jobs raised through one compiled program, prior -> view -> bridge -> network cut at the layer.
//
// For i = 0 .. N-1:  x = G(y), F(x), g = dF/dy, y <- rule(y, g). The picture of a job is the x of its last iteration, before the last
// update. F is a sum of units' activations, of the logarithms of their probabilities, or of both. A finished lane takes the next job; a
// lane without a job keeps zeros. With views the network sees x another way at every step, and in a job's last iteration as it is. A job's
// bits depend on the recipe and the batch, not on its lane or its neighbours. With patience p a job ends where p steps in a row did not
// raise its activation by 0.1 % of its highest.
#pragma once

#include <functional>
#include <memory>

#include "phosphene/engine/program.h"
#include "phosphene/model/model.h"
#include "phosphene/synth/bridge.h"
#include "phosphene/synth/layer_chain.h"
#include "phosphene/synth/objective.h"
#include "phosphene/synth/prior.h"
#include "phosphene/synth/recipe.h"

namespace phosphene {

struct Job {
  Objective objective;
  uint64_t seed = 0;
  std::vector<float> start;  // the code at step 0
};

// How one term's unit took the picture.
struct TermResult {
  Term term;
  double activation = 0;
  int64_t rank = 1;                   // among the units of its layer at its position; 1: the highest
  std::optional<double> probability;  // where the layer is the logits or their softmax
};

struct JobResult {
  Objective objective;
  uint64_t seed = 0;
  std::vector<float> image;         // [c, height, width], in the prior's picture values
  std::vector<float> code;          // that drew the picture
  std::vector<double> activations;  // the objective's sum of its units' activations, at every iteration
  std::vector<TermResult> terms;    // at the picture, as in the objective
  bool stopped = false;             // the gradient was zero, so the search ended early
  std::vector<float> codes;         // with keep_codes: [steps + 1, code], start first; after an early end the code repeats
  PixelRect shown;                  // the part of the picture that the unit sees

  const TermResult& main() const;  // of objective.main()
};

struct SearchOptions {
  bool keep_codes = false;
  // Called in the order in which jobs finish, with the job's index.
  std::function<void(size_t job, const JobResult& result)> on_result;
  // Called after every iteration of all lanes, with the iterations of jobs done so far and their total.
  std::function<void(int64_t done, int64_t total)> on_step;
};

// Steps that lanes could have made, and those that they made for a job.
struct LaneUse {
  int64_t steps = 0, busy = 0;
  double share() const { return steps > 0 ? static_cast<double>(busy) / static_cast<double>(steps) : 1; }
};

// A search made ready: the constructor checks everything, so that a bad layer, unit, code size or bound is an Error before anything runs;
// the program is compiled when it is first needed. Holds copies of what it needs.
class Search {
 public:
  // The recipe's batch must be set; what else it leaves open is as resolve() says. `objectives` name every layer that jobs will use.
  Search(const Model& network, const Prior& prior, const Recipe& recipe, const std::vector<Objective>& objectives);

  // Results in the order of jobs. Their objectives must be among the constructor's layers.
  std::vector<JobResult> run(const std::vector<Job>& jobs, const SearchOptions& options = {});

  Program& program();
  const LaneUse& use() const { return use_; }  // of the last run

 private:
  struct Lane;
  struct Layer {
    std::string name;    // in the network
    std::string value;   // in the program
    std::string raised;  // what the search raises of it, of the same shape: itself, its LogSoftmax over the units, or their sum
    Shape shape;         // with batch
    enum class Output { kPlain, kLogits, kLogOdds, kProbabilities } output = Output::kPlain;
  };

  const Layer& layer(const std::string& name) const;
  std::span<const float> lane_value(const std::string& value, int64_t lane) const;
  void begin(Lane& lane, int64_t index, const Job& job, size_t number);
  void measure(const Lane& lane, int64_t index, JobResult& result) const;
  double activation(const Lane& lane, int64_t index) const;
  void draw_views(const std::vector<Lane>& lanes);
  void move_codes(std::vector<Lane>& lanes);
  PixelRect shown_rect(const Objective& objective) const;

  Recipe recipe_;
  Graph network_;  // bound to a batch of 1, for receptive fields
  PictureSpace picture_, input_;
  int64_t code_size_ = 0;
  std::optional<RandomView> view_;  // with the program's names
  CodeBounds bounds_;
  std::string code_, image_;  // values in the program
  std::vector<Layer> layers_;
  Graph chain_;  // until it is compiled
  CompileOptions options_;
  std::unique_ptr<Program> program_;
  LaneUse use_;
};

// Fills what the recipe left open from the prior, the patience else from the rule; not the batch.
Recipe with_defaults(Recipe recipe, const Prior& prior);
// The same, and the batch from the number of jobs.
Recipe resolve(Recipe recipe, const Prior& prior, size_t jobs);
// Objectives times seeds, objectives outermost, with their start codes as recipe.init or else the prior says (start.h), clipped into the
// bounds unless they are a file's. `network` is the one under study: it may be the prior's encoder, and ranks the codes of a bank.
std::vector<Job> make_jobs(const std::vector<Objective>& objectives, const Prior& prior, const Recipe& recipe, const Model& network);
// As recipe.bounds says; empty vectors where unbounded.
CodeBounds resolve_bounds(const Recipe& recipe, const Prior& prior);

}  // namespace phosphene
