// What users of the library see gives what stands behind it.
#include <gtest/gtest.h>

#include "base/error_of.h"
#include "phosphene/api/bodies.h"
#include "phosphene/figures.h"
#include "run/small_run.h"

namespace phosphene::api {
namespace {

// The recipe of a small run, field by field.
Request small_request(const test::SmallRun& small) {
  Request request = Request::from({{"model", small.recipe.network}, {"prior", small.recipe.prior}, {"layer", "fc"}, {"lr", "1"}});
  return request.set("units", "0-1").set("steps", "6").set("batch", "4").set("threads", "1");
}

TEST(Api, FieldsAreThoseOfTheCommandLineAndOfJson) {
  Request request = Request::from({{"model", "net.onnx"}, {"seeds", "0-2"}, {"random-weights", "7"}});
  EXPECT_EQ(request.body().recipe.network, "net.onnx");
  EXPECT_EQ(request.body().recipe.seeds, (std::vector<uint64_t>{0, 1, 2}));
  EXPECT_EQ(request.body().recipe.random_weights, 7u);
  EXPECT_EQ(Request::from_json(request.to_json()).body().recipe, request.body().recipe);
  const Request copy = request;
  request.set("network", "other.onnx");
  EXPECT_EQ(copy.body().recipe.network, "net.onnx");
  EXPECT_NE(error_of([&] { request.set("stepz", "3"); }).find("there is no field \"stepz\""), std::string::npos);
  EXPECT_NE(error_of([&] { request.set("steps", "many"); }).find("steps > "), std::string::npos);
  EXPECT_NE(error_of([&] { Request::from_json("[]"); }).find("no JSON object"), std::string::npos);
}

TEST(Api, ARunDrawsTheSameBits) {
  test::SmallRun small;
  Session session({.threads = 1});
  const Request request = small_request(small);
  small.recipe = request.body().recipe;
  const auto pictures = small.pictures();
  const std::vector<Outcome> outcomes = draw(session, request);
  ASSERT_EQ(outcomes.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(outcomes[i].error, "");
    EXPECT_EQ(outcomes[i].job.key, pictures[i].key);
    EXPECT_EQ(outcomes[i].job.label, i == 0 ? "a" : "b");
    EXPECT_EQ(outcomes[i].picture.pixels, pictures[i].picture.pixels);
    EXPECT_EQ(outcomes[i].activations, pictures[i].activations);
    EXPECT_EQ(outcomes[i].main().rank, pictures[i].main().rank);
  }
  const Figures figures = measure(session, plan(session, request), outcomes);
  EXPECT_EQ(figures.pictures, 2);
  EXPECT_EQ(figures.activation, (outcomes[0].activation() + outcomes[1].activation()) / 2);
  EXPECT_FALSE(figures.percentile);
}

TEST(Api, ASumIsMainlyTheUnitOfTheLargestWeight) {
  test::SmallRun small;
  Session session({.threads = 1});
  const Outcome outcome = draw(session, small_request(small).set("units", "0*0.5+1*-2")).front();
  ASSERT_EQ(outcome.units.size(), 2u);
  EXPECT_EQ(outcome.main().weight, 0.5);
}

TEST(Api, WhatTheCallerHasIsNotDrawnAgain) {
  test::SmallRun small;
  Session session({.threads = 1});
  const Plan jobs = plan(session, small_request(small));
  std::vector<size_t> drawn;
  const RunReport report =
      run(session, jobs, [&](Outcome&& outcome) { drawn.push_back(outcome.number); }, {.has = [](size_t job) { return job == 0; }});
  EXPECT_EQ(drawn, std::vector<size_t>{1});
  EXPECT_EQ(report.drawn, 1u);
  EXPECT_FALSE(report.stopped);
}

// The code that a run ends with draws the run's picture.
TEST(Api, APriorDrawsThePictureOfACode) {
  test::SmallRun small;
  Session session({.threads = 1});
  const Request request = small_request(small);
  const Outcome outcome = draw(session, request).front();
  const Prior prior(session, request);
  ASSERT_EQ(outcome.code.size(), static_cast<size_t>(prior.code_size()));
  const std::vector<Picture> pictures = prior.draw(session, outcome.code);
  ASSERT_EQ(pictures.size(), 1u);
  EXPECT_EQ(pictures[0].pixels, outcome.picture.pixels);
  EXPECT_NE(error_of([&] { prior.draw(session, std::vector<float>(outcome.code.size() + 1)); }).find("no codes of"), std::string::npos);
}

TEST(Api, AModelTellsItsLayersAndLabels) {
  test::SmallRun small;
  Session session({.threads = 1});
  const Model model(session, small_request(small));
  EXPECT_EQ(model.labels().size(), 6u);
  EXPECT_EQ(model.units("fc"), 6);
  EXPECT_EQ(model.find_layer("fc"), "fc");
  bool found = false;
  for (const Layer& layer : model.layers()) found |= layer.name == "fc" && layer.op == "Gemm" && layer.shape == std::vector<int64_t>{-1, 6};
  EXPECT_TRUE(found);
}

TEST(Api, ASessionHasItsOwnFolderOfModels) {
  Session session({.models = "/nowhere"});
  EXPECT_NE(error_of([&] {
              Model(session, Request::from({{"model", "tin200"}}));
            }).find("no such file and no embedded model"),
            std::string::npos);
}

}  // namespace
}  // namespace phosphene::api
