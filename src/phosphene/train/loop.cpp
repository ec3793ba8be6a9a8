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

int64_t run_training(const TrainingLoop& loop, Checkpoint& checkpoint, int64_t first_step, const RunOptions& run) {
  std::vector<std::string> columns = loop.losses;
  columns.insert(columns.end(), loop.samples.begin(), loop.samples.end());
  Curve curve(beside(run, ".curve.csv"), columns, first_step);
  Progress progress(loop.title, loop.steps);
  Every save(run.checkpoint_minutes), sample(run.sample_minutes);
  const int64_t last_step = run.stop_after > 0 ? std::min(loop.steps, run.stop_after) : loop.steps;
  std::vector<double> sum(loop.losses.size()), sampled(loop.samples.size(), NAN);
  int64_t rows = 0;
  for (int64_t step = first_step; step < last_step; ++step) {
    const std::vector<double> losses = loop.step(step);
    PHOSPHENE_CHECK_EQ(losses.size(), sum.size());
    expect_finite(losses, step, checkpoint);
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += losses[i];
    ++rows;
    const bool last = step + 1 == last_step, samples = loop.sample && (sample.due() || last), saves = save.due() || last;
    if (samples || saves) loop.bring_back();
    if (samples) sampled = loop.sample();
    if ((step + 1) % run.log_every == 0) {
      std::vector<double> row;
      for (const double s : sum) row.push_back(s / static_cast<double>(rows));
      row.insert(row.end(), sampled.begin(), sampled.end());
      curve.add(step + 1, row);
      std::string words;
      for (size_t i = 0; i < row.size(); ++i)
        if (!std::isnan(row[i])) words += fmt::format("{}{} {:.3f}", words.empty() ? "" : ", ", columns[i], row[i]);
      progress.update(step + 1, words);
      std::ranges::fill(sum, 0), rows = 0;
    }
    if (saves) checkpoint.save(step + 1);
  }
  progress.finish();
  return last_step;
}

}  // namespace phosphene
