// What a training run does beside learning: it tells, it stops, it knows its data.
#include "phosphene/train/loop.h"

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/train/builder.h"
#include "train/bars.h"
#include "train/run_in.h"

namespace phosphene {
namespace {

// Step s has a loss of s; a sample measures 10.
class Counting {
 public:
  explicit Counting(const std::filesystem::path& out) : run(run_in(out)) {
    GraphBuilder net("net", 1);
    parameters_.emplace(net.finish({net.gemm("y", net.input("x", {kUnknown, 2}), 1)}), false);
    loop.steps = 9;
    loop.losses = {"loss"}, loop.samples = {"measure"};
    loop.step = [](int64_t step) -> std::vector<double> { return {static_cast<double>(step)}; };
    loop.bring_back = [] {};
    loop.sample = []() -> TrainingLoop::Sample { return {{10}, Image::blank(2, 2, 3, 0)}; };
  }

  TrainingEnd go_on() {
    Checkpoint checkpoint(beside(run, ".checkpoint"), {.recipe = Json::object(), .data = "d"}, {{"", &*parameters_}});
    return run_training(loop, checkpoint, first_step_of(checkpoint, loop.steps), run);
  }

  RunOptions run;
  TrainingLoop loop;

 private:
  std::optional<Parameters> parameters_;
};

TEST(TrainingLoop, TellsStepsSamplesAndCheckpointsAndPrintsNothing) {
  const TemporaryFolder folder;
  Counting counting(folder / "net.onnx");
  std::vector<int64_t> steps, samples, saved;
  counting.run.events.step = [&](const TrainingEvents::Step& step) {
    steps.push_back(step.done);
    EXPECT_EQ(step.total, 9);
    ASSERT_EQ(step.losses.size(), 1u);
    EXPECT_EQ(step.losses[0].name, "loss");
    EXPECT_EQ(step.losses[0].value, static_cast<double>(step.done - 1));
  };
  counting.run.events.sample = [&](const TrainingEvents::Sample& sample) {
    samples.push_back(sample.done);
    EXPECT_EQ(sample.measures[0].name, "measure");
    EXPECT_TRUE(std::filesystem::exists(sample.picture));
  };
  counting.run.events.saved = [&](const TrainingEvents::Saved& checkpoint) {
    saved.push_back(checkpoint.done);
    EXPECT_TRUE(std::filesystem::exists(checkpoint.checkpoint));
  };
  testing::internal::CaptureStderr();
  EXPECT_TRUE(counting.go_on().finished());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(steps, (std::vector<int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(samples, std::vector<int64_t>{9});
  EXPECT_EQ(saved, std::vector<int64_t>{9});
}

TEST(TrainingLoop, StopsAfterTheStepUnderWayAndGoesOn) {
  const TemporaryFolder folder;
  Counting counting(folder / "net.onnx");
  std::stop_source source;
  counting.run.stop = source.get_token();
  counting.run.events.step = [&](const TrainingEvents::Step& step) {
    if (step.done == 5) source.request_stop();
  };
  counting.run.events.sample = [](const TrainingEvents::Sample&) { FAIL() << "a run that stops takes no time to draw"; };
  const TrainingEnd stopped = counting.go_on();
  EXPECT_TRUE(stopped.stopped());
  EXPECT_EQ(stopped.steps, 5);
  EXPECT_EQ(read_file(folder / "net.curve.csv"), "step,loss,measure\n2,0.5,nan\n4,2.5,nan\n");
  counting.run.stop = {}, counting.run.events = {};
  const TrainingEnd finished = counting.go_on();
  EXPECT_TRUE(finished.finished());
  EXPECT_EQ(finished.steps, 9);
  EXPECT_EQ(read_file(folder / "net.curve.csv"), "step,loss,measure\n2,0.5,nan\n4,2.5,nan\n6,5,nan\n8,6.5,nan\n");
}

TEST(TrainingLoop, AStopInTheLastStepIsAFinishedTraining) {
  const TemporaryFolder folder;
  Counting counting(folder / "net.onnx");
  std::stop_source source;
  counting.run.stop = source.get_token();
  counting.run.events.step = [&](const TrainingEvents::Step& step) {
    if (step.done == step.total) source.request_stop();
  };
  EXPECT_TRUE(counting.go_on().finished());
}

TEST(TrainClassifier, AStoppedRunHasNoModelAndGoesOnAsIfItHadNotBeenStopped) {
  const TemporaryFolder folder;
  const Dataset train = bars(128, 1), validation = bars(32, 2);
  const ClassifierRecipe recipe = small_classifier();
  train_classifier(train, validation, recipe, run_in(folder / "whole.onnx"));
  RunOptions run = run_in(folder / "stopped.onnx");
  std::stop_source source;
  run.stop = source.get_token();
  run.events.step = [&](const TrainingEvents::Step& step) {
    if (step.done == 7) source.request_stop();
  };
  const ClassifierResult stopped = train_classifier(train, validation, recipe, run);
  EXPECT_TRUE(stopped.end.stopped());
  EXPECT_EQ(stopped.end.steps, 7);
  EXPECT_TRUE(stopped.model.graph.nodes.empty());
  const ClassifierResult finished = train_classifier(train, validation, recipe, run_in(folder / "stopped.onnx"));
  EXPECT_TRUE(finished.end.finished());
  EXPECT_EQ(read_file(folder / "whole.checkpoint"), read_file(folder / "stopped.checkpoint"));
  EXPECT_EQ(finished.model.provenance.at("data"), train.fingerprint());
}

TEST(TrainClassifier, OtherPicturesOfTheSameSizeDoNotTakeOverACheckpoint) {
  const TemporaryFolder folder;
  const Dataset train = bars(64, 1), others = bars(64, 3), validation = bars(32, 2);
  RunOptions run = run_in(folder / "net.onnx");
  run.stop_after = 3;
  train_classifier(train, validation, small_classifier(), run);
  const std::string refused = error_of([&] { train_classifier(others, validation, small_classifier(), run); });
  EXPECT_NE(refused.find("other pictures"), std::string::npos) << refused;
  run.retune = true, run.stop_after = 5;
  const Json changes = train_classifier(others, validation, small_classifier(), run).model.provenance.at("changes");
  EXPECT_EQ(changes, Json::array({Json{{"step", 3}, {"data", {train.fingerprint(), others.fingerprint()}}}}));
}

}  // namespace
}  // namespace phosphene
