// `phosphene train` as a process: signals, exit codes, and what lies on the disk afterwards.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

#include "base/temporary_folder.h"
#include "phosphene/base/file.h"
#include "phosphene/base/image.h"
#include "phosphene/base/rng.h"

namespace phosphene {
namespace {

namespace fs = std::filesystem;

// The program that was built together with these tests.
fs::path program() { return fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "phosphene"; }

struct Ending {
  int code = -1;  // -1: ended by a signal
  std::string err;
};

class TrainProgram : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(program())) GTEST_SKIP() << program() << " was not built";
    put_bars("data", 1);
    put_bars("others", 2);
  }

  // Two classes of 20 pictures.
  void put_bars(const std::string& name, uint64_t seed) {
    Rng rng(seed, "bars");
    for (const std::string kind : {"lying", "standing"})
      for (int i = 0; i < 20; ++i) {
        Image image = Image::blank(16, 16, 3, 20);
        const int64_t place = rng.below(16);
        for (int64_t k = 0; k < 16; ++k)
          std::fill_n(image.at(kind == "lying" ? place : k, kind == "lying" ? k : place), 3, static_cast<uint8_t>(150 + rng.below(100)));
        fs::create_directories(folder_ / name / kind);
        write_png(folder_ / name / kind / fmt::format("{:02}.png", i), image);
      }
  }

  fs::path work(const std::string& place) const { return folder_ / place; }

  // Trains net.onnx in the folder `place`, in a process. `meanwhile` is told the process and may signal it.
  Ending train(const std::string& place, std::vector<std::string> more = {}, const std::function<void(pid_t)>& meanwhile = {}) const {
    fs::create_directories(work(place));
    std::vector<std::string> words = {"phosphene", "train", "classifier",  "--widths", "8,8,8,8,8", "--fc", "16", "--batch", "8",
                                      "--epochs",  "400",   "--log-every", "10",       "--threads", "1",    "-o", "net.onnx"};
    if (std::ranges::find(more, "--data") == more.end()) words.insert(words.end(), {"--data", "../data"});
    words.insert(words.end(), more.begin(), more.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string file = program(), in = work(place), err = work(place) / "err.txt",
                      cache = "PHOSPHENE_CACHE=" + work("cache").string();
    char* environment[] = {const_cast<char*>(cache.c_str()), nullptr};
    const pid_t child = fork();
    if (child == 0) {  // nothing but system calls: the parent may have threads
      const int errors = open(err.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644), nowhere = open("/dev/null", O_WRONLY);
      if (chdir(in.c_str()) == 0 && dup2(nowhere, 1) >= 0 && dup2(errors, 2) >= 0) execve(file.c_str(), argv.data(), environment);
      _exit(99);
    }
    if (meanwhile) meanwhile(child);
    int status = 0;
    waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(err)};
  }

  // Sends the signal once the curve in `place` has grown.
  std::function<void(pid_t)> when_it_trains(const std::string& place, int signal) const {
    const fs::path curve = work(place) / "net.curve.csv";
    return [curve, signal, before = fs::exists(curve) ? fs::file_size(curve) : 0](pid_t child) {
      const auto late = std::chrono::steady_clock::now() + std::chrono::minutes(2);
      while ((!fs::exists(curve) || fs::file_size(curve) < before + 40) && std::chrono::steady_clock::now() < late)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      kill(child, signal);
    };
  }

  TemporaryFolder folder_;
};

// The first columns of the curve: at which steps it has rows.
std::string steps_of(const fs::path& curve) {
  std::istringstream lines(read_file(curve));
  std::string steps;
  for (std::string line; std::getline(lines, line);) steps += line.substr(0, line.find(',')) + "\n";
  return steps;
}

TEST_F(TrainProgram, SignalsStopItWith130AndTheModelIsThatOfARunLeftAlone) {
  const Ending whole = train("whole");
  ASSERT_EQ(whole.code, 0) << whole.err;
  for (const int signal : {SIGINT, SIGTERM}) {
    const Ending stopped = train("stopped", {}, when_it_trains("stopped", signal));
    ASSERT_EQ(stopped.code, 130) << stopped.err;
    EXPECT_NE(stopped.err.find("stopped after step "), std::string::npos) << stopped.err;
    EXPECT_NE(stopped.err.find("which net.checkpoint holds; the same command goes on"), std::string::npos) << stopped.err;
    EXPECT_FALSE(fs::exists(work("stopped") / "net.onnx"));
  }
  const Ending finished = train("stopped");
  ASSERT_EQ(finished.code, 0) << finished.err;
  EXPECT_NE(finished.err.find("going on from step "), std::string::npos) << finished.err;
  EXPECT_EQ(read_file(work("stopped") / "net.onnx"), read_file(work("whole") / "net.onnx"));
  EXPECT_EQ(read_file(work("stopped") / "net.checkpoint"), read_file(work("whole") / "net.checkpoint"));
  EXPECT_EQ(steps_of(work("stopped") / "net.curve.csv"), steps_of(work("whole") / "net.curve.csv"));
}

TEST_F(TrainProgram, OtherDataOfEqualSizeAreAnErrorUnlessRetuned) {
  ASSERT_EQ(train("net", {"--stop-after", "10"}).code, 0);
  const Ending refused = train("net", {"--data", "../others"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("error: net.checkpoint > the run before had other pictures"), std::string::npos) << refused.err;
  const Ending retuned = train("net", {"--data", "../others", "--retune", "--stop-after", "20"});
  EXPECT_EQ(retuned.code, 0) << retuned.err;
  EXPECT_NE(retuned.err.find("going on from step 10"), std::string::npos) << retuned.err;
}

}  // namespace
}  // namespace phosphene
