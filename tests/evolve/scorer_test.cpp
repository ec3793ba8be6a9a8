// The two ways to bring pictures to a scorer and scores back.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/base/file.h"
#include "phosphene/evolve/scorer.h"

namespace phosphene {
namespace {

class Scorers : public ::testing::Test {
 protected:
  Scorers() {
    generation_ = {2, folder_ / "generation-0002", {{"g0002-000", "a", 1}, {"g0002-001", "", 0}, {"g0002-002", "a", 0}}};
    std::filesystem::create_directory(generation_.folder);
    for (const Shown& shown : generation_.shown) write_file(generation_.folder / shown.file(), "png");
  }
  TemporaryFolder folder_;
  Generation generation_;
  std::stop_source stop_;
};

class OverLines : public Scorers {
 protected:
  OverLines() {
    EXPECT_EQ(pipe2(in_, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(out_, O_CLOEXEC), 0);
  }
  ~OverLines() override {
    for (const int end : {in_[0], in_[1], out_[0], out_[1]})
      if (end >= 0) close(end);
  }
  void told(const std::string& text) { EXPECT_EQ(write(in_[1], text.data(), text.size()), static_cast<ssize_t>(text.size())); }
  void no_more() { close(std::exchange(in_[1], -1)); }
  std::optional<std::vector<Score>> score() { return JsonLines(in_[0], out_[1]).score(generation_, stop_.get_token()); }
  std::string asked() {
    char buffer[4096];
    return {buffer, static_cast<size_t>(read(out_[0], buffer, sizeof buffer))};
  }
  int in_[2], out_[2];
};

TEST_F(OverLines, AsksAndIsTold) {
  told("{\"scores\": {\"g0002-002\": [1, 2, 6], \"g0002-000\": -0.5}}\n\n{\"scores\": {\"g0002-001\": 7}}\n");
  const auto scores = score();
  ASSERT_TRUE(scores);
  EXPECT_EQ((*scores)[0].mean, -0.5);
  EXPECT_EQ((*scores)[1].mean, 7);
  EXPECT_EQ((*scores)[2].mean, 3);
  EXPECT_EQ((*scores)[2].repeats, 3);
  const Json asked = Json::parse(this->asked());
  EXPECT_EQ(asked["generation"], 2);
  EXPECT_EQ(asked["pictures"].size(), 3u);
  EXPECT_EQ(asked["pictures"][0]["file"], (generation_.folder / "g0002-000.png").string());
  EXPECT_EQ(asked["pictures"][0]["thread"], "a");
  EXPECT_EQ(asked["pictures"][0]["control"], false);
  EXPECT_EQ(asked["pictures"][1]["control"], true);
  EXPECT_TRUE(asked["pictures"][1]["thread"].is_null());
}

TEST_F(OverLines, WhatItCannotUnderstandIsAnError) {
  const auto error = [&](const std::string& line) {
    told(line + "\n");
    return error_of([&] { score(); });
  };
  EXPECT_NE(error("hello").find("standard input > generation 2 > \"hello\" tells no scores"), std::string::npos);
  EXPECT_NE(error(R"({"scores": {"g0002-009": 1}})").find("is no picture of this generation; give ids from g0002-000"), std::string::npos);
  EXPECT_NE(error(R"({"scores": {"g0002-000": "high"}})").find("the score of \"g0002-000\" is \"high\""), std::string::npos);
  EXPECT_NE(error(R"({"scores": {"g0002-000": 1e999}})"), "no error");
}

TEST_F(OverLines, TheEndOfTheInputIsAnErrorAndAStopIsNone) {
  stop_.request_stop();
  EXPECT_FALSE(score());
  stop_ = {};
  told("{\"scores\": {\"g0002-000\": 1");
  no_more();
  EXPECT_NE(error_of([&] { score(); }).find("it ended before the last generation; give the same command again"), std::string::npos);
}

class OverFolder : public Scorers {
 protected:
  std::optional<std::vector<Score>> score() { return WatchedFolder(folder_ / "watched").score(generation_, stop_.get_token()); }
  void csv(const std::string& text) {
    std::filesystem::create_directory(folder_ / "watched");
    write_file(folder_ / "watched" / "generation-0002.csv", text);
  }
};

TEST_F(OverFolder, ShowsPicturesAndReadsScores) {
  csv("\xEF\xBB\xBF"
      "file,score\r\ng0002-000.png,1\r\n\"g0002-001.png\",2.5\r\nsome/where/g0002-002.png, -3e1\r\ng0002-000.png,4\r\n");
  const auto scores = score();
  ASSERT_TRUE(scores);
  EXPECT_EQ((*scores)[0].mean, 2.5);
  EXPECT_EQ((*scores)[0].repeats, 2);
  EXPECT_EQ((*scores)[1].mean, 2.5);
  EXPECT_EQ((*scores)[2].mean, -30);
  for (const Shown& shown : generation_.shown) EXPECT_EQ(read_file(folder_ / "watched" / "generation-0002" / shown.file()), "png");
}

TEST_F(OverFolder, WaitsForTheRestAndForTheEndOfTheLastLine) {
  csv("g0002-000.png,1\n");
  std::thread lab([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    csv("g0002-000.png,1\ng0002-001.png,2\ng0002-002.png,3");  // of 3.5: the writer is not done
    std::this_thread::sleep_for(std::chrono::milliseconds(900));
    csv("g0002-000.png,1\ng0002-001.png,2\ng0002-002.png,3.5\n");
  });
  const auto scores = score();
  lab.join();
  ASSERT_TRUE(scores);
  EXPECT_EQ((*scores)[2].mean, 3.5);
}

TEST_F(OverFolder, BadLinesAreErrorsThatNameThem) {
  csv("file,score\ng0002-000.png,1\ng0002-001.png;2\n");
  EXPECT_NE(error_of([&] { score(); }).find("generation-0002.csv > line 3 > \"g0002-001.png;2\" is no file and score"), std::string::npos);
  csv("g0002-000.png,0,5\n");  // a decimal comma
  EXPECT_NE(error_of([&] { score(); }).find("line 1 > \"g0002-000.png,0\" is no picture"), std::string::npos);
  csv("g0002-000.png,nan\n");
  EXPECT_NE(error_of([&] { score(); }).find("the score of g0002-000 is nan"), std::string::npos);
}

}  // namespace
}  // namespace phosphene
