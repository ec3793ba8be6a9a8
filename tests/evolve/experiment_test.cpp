// Experiments in folders: what is shown, what goes on after any end, and the report.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/evolve/report.h"
#include "synth/small_models.h"

namespace phosphene {
namespace {

// Scores the mean red of a picture, as anybody could who has the files; stops before a generation.
class Redness : public Scorer {
 public:
  explicit Redness(int64_t stop_before = 1000) : stop_before_(stop_before) {}
  std::optional<std::vector<Score>> score(const Generation& generation, const std::stop_token&) override {
    if (generation.number == stop_before_) return std::nullopt;
    std::vector<Score> scores;
    for (const Shown& shown : generation.shown) {
      const Image image = read_image(generation.folder / shown.file());
      double sum = 0;
      for (size_t i = 0; i < image.pixels.size(); i += 3) sum += image.pixels[i];
      scores.push_back({sum / static_cast<double>(image.pixels.size() / 3), 2});
    }
    seen.push_back(generation);
    return scores;
  }
  std::vector<Generation> seen;

 private:
  int64_t stop_before_;
};

class Experiments : public ::testing::Test {
 protected:
  Experiments() {
    std::filesystem::create_directory(files_ / "controls");
    for (int i = 0; i < 3; ++i)
      write_png(files_ / "controls" / fmt::format("{}.png", i), Image::blank(20, 30, 3, static_cast<uint8_t>(60 * i)));
    options_.evolution.population = 6;
    options_.generations = 5;
    options_.controls = files_ / "controls";
    options_.controls_shown = 2;
  }
  Experiment made(const std::string& folder) const {
    const auto prior = std::make_shared<const Prior>(generator_prior(small_generator()));
    return {files_ / folder, {prior, prior}, options_};
  }
  static std::vector<float> centres(const Experiment& experiment) {
    std::vector<float> all;
    for (const Evolution& evolution : experiment.evolutions()) {
      const std::vector<float> code = evolution.centre();
      all.insert(all.end(), code.begin(), code.end());
    }
    return all;
  }
  TemporaryFolder files_;
  ExperimentOptions options_;
};

TEST_F(Experiments, ShowsEveryThreadAndControlsInRandomOrder) {
  Experiment experiment = made("out");
  Redness scorer;
  ASSERT_TRUE(experiment.run(scorer, {}, {}));
  ASSERT_EQ(scorer.seen.size(), 5u);
  std::set<int64_t> controls;
  for (const Generation& generation : scorer.seen) {
    ASSERT_EQ(generation.shown.size(), 14u);
    EXPECT_EQ(std::ranges::count(generation.shown, std::string("small-generator"), &Shown::thread), 6);
    EXPECT_EQ(std::ranges::count(generation.shown, std::string("small-generator-2"), &Shown::thread), 6);
    for (const Shown& shown : generation.shown)
      if (shown.control()) controls.insert(shown.number);
    EXPECT_FALSE(std::ranges::is_sorted(generation.shown, {}, &Shown::thread));
  }
  EXPECT_EQ(controls, (std::set<int64_t>{0, 1, 2}));
  // A control is shown in the size of the pictures.
  const auto control = std::ranges::find_if(scorer.seen[0].shown, &Shown::control);
  EXPECT_EQ(read_image(scorer.seen[0].folder / control->file()).width, 8);
}

TEST_F(Experiments, PopulationsClimb) {
  options_.generations = 30;
  Experiment experiment = made("out");
  Redness scorer;
  experiment.run(scorer, {}, {});
  for (const ThreadRecord& thread : experiment.threads()) EXPECT_GT(thread.generations.back().mean, thread.generations.front().mean + 3);
}

TEST_F(Experiments, AStoppedOneGoesOnWithTheSameBits) {
  Experiment whole = made("whole");
  Redness scorer;
  whole.run(scorer, {}, {});
  write_report(whole);
  {
    Experiment stopped = made("stopped");
    Redness until(2);
    EXPECT_FALSE(stopped.run(until, {}, {}));
    EXPECT_EQ(stopped.generation(), 2);
  }
  Experiment resumed = made("stopped");
  EXPECT_EQ(resumed.generation(), 2);
  Redness rest;
  EXPECT_TRUE(resumed.run(rest, {}, {}));
  EXPECT_EQ(rest.seen.size(), 3u);
  write_report(resumed);
  EXPECT_EQ(centres(resumed), centres(whole));
  for (const char* file : {"results.json", "index.html", "evolution.state", "centre-small-generator.png", "best-small-generator-2.npy"})
    EXPECT_EQ(read_file(files_ / "stopped" / file), read_file(files_ / "whole" / file)) << file;
}

TEST_F(Experiments, MoreGenerationsGoOnWithAFinishedOne) {
  Redness scorer;
  made("out").run(scorer, {}, {});
  options_.generations = 7;
  Experiment more = made("out");
  Redness rest;
  EXPECT_TRUE(more.run(rest, {}, {}));
  EXPECT_EQ(rest.seen.size(), 2u);
}

TEST_F(Experiments, AFolderOfAnotherRequestIsAnError) {
  Redness scorer;
  made("out").run(scorer, {}, {});
  options_.evolution.optimiser = "genetic";
  EXPECT_NE(error_of([&] { made("out"); }).find("optimiser is \"cma-diagonal\" there, \"genetic\" here"), std::string::npos);
  options_.evolution.optimiser = "cma-diagonal";
  write_png(files_ / "controls" / "4.png", Image::blank(9, 9));
  EXPECT_NE(error_of([&] { made("out"); }).find("controls is"), std::string::npos);
}

TEST_F(Experiments, TheReportTellsScoresOfPicturesAndControls) {
  Experiment experiment = made("out");
  Redness scorer;
  experiment.run(scorer, {}, {});
  write_report(experiment);
  const Json results = read_json(files_ / "out" / "results.json");
  EXPECT_EQ(results["generations"], 5);
  ASSERT_EQ(results["controls"].size(), 3u);
  EXPECT_EQ(results["controls"][0]["name"], "2.png");
  EXPECT_EQ(results["controls"][0]["score"], 120);
  // The best picture is the one with the highest score of the curve, and its file has that score.
  const Json& thread = results["threads"][0];
  const Json& entry = *std::ranges::max_element(thread["curve"], {}, [](const Json& e) { return e["best"].get<double>(); });
  EXPECT_EQ(entry["best"], thread["best"]["score"]);
  EXPECT_EQ(read_image(files_ / "out" / "best-small-generator.png").pixels,
            read_image(files_ / "out" / entry["file"].get<std::string>()).pixels);
}

}  // namespace
}  // namespace phosphene
