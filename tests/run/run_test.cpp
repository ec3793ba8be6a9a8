// Outcomes stream into a sink; what fails fails alone; what can vary is compiled once.
#include "phosphene/run/run.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error_of.h"
#include "phosphene/base/parallel.h"
#include "phosphene/base/progress.h"
#include "run/small_run.h"

namespace phosphene {
namespace {

using namespace test;

TEST(Run, LayersGiveWhatTheyGiveAlone) {
  SmallRun f;
  f.recipe.bounds = "none";  // within them a unit of relu is zero at its start, and ends at once
  f.recipe.units = "fc:0-2,relu:1,3,fc:5";
  class Order : public MemorySink {
   public:
    void add(Outcome&& outcome) override {
      jobs.push_back(std::get<PictureRecord>(outcome).job);
      MemorySink::add(std::move(outcome));
    }
    std::vector<size_t> jobs;
  } sink;
  int64_t last = 0;
  const RunReport report = run(f.session, f.planned(), sink, {[&](const RunProgress& progress) {
                                 EXPECT_GE(progress.steps, last);
                                 EXPECT_EQ(progress.all_steps, 36);
                                 last = progress.steps;
                               }});
  EXPECT_EQ(last, 36);
  EXPECT_EQ(sink.jobs, (std::vector<size_t>{0, 1, 2, 5, 3, 4}));  // layer by layer
  EXPECT_EQ(report.drawn, 6u);
  EXPECT_EQ(report.use.busy, 36);
  EXPECT_EQ(report.use.steps, 2 * 4 * 6);
  const auto mixed = sink.take_pictures();
  EXPECT_EQ(mixed[3].name, "relu:1");
  EXPECT_EQ(mixed[3].label, "relu unit 1");
  EXPECT_EQ(mixed[0].label, "a");
  f.recipe.units = "relu:1,3";
  const auto alone = f.pictures();
  expect_same_bits(mixed[3], alone[0]);
  expect_same_bits(mixed[4], alone[1]);
  EXPECT_EQ(mixed[3].key, alone[0].key);
}

// The sum that a search raises over two layers is the sum of what their units read of the picture.
TEST(Run, ASumOverLayersRaisesBoth) {
  SmallRun f;
  f.recipe.bounds = "none";
  f.recipe.units = "fc:3*0.5+relu:1*2,fc:3";
  const auto pictures = f.pictures();
  ASSERT_EQ(pictures.size(), 2u);
  ASSERT_EQ(pictures[0].terms.size(), 2u);
  EXPECT_EQ(pictures[0].name, "fc:3*0.5+relu:1*2");
  EXPECT_EQ(pictures[0].label, "0.5 d + 2 relu unit 1");
  EXPECT_EQ(pictures[0].terms[1].term.layer, "relu");
  EXPECT_NEAR(pictures[0].activations.back(), 0.5 * pictures[0].terms[0].activation + 2 * pictures[0].terms[1].activation, 1e-6);
  EXPECT_GT(pictures[0].activations.back(), pictures[0].activations.front());
  f.recipe.units = "fc:3+relu:9";
  EXPECT_NE(error_of([&] { f.planned(); }).find("--units > "), std::string::npos);
  f.recipe.units = "fc:3+nowhere:1";
  EXPECT_NE(error_of([&] { f.planned(); }).find("no layer 'nowhere'"), std::string::npos);
}

TEST(Run, ABadLaterLayerIsAnErrorBeforeAnythingRuns) {
  SmallRun f;
  f.recipe.units = "fc:0,relu:1";
  f.recipe.at = {Place::Kind::kPoint, 99, 0};
  EXPECT_NE(error_of([&] { f.planned(); }).find("there is no position 99,0"), std::string::npos);
  EXPECT_EQ(f.session.compiled_count(), 0);
}

TEST(Run, WhatAJobMayVaryIsCompiledOnce) {
  SmallRun f;
  const auto first = f.pictures();
  for (const auto& change : std::vector<std::function<void(Recipe&)>>{
           [](Recipe& r) { r.lr0 = 0.3; }, [](Recipe& r) { r.decay = 0.9; }, [](Recipe& r) { r.rule = "adam"; },
           [](Recipe& r) { r.rule = "adam beta1=0.5"; }, [](Recipe& r) { r.steps = 9; }, [](Recipe& r) { r.patience = 2, r.lr0 = 1e-9; },
           [](Recipe& r) {
             r.seeds = {4, 5};
           },
           [](Recipe& r) { r.bounds = "none"; }, [](Recipe& r) { r.init = "zero"; }, [](Recipe& r) { r.units = "0*0.5+3"; }}) {
    const Recipe before = f.recipe;
    change(f.recipe);
    const auto other = f.pictures();
    EXPECT_NE(other[0].code, first[0].code) << f.recipe.to_json();
    EXPECT_NE(other[0].key, first[0].key);
    f.recipe = before;
  }
  EXPECT_EQ(f.session.compiled_count(), 1);
  expect_same_bits(f.pictures()[0], first[0]);  // nothing of the others is left in the program
  f.recipe.batch = 5;
  f.pictures();
  EXPECT_EQ(f.session.compiled_count(), 2);
}

TEST(Run, OtherViewsAreNotCompiledAnew) {
  SmallRun f;
  f.recipe.views = "scale=0.8..1.2 noise=0.1";
  const auto first = f.pictures();
  f.recipe.views = "scale=1..1.5 shift=0 noise=0.3";
  EXPECT_NE(f.pictures()[0].code, first[0].code);
  EXPECT_EQ(f.session.compiled_count(), 1);
  f.recipe.views = "scale=0.8..1.2 noise=0.1";
  expect_same_bits(f.pictures()[0], first[0]);
}

TEST(Run, AJobThatIsNotFiniteFailsAlone) {
  SmallRun f;
  const auto whole = f.pictures();
  f.recipe.units = "0,1,2*1e300,3,4,5";  // no float holds the gradient of job 2
  MemorySink sink;
  const RunReport report = run(f.session, f.planned(), sink);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].job, 2u);
  EXPECT_NE(std::string(report.failures[0].error.what()).find("unit 2*1e300, seed 0 > activation or gradient is not finite at step 0"),
            std::string::npos);
  ASSERT_EQ(sink.failures().size(), 1u);
  const auto others = sink.take_pictures();
  ASSERT_EQ(others.size(), 5u);
  for (const PictureRecord& other : others) expect_same_bits(other, whole[other.job]);
}

TEST(Run, AUnitThatNothingMovesHasNoPictureAndFailsAlone) {
  SmallRun f;
  Model network = small_network();
  network.graph.nodes.push_back({"behind", "Relu", {"fc"}, {"behind"}, {}});
  auto& shifts = network.graph.weights.at("b2");
  Tensor closed = *shifts;
  closed.floats()[2] = -1000;
  shifts = std::make_shared<const Tensor>(std::move(closed));
  network.graph.outputs = {"behind"};
  network.graph = infer_shapes(network.graph);
  save_model(f.files / "network.onnx", network, false);
  f.recipe.layer = "behind";
  f.recipe.units = "2,fc:0";
  const Plan jobs = f.planned();
  Folder folder(f.files / "out", jobs);
  const RunReport report = run(f.session, jobs, folder);
  EXPECT_EQ(report.drawn, 1u);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_NE(std::string(report.failures[0].error.what()).find("its gradient is zero at the start"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(f.files / "out/unit-2-seed-0.png"));
  EXPECT_TRUE(std::filesystem::exists(f.files / "out/unit-fc_0-seed-0.png"));
}

TEST(Run, AGreyNetworkGetsAGreyPicture) {
  SmallRun f;
  Model network = small_network();
  network.graph.inputs[0].type.shape[1] = 1;
  network.graph.weights.at("w1") = std::make_shared<const Tensor>(random_weight({4, 1, 3, 3}, 4, 0.3));
  network.graph.types.clear();
  network.graph = infer_shapes(network.graph);
  network.preprocess.order = ColourOrder::kGrey;
  network.preprocess.mean = {0.4f};
  network.preprocess.deviation = {0.25f};
  save_model(f.files / "network.onnx", network, false);
  const auto pictures = f.pictures();
  ASSERT_FALSE(pictures.empty());
  for (const PictureRecord& record : pictures) {
    EXPECT_EQ(record.picture.channels, 1);
    EXPECT_EQ(record.picture.pixels.size(), 64u);
  }
}

TEST(Run, AFileNameMayBeNoUtf8) {
  SmallRun f;
  const std::filesystem::path latin1 = f.files / "caf\xE9.onnx";
  std::filesystem::rename(f.files / "network.onnx", latin1);
  f.recipe.network = latin1.string();
  const Plan jobs = f.planned();
  Folder folder(f.files / "out", jobs);
  EXPECT_EQ(run(f.session, jobs, folder).drawn, jobs.size());
  EXPECT_EQ(read_pictures(f.files / "out/results.json").size(), jobs.size());
  Folder again(f.files / "out", f.planned());  // the same request
}

TEST(Run, AnOutcomeThatCannotBeKeptFailsAlone) {
  SmallRun f;
  class Full : public MemorySink {
   public:
    void add(Outcome&& outcome) override {
      const auto* picture = std::get_if<PictureRecord>(&outcome);
      if (picture && (picture->job == 1 || picture->job == 4)) throw Error("the disk is full");
      MemorySink::add(std::move(outcome));
    }
  } sink;
  const RunReport report = run(f.session, f.planned(), sink);
  EXPECT_EQ(report.drawn, 4u);
  ASSERT_EQ(report.failures.size(), 2u);
  EXPECT_EQ(sink.take_pictures().size(), 4u);
}

TEST(Run, AStopKeepsWhatIsFinished) {
  SmallRun f;
  f.recipe.batch = 1;
  std::stop_source stop;
  MemorySink sink;
  const RunReport report = run(f.session, f.planned(), sink, {[&](const RunProgress& progress) {
                                 if (progress.steps == 15) stop.request_stop();  // in the third job
                               }},
                               stop.get_token());
  EXPECT_TRUE(report.stopped);
  EXPECT_EQ(report.drawn, 2u);
  EXPECT_EQ(sink.take_pictures().size(), 2u);
}

TEST(Session, LendsItsThreadsAndLogAndTakesThemBack) {
  const int before = threads();
  std::string said;
  Session session({.threads = 3, .context = {.log = [&](LogLevel, std::string_view text) { said += text; }}});
  {
    const Session::Scope scope(session);
    EXPECT_EQ(threads(), 3);
    log_warning("one");
    {
      const Session::Scope inner(session, 2);
      EXPECT_EQ(threads(), 2);
    }
    EXPECT_EQ(threads(), 3);
    parallel_for(
        2,
        [](int64_t first, int64_t last) {
          for (int64_t i = first; i < last; ++i) log_info("x");
        },
        1);
  }
  EXPECT_EQ(threads(), before);
  EXPECT_EQ(said, "onexx");
}

TEST(Request, NamesTheFirstFieldThatDiffers) {
  SmallRun f;
  const auto request = [&] { return Request::from(f.session, f.recipe).to_json(); };
  const Json before = request();
  EXPECT_EQ(difference(before, request()), "");
  EXPECT_EQ(difference(Json::parse(before.dump()), request()), "");
  f.recipe.steps = 7;
  f.recipe.seeds = {1};
  EXPECT_EQ(difference(before, request()), "steps is 6 there, 7 here");
  f.recipe.steps = 6;
  EXPECT_EQ(difference(before, request()), "seeds is [0] there, [1] here");
  f.recipe.seeds = {0};
  std::filesystem::copy(f.files / "prior.onnx", f.files / "same.onnx");
  f.recipe.prior = (f.files / "same.onnx").string();
  EXPECT_EQ(difference(before, request()), "");  // the same file by another name
  f.recipe.prior = "pixel";
  EXPECT_NE(difference(before, request()), "");
}

TEST(Request, AFieldThatDidNotExistYetHadItsDefault) {
  SmallRun f;
  const auto request = [&] { return Request::from(f.session, f.recipe).to_json(); };
  Json before = request();
  before["recipe"].erase("direction");
  before["recipe"].erase("bounds");
  EXPECT_EQ(difference(before, request()), "");
  f.recipe.bounds = "none";
  EXPECT_EQ(difference(before, request()), R"(bounds is "prior" there, "none" here)");
}

TEST(Request, TheUnitsOfADirectionFileAreItsRows) {
  SmallRun f;
  write_npy(f.files / "concepts.npy", {2, 6}, std::vector<float>{0, 0.5f, 0, 0, -1, 0, 0, 0, 1, 0, 0, 0});
  f.recipe.init = "zero";  // random starts are of the first unit
  f.recipe.units = "1*0.5+4*-1,2";
  const auto sums = f.pictures();
  f.recipe.direction = (f.files / "concepts.npy").string();
  f.recipe.units = "all";
  const auto directions = f.pictures();
  ASSERT_EQ(directions.size(), 2u);
  for (size_t i = 0; i < 2; ++i)
    for (size_t step = 0; step < directions[i].activations.size(); ++step)
      EXPECT_NEAR(directions[i].activations[step], sums[i].activations[step], 1e-4) << i;
  EXPECT_EQ(directions[0].terms.front().term.layer, "fc/directions");
  EXPECT_GT(directions[0].activation(), directions[0].activations.front());
}

TEST(Request, ADirectionFileIsHashedAndNeedsALayer) {
  SmallRun f;
  write_npy(f.files / "concept.npy", {6}, std::vector<float>(6, 0.5f));
  f.recipe.direction = (f.files / "concept.npy").string();
  const Json before = Request::from(f.session, f.recipe).to_json();
  EXPECT_TRUE(before.at("files").contains("direction"));
  write_npy(f.files / "concept.npy", {6}, std::vector<float>(6, 0.25f));
  EXPECT_TRUE(difference(before, Request::from(f.session, f.recipe).to_json()).starts_with("the file of direction is "));
  f.recipe.units = "0,1";
  EXPECT_NE(error_of([&] { Request::from(f.session, f.recipe); }), "");  // there is one
  f.recipe.layer.clear();
  EXPECT_EQ(error_of([&] { Request::from(f.session, f.recipe); }), "--direction > the directions have no layer; give --layer NAME");
}

TEST(Request, HashesEveryFileThatItNames) {
  SmallRun f;
  write_npy(f.files / "codes.npy", {1, 10}, std::vector<float>(10, 0.5f));
  write_npy(f.files / "bounds.npy", {10}, std::vector<float>(10, 2.0f));
  write_file(f.files / "labels.txt", std::string_view("1\n2\n3\n4\n5\n6\n"));
  f.recipe.init = (f.files / "codes.npy").string();
  f.recipe.bounds = (f.files / "bounds.npy").string();
  f.recipe.labels = (f.files / "labels.txt").string();
  const auto request = [&] { return Request::from(f.session, f.recipe).to_json(); };
  const Json before = request();
  EXPECT_EQ(before.at("files").size(), 3u);
  write_npy(f.files / "codes.npy", {1, 10}, std::vector<float>(10, 0.6f));
  EXPECT_TRUE(difference(before, request()).starts_with("the file of init is ")) << difference(before, request());
}

}  // namespace
}  // namespace phosphene
