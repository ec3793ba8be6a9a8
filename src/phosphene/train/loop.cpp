// A row of the curve: the means of each loss over the steps since the row before, then what the last sample measured.
#include "phosphene/train/loop.h"

#include <cmath>

#include "phosphene/base/progress.h"

namespace phosphene {

namespace {

void expect_finite(const std::vector<double>& losses, int64_t step, const Checkpoint& checkpoint) {
  for (const double loss : losses)
    if (!std::isfinite(loss))
      throw Error(fmt::format("a loss is not a number at step {}; the checkpoint of step {} is kept", step, checkpoint.saved_step()),
                  "lower --rate and write to another output");
}

std::vector<Measure> named(const std::vector<std::string>& columns, const std::vector<double>& values) {
  PHOSPHENE_CHECK_EQ(columns.size(), values.size());
  std::vector<Measure> measures;
  for (size_t i = 0; i < columns.size(); ++i) measures.push_back({columns[i], values[i]});
  return measures;
}

TrainingEnd ended(int64_t done, int64_t steps, bool stopped) {
  using enum TrainingEnd::Reason;
  return {done >= steps ? kFinished : stopped ? kStopped : kPaused, done};
}

}  // namespace

int64_t first_step_of(Checkpoint& checkpoint, int64_t steps) {
  const int64_t first = checkpoint.load().value_or(0);
  if (first > 0) log_info(fmt::format("going on from step {} of {}", first, steps));
  return first;
}

TrainingKey key_of(Json recipe, const Dataset& train, const RunOptions& run, std::set<std::string> tunable) {
  tunable.insert(TrainingKey::kData);
  if (!run.retune) tunable.clear();
  return {std::move(recipe), train.fingerprint(), std::move(tunable)};
}

Json provenance_of(const Checkpoint& checkpoint, const TrainingEnd& end, const RunOptions& run) {
  return {{"command", run.command},
          {"recipe", checkpoint.key().recipe},
          {TrainingKey::kData, checkpoint.key().data},
          {"changes", checkpoint.changes()},
          {"steps", end.steps}};
}

TrainingEnd run_training(const TrainingLoop& loop, Checkpoint& checkpoint, int64_t first_step, const RunOptions& run) {
  std::vector<std::string> columns = loop.losses;
  columns.insert(columns.end(), loop.samples.begin(), loop.samples.end());
  Curve curve(beside(run, ".curve.csv"), columns, first_step);
  Every save(run.checkpoint_minutes), sample(run.sample_minutes);
  const int64_t last_step = run.stop_after > 0 ? std::min(loop.steps, run.stop_after) : loop.steps;
  const std::filesystem::path picture = beside(run, ".samples.png");
  std::vector<double> sum(loop.losses.size()), sampled(loop.samples.size(), NAN);
  int64_t done = first_step, rows = 0;
  bool stopped = false;
  while (done < last_step && !stopped) {
    const std::vector<double> losses = loop.step(done);
    PHOSPHENE_CHECK_EQ(losses.size(), sum.size());
    expect_finite(losses, done, checkpoint);
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += losses[i];
    ++done, ++rows;
    if (run.events.step) run.events.step({done, loop.steps, named(loop.losses, losses)});
    const bool last = done == last_step;
    stopped = run.stop.stop_requested() && !last;
    const bool samples = loop.sample && !stopped && (sample.due() || last), saves = save.due() || last || stopped;
    if (samples || saves) loop.bring_back();
    if (samples) {
      TrainingLoop::Sample made = loop.sample();
      write_png(picture, made.picture);
      sampled = std::move(made.measures);
      if (run.events.sample) run.events.sample({done, named(loop.samples, sampled), picture});
    }
    if (done % run.log_every == 0) {
      std::vector<double> row;
      for (const double s : sum) row.push_back(s / static_cast<double>(rows));
      row.insert(row.end(), sampled.begin(), sampled.end());
      curve.add(done, row);
      std::ranges::fill(sum, 0), rows = 0;
    }
    if (saves) {
      checkpoint.save(done);
      if (run.events.saved) run.events.saved({done, checkpoint.file()});
    }
  }
  return ended(done, loop.steps, stopped);
}

}  // namespace phosphene
