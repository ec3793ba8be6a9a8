// A training takes the session of its caller: threads, log and stop; and gives the thread back as it was.
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "phosphene/run/session.h"
#include "train/bars.h"
#include "train/run_in.h"

namespace phosphene {
namespace {

TEST(TrainingSession, HasItsThreadsLogAndStop) {
  const TemporaryFolder folder;
  const Dataset train = bars(64, 1), validation = bars(32, 2);
  std::vector<std::string> said;
  Session session({.threads = 3, .context = {.log = [&](LogLevel, std::string_view line) { said.emplace_back(line); }}});
  const int before = threads();
  {
    const Session::Scope scope(session);
    RunOptions run = run_in(folder / "net.onnx");
    EXPECT_EQ(loader_threads(run), 1);
    std::stop_source stop;
    run.stop = stop.get_token();
    run.events.step = [&](const TrainingEvents::Step& step) {
      if (step.done == 3) stop.request_stop();
    };
    const TrainingEnd end = train_classifier(train, validation, small_classifier(), run).end;
    EXPECT_TRUE(end.stopped());
    EXPECT_EQ(end.steps, 3);
    EXPECT_TRUE(said.empty());
    EXPECT_TRUE(train_classifier(train, validation, small_classifier(), run_in(run.out)).end.finished());
  }
  EXPECT_EQ(threads(), before);
  EXPECT_EQ(said, std::vector<std::string>{"going on from step 3 of 12"});
}

}  // namespace
}  // namespace phosphene
