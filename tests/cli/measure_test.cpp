#include "phosphene/cli/measure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "base/temporary_folder.h"
#include "phosphene/base/error.h"

namespace phosphene {
namespace {

TEST(Measure, RaceWarmsUpThenTakesTurns) {
  std::string order;
  const std::vector<double> seconds =
      race({{"a", [&] { order += 'a'; }}, {"b", [&] { order += 'b', std::this_thread::sleep_for(std::chrono::milliseconds(5)); }}}, 3);
  EXPECT_EQ(order, "abababab");
  ASSERT_EQ(seconds.size(), 2u);
  EXPECT_GE(seconds[1], 0.005);
}

TEST(Measure, PeakMultipliesTheWholeMatrix) {
  const Peak peak = make_peak(find_engine("onednn"), Precision::kFloat32);
  EXPECT_EQ(peak.work, 17179869184.0);
  const auto a = peak.program->input("a");
  std::fill(a.begin(), a.end(), 0.0f);
  a[5] = 2;  // row 0 picks row 5 of b
  peak.program->forward();
  const auto b = peak.program->graph().constant("b")->floats();
  const auto c = peak.program->value("c");
  for (size_t i : {0u, 77u, 2047u}) EXPECT_FLOAT_EQ(c[i], 2 * b[5 * 2048 + i]);
  EXPECT_EQ(c[2048], 0);
}

TEST(Measure, PeerGivesTheJsonOfItsLastLine) {
  const std::string script = scratch("peer's test.py").string();
  std::ofstream(script) << "import sys\nprint('working')\nprint('{\"speed\": %s}' % sys.argv[1])\n";
  EXPECT_EQ(run_peer(script, "7").at("speed").get<int>(), 7);
  std::ofstream(script) << "import sys\nprint('{\"speed\": 1}')\nsys.exit(3)\n";
  try {
    run_peer(script, "");
    FAIL() << "a failing peer must be an Error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("code 3"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace phosphene
