// A run: draws the jobs of a request, batch by batch. Each outcome goes to the caller as soon as it exists.
//
//     Session session;
//     const Plan jobs = plan(session, request);
//     run(session, jobs, [](Outcome&& outcome) { ... });
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <phosphene/export.h>
#include <phosphene/picture.h>
#include <phosphene/request.h>
#include <phosphene/session.h>

namespace phosphene::api {

// One (units, seed) of a request.
struct Job {
  std::string key;    // 32 hex digits: a hash of everything that decides the picture's bits
  std::string name;   // of the units as the request has them: "34", "3*0.5+7", "fc8:34"
  std::string label;  // "lion", or "unit 34" in a layer without labels
  uint64_t seed = 0;
};

// The jobs of a request, after its fields, models, layers and units have been loaded and checked.
class PHOSPHENE_EXPORT Plan {
 public:
  size_t size() const;
  Job job(size_t number) const;
  int64_t steps() const;  // iterations of a job
  // The request with every default filled in, and the hashes of all models and files.
  std::string to_json() const;

  struct Body;  // the library's own
  explicit Plan(std::shared_ptr<const Body> body);
  const Body& body() const { return *body_; }

 private:
  std::shared_ptr<const Body> body_;
};

// phosphene::Error for a model, layer, unit, start or bound that does not exist or does not fit.
PHOSPHENE_EXPORT Plan plan(Session& session, const Request& request);
// Of a run into a folder or file: where the request leaves the batch open, and the output was begun with one, it is the output's.
PHOSPHENE_EXPORT Plan plan_into(Session& session, const Request& request, const std::filesystem::path& out);
// The plan that a Plan::to_json(), or a results.json, describes: a run of it gives the same bits. phosphene::Error where a model, a file or
// the version is another one now.
PHOSPHENE_EXPORT Plan plan_again(Session& session, const std::string& json);

// How one unit of a job responds to the picture.
struct UnitOutcome {
  std::string layer;
  int64_t unit = 0;
  double weight = 1;  // of the unit in the job's sum
  double activation = 0;
  int64_t rank = 1;                   // among all units of the layer at the same place; 1: the highest
  std::optional<double> probability;  // 0 to 1, where the layer is the network's scores or their softmax
};

// The result of one job.
struct Outcome {
  size_t number = 0;  // of the job in its plan
  Job job;
  std::string error;                // why the job failed, in one line; empty: it succeeded, and the fields below are set
  Picture picture;                  // of a convolutional unit: the part that the unit sees
  std::vector<UnitOutcome> units;   // one, or all units of a sum
  std::vector<double> activations;  // of the sum, at every step
  std::vector<float> code;          // from which the prior draws the picture

  // Of the unit with the largest weight, of a job that did not fail.
  double activation() const { return activations.empty() ? 0 : activations.back(); }
  PHOSPHENE_EXPORT const UnitOutcome& main() const;
};

struct RunProgress {
  int64_t steps = 0, all_steps = 0;  // of the jobs that this run draws
  size_t pictures = 0, jobs = 0;     // drawn so far, also by earlier runs; and in the plan
};

// Any field may be left empty.
struct RunOptions {
  std::function<bool(size_t number)> has;               // true: the caller has that job's picture already, so it is not drawn
  std::function<void(const RunProgress&)> on_progress;  // called by the thread that called run(), after every step
  std::stop_token stop;                                 // a stop abandons the jobs being drawn, and run() returns
};

struct RunReport {
  size_t drawn = 0, failed = 0;
  bool stopped = false;  // before all jobs were tried
};

// Calls `sink` in the order in which jobs finish, from one thread at a time, which need not be the caller's. A job that fails does not end
// the run. phosphene::Error for what affects all jobs.
PHOSPHENE_EXPORT RunReport run(Session& session, const Plan& plan, const std::function<void(Outcome&& outcome)>& sink,
                               const RunOptions& options = {});

// Draws into a folder (pictures, page, results.json) or a FILE.jsonl, as `phosphene synth --out` does. Draws only what it lacks; `has` of
// the options is ignored.
PHOSPHENE_EXPORT RunReport run_into(Session& session, const Plan& plan, const std::filesystem::path& out, const RunOptions& options = {});

// Draws a request and returns all outcomes, in the order of jobs.
PHOSPHENE_EXPORT std::vector<Outcome> draw(Session& session, const Request& request);

}  // namespace phosphene::api
