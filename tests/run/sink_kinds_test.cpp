// Sinks that an output's name chooses, and one that no table knows: a run takes it as it is. With a line in the table its ending would
// choose it.
#include "phosphene/run/sink_kinds.h"

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "phosphene/base/base64.h"
#include "phosphene/base/file.h"
#include "phosphene/base/image_bytes.h"
#include "run/small_run.h"

namespace phosphene {
namespace {

using namespace test;

namespace fs = std::filesystem;

// A table of units and activations, for a spreadsheet.
class Sheet : public Sink {
 public:
  explicit Sheet(const fs::path& out) : file_(out) { file_ << "unit,seed,activation\n"; }
  void add(Outcome&& outcome) override {
    if (const auto* record = std::get_if<PictureRecord>(&outcome))
      file_ << fmt::format("{},{},{}\n", record->name, record->seed, record->activation()) << std::flush;
  }

 private:
  std::ofstream file_;
};

const SinkKind kSheetSink = {
    .name = "sheet",
    .ending = ".csv",
    .about = "a row a picture",
    .open = [](const fs::path& out, const Plan&, OnPicture) -> std::unique_ptr<Sink> { return std::make_unique<Sheet>(out); },
    .request_in = [](const fs::path&) { return Json(); }};

RunReport draw_into(const SinkKind& kind, SmallRun& f, const fs::path& out, const std::stop_token& stop = {},
                    const RunEvents& events = {}) {
  const Plan jobs = plan(f.session, continued(Request::from(f.session, f.recipe), out));
  return run(f.session, jobs, *kind.open(out, jobs, {}), events, stop);
}

std::vector<Json> lines_of(const fs::path& file) {
  std::vector<Json> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

TEST(SinkKinds, OneOfNoTableIsAsGoodAsTheOthers) {
  SmallRun f;
  f.recipe.units = "3,0";
  f.recipe.seeds = {5};
  EXPECT_EQ(draw_into(kSheetSink, f, f.files / "units.csv").drawn, 2u);
  const auto pictures = f.pictures();
  const std::string text = read_file(f.files / "units.csv");
  for (const PictureRecord& picture : pictures)
    EXPECT_NE(text.find(fmt::format("\n{},5,{}\n", picture.name, picture.activation())), std::string::npos) << text;
}

TEST(SinkKinds, TheEndingOfTheOutputChooses) {
  EXPECT_STREQ(sink_kind_of("out/animals").name, "folder");
  EXPECT_STREQ(sink_kind_of("out/animals.jsonl").name, "lines");
  EXPECT_STREQ(sink_kind_of("out.jsonl/animals").name, "folder");
}

TEST(Lines, HoldEveryPictureToTheBit) {
  SmallRun f;
  f.recipe.units = "2,4";
  f.recipe.seeds = {0, 1};
  const fs::path out = f.files / "new" / "out.jsonl";
  EXPECT_EQ(draw_into(sink_kind_of(out), f, out).drawn, 4u);
  const auto lines = lines_of(out);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0].at("request").at("recipe").at("units"), "2,4");
  const auto pictures = f.pictures();
  for (size_t i = 1; i < lines.size(); ++i) {
    const PictureRecord& wanted = pictures.at(lines[i].at("job").get<size_t>());
    EXPECT_EQ(lines[i].at("key"), wanted.key);
    EXPECT_EQ(lines[i].at("activations"), Json(wanted.activations));
    EXPECT_EQ(lines[i].at("picture"), "data:image/webp;base64," + base64(webp_lossless(wanted.picture)));
    EXPECT_EQ(lines[i].at("code").get<std::string>().size(), 56u);  // 10 float32: 40 bytes
  }
}

TEST(Lines, ARunGoesOnBehindTheLastWholeLine) {
  SmallRun f;
  f.recipe.units = "all";
  f.recipe.batch = 1;
  const fs::path whole = f.files / "whole.jsonl", out = f.files / "out.jsonl";
  EXPECT_EQ(draw_into(sink_kind_of(whole), f, whole).drawn, 6u);
  std::stop_source stop;
  const RunEvents events{[&](const RunProgress& progress) {
    if (progress.steps == 15) stop.request_stop();
  }};
  EXPECT_EQ(draw_into(sink_kind_of(out), f, out, stop.get_token(), events).drawn, 2u);
  std::ofstream(out, std::ios::app) << R"({"job": 5, "key": "hal)";
  EXPECT_EQ(draw_into(sink_kind_of(out), f, out).drawn, 4u);
  EXPECT_EQ(read_file(out), read_file(whole));
  EXPECT_EQ(draw_into(sink_kind_of(out), f, out).known, 6u);
}

TEST(Lines, WhatIsNoneOrAnothersIsKept) {
  SmallRun f;
  f.recipe.units = "2";
  const fs::path out = f.files / "out.jsonl";
  draw_into(sink_kind_of(out), f, out);
  f.recipe.steps = 8;
  EXPECT_NE(error_of([&] { draw_into(sink_kind_of(out), f, out); }).find("of another request: steps is 6 there, 8 here"),
            std::string::npos);
  write_file(out, [](std::ostream& text) { text << "{\"mine\": 1}\n"; });
  EXPECT_NE(error_of([&] { draw_into(sink_kind_of(out), f, out); }).find("it holds no pictures of a search"), std::string::npos);
  EXPECT_EQ(read_file(out), "{\"mine\": 1}\n");
}

TEST(Lines, AFailureIsALineAndIsTriedAgain) {
  SmallRun f;
  save_model(f.files / "network.onnx", dead_network(), false);
  f.recipe.units = "1";
  f.recipe.layer = "relu";
  const fs::path out = f.files / "out.jsonl";
  for (size_t times = 1; times <= 2; ++times) {
    EXPECT_EQ(draw_into(sink_kind_of(out), f, out).failures.size(), 1u);
    const auto lines = lines_of(out);
    ASSERT_EQ(lines.size(), 1 + times);
    EXPECT_NE(lines.back().at("error").get<std::string>().find("its gradient is zero"), std::string::npos);
  }
}

TEST(Base64, IsThatOfTheStandard) {  // RFC 4648, section 10
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace phosphene
