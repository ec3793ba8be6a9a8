// The public classes, over files of a small network and prior.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/error_of.h"
#include "phosphene/phosphene.h"
#include "run/small_run.h"

namespace phosphene::api {
namespace {

class Library : public ::testing::Test {
 protected:
  Request request() const {
    return Request::from({{"model", files_.recipe.network},
                          {"prior", files_.recipe.prior},
                          {"layer", "fc"},
                          {"units", "0,3"},
                          {"steps", "6"},
                          {"batch", "4"},
                          {"lr", "1"},
                          {"threads", "1"}});
  }
  test::SmallRun files_;
  Session session_{{.threads = 1}};
};

TEST_F(Library, AFieldThatIsNotThereNamesTheNearest) {
  const std::string error = error_of([] { Request::from({{"stesp", "3"}}); });
  EXPECT_NE(error.find("no field \"stesp\"; the nearest are steps"), std::string::npos) << error;
}

TEST_F(Library, APlanAgainDrawsTheSameBits) {
  const Plan first = plan(session_, request()), again = plan_again(session_, first.to_json());
  ASSERT_EQ(again.size(), 2u);
  const auto pictures = [&](const Plan& jobs) {
    std::map<std::string, std::vector<uint8_t>> by_key;
    run(session_, jobs, [&](Outcome&& outcome) { by_key[outcome.job.key] = outcome.picture.pixels; });
    return by_key;
  };
  EXPECT_EQ(pictures(again), pictures(first));
  std::string other = first.to_json();
  const auto at = other.find("\"sha256\":\"") + 10;
  other[at] = other[at] == '0' ? '1' : '0';
  EXPECT_NE(error_of([&] { plan_again(session_, other); }).find("sha256"), std::string::npos);
  EXPECT_NE(error_of([&] { plan_again(session_, "{}"); }).find("this does not say how pictures were drawn"), std::string::npos);
}

TEST_F(Library, AFolderGoesOnWithItsBatch) {
  Request open = request();
  open.set("batch", "0");
  const auto folder = files_.files / "out";
  run_into(session_, plan(session_, request()), folder);
  const RunReport report = run_into(session_, plan_into(session_, open, folder), folder);
  EXPECT_EQ(report.drawn, 0u);
  EXPECT_EQ(report.failed, 0u);
}

// The activation that a search ended with, of the pixels that it gives; those are rounded to 8 bits, and of the prior pixel none is
// clipped.
TEST_F(Library, ANetworkRunsOnAnyNumberOfPictures) {
  const Request pixels = request().set("prior", "pixel");
  const Model network(session_, pixels);
  const std::vector<Outcome> outcomes = draw(session_, pixels);
  std::vector<Picture> pictures;
  for (size_t i = 0; i < 35; ++i) pictures.push_back(outcomes[i % 2].picture);
  const std::vector<LayerValues> values = network.run(session_, pictures, {"fc"});
  const auto units = static_cast<size_t>(network.units("fc"));
  ASSERT_EQ(values.size(), 1u);
  ASSERT_EQ(values[0].shape, (std::vector<int64_t>{35, network.units("fc")}));
  ASSERT_EQ(values[0].values.size(), 35 * units);
  const double spread = std::abs(outcomes[0].activation()) + std::abs(outcomes[1].activation());
  for (size_t i = 0; i < 35; ++i) EXPECT_NEAR(values[0].values[i * units + (i % 2 ? 3 : 0)], outcomes[i % 2].activation(), 0.02 * spread);
  pictures[1].channels = 1;
  EXPECT_NE(error_of([&] { network.run(session_, pictures, {"fc"}); }).find("three channels"), std::string::npos);
}

// A convolution is linear in the pixels, so a step of one pixel changes the sum by the gradient times the step.
TEST_F(Library, TheGradientSaysWhatAPixelChanges) {
  const Model network(session_, request().set("prior", "pixel"));
  const std::vector<float> weights = {1, -2, 0.5f, 3};  // a weight a unit
  const std::vector<Outcome> outcomes = draw(session_, request());
  std::vector<Picture> pictures(35, outcomes[0].picture);
  const auto sum_of = [&](const Picture& picture) {
    const LayerValues conv = network.run(session_, {&picture, 1}, {"conv"}).front();
    double sum = 0;
    for (size_t i = 0; i < conv.values.size(); ++i) sum += weights[i / 64] * conv.values[i];  // [1, 4, 8, 8]
    return sum;
  };
  const LayerValues gradient = network.gradient(session_, pictures, "conv", weights);
  ASSERT_EQ(gradient.shape, (std::vector<int64_t>{35, 3, 8, 8}));
  Picture& changed = pictures[34];
  const size_t y = 2, x = 5, red = 0;
  uint8_t& pixel = changed.pixels[(y * 8 + x) * 3 + red];
  const int step = pixel < 128 ? 100 : -100;
  pixel = static_cast<uint8_t>(pixel + step);
  const float slope = gradient.values[((34 * 3 + 2) * 8 + y) * 8 + x];  // the network takes blue, green, red
  EXPECT_NEAR(sum_of(changed) - sum_of(pictures[0]), slope * step / 255.0 / 0.25, 1e-4);
  EXPECT_NE(slope, 0);

  std::vector<float> each;  // a weight a value
  for (size_t i = 0; i < 4 * 64; ++i) each.push_back(weights[i / 64]);
  EXPECT_EQ(network.gradient(session_, pictures, "conv", each).values, gradient.values);
  EXPECT_NE(error_of([&] {
              network.gradient(session_, pictures, "conv", std::vector<float>(3));
            }).find("3 weights for a layer of 4 units, 256 values"),
            std::string::npos);
}

}  // namespace
}  // namespace phosphene::api
