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

}  // namespace
}  // namespace phosphene::api
