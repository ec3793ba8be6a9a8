// A folder that can be killed at any moment and goes on where it was.
#include "phosphene/run/folder.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error_of.h"
#include "phosphene/run/replay.h"
#include "run/small_run.h"

namespace phosphene {
namespace {

using namespace test;

namespace fs = std::filesystem;

RunReport draw(SmallRun& f, const fs::path& out, const RunEvents& events = {}, const std::stop_token& stop = {}, bool save_codes = false) {
  Request request = Request::from(f.session, f.recipe);
  request.save_codes = save_codes;
  const Plan jobs = plan(f.session, continued(std::move(request), out));
  Folder folder(out, jobs);
  return run(f.session, jobs, folder, events, stop);
}

std::map<std::string, std::string> bytes_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = read_file(entry.path());
  return files;
}

// Ends the run in the middle of the third of six jobs.
void draw_two(SmallRun& f, const fs::path& out, bool save_codes = false) {
  f.recipe.batch = 1;
  std::stop_source stop;
  const RunEvents events{[&](const RunProgress& progress) {
    if (progress.steps == 15) stop.request_stop();
  }};
  EXPECT_EQ(draw(f, out, events, stop.get_token(), save_codes).drawn, 2u);
}

TEST(Folder, HoldsEverythingThatTheContractNames) {
  SmallRun f;
  f.recipe.units = "2,2,0*0.5+1";
  f.recipe.seeds = {0, 1};
  f.recipe.steps = 3;
  const fs::path out = f.files / "new" / "out";
  EXPECT_EQ(draw(f, out, {}, {}, true).drawn, 6u);
  const Json json = read_json(out / "results.json");
  EXPECT_EQ(Recipe::from_json(json.at("recipe")).seeds, f.recipe.seeds);
  ASSERT_EQ(json.at("images").size(), 6u);
  std::set<std::string> files;
  for (const Json& image : json.at("images")) {
    files.insert(image.at("file"));
    const Image picture = read_image(out / image.at("file").get<std::string>());
    EXPECT_EQ(picture.height, 8);
    EXPECT_EQ(image.at("activations").size(), 3u);
    EXPECT_EQ(image.at("activations").back(), image.at("activation"));
  }
  EXPECT_EQ(files.size(), 6u);  // the unit that was asked for twice has two files
  EXPECT_EQ(json.at("images")[0].at("label"), "<script>");
  EXPECT_EQ(read_npy(out / "codes.npy").shape, (std::vector<int64_t>{6, 10}));
  EXPECT_EQ(read_npy(out / "steps.npy").shape, (std::vector<int64_t>{6, 4, 10}));
  EXPECT_EQ(read_image(out / "grid.png").width, 16 + 2 * (192 + 16));
  const std::string html = read_file(out / "index.html");
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("http"), std::string::npos);
  for (const std::string& file : files) EXPECT_NE(html.find("\"" + file + "\""), std::string::npos);
  EXPECT_FALSE(fs::exists(out / "partial"));
  const auto read = read_pictures(out / "results.json");
  ASSERT_EQ(read.size(), 6u);
  EXPECT_EQ(read[4].terms[0].term.weight, 0.5);
  EXPECT_FALSE(read[4].is_unit("fc"));
  EXPECT_TRUE(read[0].is_unit("fc"));
}

TEST(Folder, UnwritableIsAnErrorAtOnce) {
  SmallRun f;
  write_file(f.files / "file", std::string_view("x"));
  const Plan jobs = f.planned();
  EXPECT_THROW(Folder(f.files / "file" / "out", jobs), Error);
  EXPECT_EQ(f.session.compiled_count(), 0);
}

TEST(Folder, GoesOnToWhatAnUninterruptedRunGives) {
  for (const bool save_codes : {false, true}) {
    SmallRun f;
    f.recipe.batch = 1;
    draw(f, f.files / "whole", {}, {}, save_codes);
    draw_two(f, f.files / "parts", save_codes);
    EXPECT_FALSE(fs::exists(f.files / "parts" / "results.json"));
    const RunReport rest = draw(f, f.files / "parts", {}, {}, save_codes);
    EXPECT_EQ(rest.known, 2u);
    EXPECT_EQ(rest.drawn, 4u);
    EXPECT_EQ(bytes_in(f.files / "parts"), bytes_in(f.files / "whole"));
  }
}

// Whatever prefix of an append reached the disk: the line, the codes before it, or a PNG alone.
TEST(Folder, AnAppendThatIsCutAnywhereIsNoOutcome) {
  SmallRun f;
  f.recipe.batch = 1;
  draw(f, f.files / "whole");
  draw_two(f, f.files / "two");
  const fs::path journal = f.files / "two" / "partial" / "outcomes.jsonl";
  const std::string lines = read_file(journal);
  const size_t second = lines.find('\n') + 1;
  for (const size_t size : {size_t{0}, size_t{1}, second - 1, second, second + 1, lines.size() - 1}) {
    const fs::path out = f.files / fmt::format("cut{}", size);
    fs::copy(f.files / "two", out, fs::copy_options::recursive);
    write_file(out / "partial" / "outcomes.jsonl", lines.substr(0, size));
    const RunReport rest = draw(f, out);
    EXPECT_EQ(rest.known, size >= second ? 1u : 0u) << size;
    EXPECT_EQ(bytes_in(out), bytes_in(f.files / "whole")) << size;
  }
}

TEST(Folder, AFinishedOneIsNotDrawnAgainButItsLostPicturesAre) {
  SmallRun f;
  const fs::path out = f.files / "out";
  draw(f, out);
  const auto before = bytes_in(out);
  const int64_t compiled = f.session.compiled_count();
  EXPECT_EQ(draw(f, out).known, 6u);
  EXPECT_EQ(bytes_in(out), before);
  EXPECT_EQ(f.session.compiled_count(), compiled);
  fs::remove(out / "unit-3-seed-0.png");
  EXPECT_EQ(draw(f, out).drawn, 1u);
  EXPECT_EQ(bytes_in(out), before);
}

TEST(Folder, AnotherRequestIsAnErrorThatNamesTheField) {
  SmallRun f;
  const fs::path out = f.files / "out";
  draw_two(f, out);
  const auto before = bytes_in(out);
  f.recipe.steps = 8;
  const std::string wanted = "it holds pictures of another request: steps is 6 there, 8 here; write to another place, or remove this one";
  EXPECT_EQ(error_of([&] { draw(f, out); }), out.string() + " > " + wanted);
  EXPECT_EQ(bytes_in(out), before);
  f.recipe.steps = 6;
  draw(f, out);
  f.recipe.steps = 8;
  EXPECT_EQ(error_of([&] { draw(f, out); }), out.string() + " > " + wanted);
}

TEST(Folder, KeepsItsBatchWhereTheRequestLeavesItOpen) {
  SmallRun f;
  f.recipe.batch = 0;
  const fs::path out = f.files / "out";
  draw(f, out);
  Json json = read_json(out / "results.json");
  EXPECT_EQ(json["recipe"]["batch"], 6);
  json["recipe"]["batch"] = 5;  // as if it had been measured
  write_json(out / "results.json", json);
  EXPECT_EQ(draw(f, out).known, 6u);
}

TEST(Folder, AFileThatCannotBeWrittenCostsItsPictureAlone) {
  SmallRun f;
  const fs::path out = f.files / "out";
  fs::create_directories(out / "unit-3-seed-0.png.tmp");
  const RunReport report = draw(f, out);
  EXPECT_EQ(report.drawn, 5u);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_NE(std::string(report.failures[0].error.what()).find("unit 3, seed 0 > " + out.string()), std::string::npos);
  EXPECT_EQ(read_json(out / "results.json").at("images").size(), 5u);
  EXPECT_EQ(read_json(out / "results.json").at("errors").size(), 1u);
  fs::remove(out / "unit-3-seed-0.png.tmp");
  EXPECT_EQ(draw(f, out).drawn, 1u);
  draw(f, f.files / "whole");
  EXPECT_EQ(bytes_in(out), bytes_in(f.files / "whole"));
}

TEST(Folder, APageThatCannotBeWrittenLosesNoPicture) {
  SmallRun f;
  const fs::path out = f.files / "out";
  fs::create_directories(out / "index.html.tmp");
  const RunReport report = draw(f, out);
  EXPECT_EQ(report.drawn, 6u);
  ASSERT_TRUE(report.unfinished);
  EXPECT_FALSE(fs::exists(out / "results.json"));
  fs::remove(out / "index.html.tmp");
  EXPECT_EQ(draw(f, out).known, 6u);
  draw(f, f.files / "whole");
  EXPECT_EQ(bytes_in(out), bytes_in(f.files / "whole"));
}

TEST(Folder, GridsAreSheetsOf100) {
  SmallRun f;
  f.recipe.units = "0";
  f.recipe.steps = 1;
  f.recipe.seeds.clear();
  for (uint64_t seed = 0; seed < 103; ++seed) f.recipe.seeds.push_back(seed);
  draw(f, f.files / "out");
  EXPECT_EQ(read_image(f.files / "out" / "grid.png").height, 16 + 10 * (192 + 46 + 16));
  EXPECT_EQ(read_image(f.files / "out" / "grid-2.png").height, 16 + 192 + 46 + 16);
}

TEST(Replay, SaysWhetherTheBitsAgree) {
  SmallRun f;
  const fs::path out = f.files / "out";
  f.recipe.rule = "adam";
  f.recipe.views = "scale=0.8..1.2 noise=0.1";
  draw(f, out);
  const auto again = [&] { return replay(f.session, out / "results.json"); };
  EXPECT_EQ(again().same, 6u);
  Image picture = read_image(out / "unit-2-seed-0.png");
  picture.pixels[7] ^= 1;
  write_png(out / "unit-2-seed-0.png", picture);
  EXPECT_EQ(again().same, 5u);
  EXPECT_EQ(again().differences, (std::vector<std::string>{"unit-2-seed-0.png: the picture differs"}));
  Array codes = read_npy(out / "codes.npy");
  codes.values[10 * 4] += 0.25f;
  write_npy(out / "codes.npy", codes.shape, codes.values);
  EXPECT_EQ(again().differences.size(), 2u);
  Model other = small_generator();
  other.graph.add_weight("b1", random_weight({64}, 9, 0.1));
  save_model(f.files / "prior.onnx", other, false);
  Session fresh;
  EXPECT_NE(error_of([&] { replay(fresh, out / "results.json"); }).find("the prior's sha256 is"), std::string::npos);
}

}  // namespace
}  // namespace phosphene
