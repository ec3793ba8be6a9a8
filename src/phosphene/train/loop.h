// The loop that every training shares: steps, losses averaged into a curve, samples, checkpoints, events, and a clean end.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "phosphene/base/image.h"
#include "phosphene/train/checkpoint.h"
#include "phosphene/train/dataset.h"
#include "phosphene/train/run.h"

namespace phosphene {

// What one kind of training puts into the loop.
struct TrainingLoop {
  struct Sample {
    std::vector<double> measures;  // one number a column of `samples`
    Image picture;                 // MODEL.samples.png
  };
  int64_t steps = 0;                 // of the whole training
  std::vector<std::string> losses;   // columns of the curve that step() fills; the curve shows means over run.log_every steps
  std::vector<std::string> samples;  // columns that sample() fills; they keep their values from one sample to the next

  // Step number `step`, from 0. Gives one number a column. A number that is not finite ends the training with an Error; the step must then
  // not have changed the parameters.
  std::function<std::vector<double>(int64_t step)> step;
  // Copies weights and moments from the programs into the Parameters, before a checkpoint or a sample.
  std::function<void()> bring_back;
  // Measures and draws, every run.sample_minutes and at the end, but not when the run is stopped. May be empty.
  std::function<Sample()> sample;
};

// Runs from `first_step` to the last step, to run.stop_after, or until run.stop asks for the end. However it ends, the checkpoint is that
// of the last step done.
TrainingEnd run_training(const TrainingLoop& loop, Checkpoint& checkpoint, int64_t first_step, const RunOptions& run);

// The key of a training on `train`. With run.retune the fields `tunable` of its recipe may change on the way, and the data.
TrainingKey key_of(Json recipe, const Dataset& train, const RunOptions& run, std::set<std::string> tunable);
// What every trained model says of its training: command, recipe, data, changes, steps.
Json provenance_of(const Checkpoint& checkpoint, const TrainingEnd& end, const RunOptions& run);

// Step at which a run begins: that of the checkpoint, else 0. Says so in the log.
int64_t first_step_of(Checkpoint& checkpoint, int64_t steps);

}  // namespace phosphene
