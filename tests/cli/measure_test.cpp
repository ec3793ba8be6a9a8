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

TEST(Measure, PeaksDoTheirWholeWork) {
  const std::vector<Peak> peaks = make_peaks(find_engine("onednn"), Precision::kFloat32);
  ASSERT_EQ(peaks.size(), 2u);
  EXPECT_EQ(peaks[0].work, 17179869184.0);
  EXPECT_EQ(peaks[1].work, 2.0 * 16 * 28 * 28 * 256 * 256 * 9);
  for (const Peak& peak : peaks) {
    const auto x = peak.program->input("x");
    std::fill(x.begin(), x.end(), 0.0f);
    x[5] = 2;  // row 0 of the product picks row 5 of w; the convolution, the kernels of channel 0
    peak.program->forward();
    const auto w = peak.program->graph().constant("w")->floats();
    const auto y = peak.program->value("y");
    if (peak.name == "product")
      for (size_t i : {0u, 77u, 2047u}) EXPECT_FLOAT_EQ(y[i], 2 * w[5 * 2048 + i]);
    else
      for (size_t i : {0u, 77u, 255u}) EXPECT_FLOAT_EQ(y[i * 28 * 28 + 5], 2 * w[i * 256 * 9 + 4]);
  }
}

TEST(Measure, ResidentMemoryIsThatOfTheBodyAlone) {
  std::vector<char> here(size_t{64} << 20, 1);
  const int64_t idle = resident_bytes_of([] {});
  const int64_t busy = resident_bytes_of([] {
    std::vector<char> block(size_t{256} << 20, 1);
    EXPECT_EQ(block.back(), 1);
  });
  EXPECT_GE((busy - idle) >> 20, 240);
  EXPECT_LE((busy - idle) >> 20, 320);  // sanitizers keep an eighth more
}

TEST(Measure, MemoryCopyCopiesEverything) {
  MemoryCopy copy;
  copy.run();
  EXPECT_EQ(copy.from, copy.to);
  EXPECT_EQ(copy.bytes, int64_t{512} << 20);
}

TEST(Measure, PeerGivesTheJsonOfItsLastLine) {
  const std::string script = scratch("peer's test.py").string();
  std::ofstream(script) << "import sys\nprint('working')\nprint('{\"speed\": %s}' % sys.argv[1])\n";
  EXPECT_EQ(run_peer(script, {"7"}).at("speed").get<int>(), 7);
  std::ofstream(script) << "import sys\nprint('{\"speed\": 1}')\nsys.exit(3)\n";
  try {
    run_peer(script, {});
    FAIL() << "a failing peer must be an Error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("code 3"), std::string::npos) << error.what();
  }
}

TEST(Measure, PeerGetsItsArgumentsPastTheShell) {
  const std::string script = scratch("arguments.py").string(), made = scratch("made by a shell").string();
  std::ofstream(script) << "import json, sys\nprint(json.dumps({'arguments': sys.argv[1:]}))\n";
  const std::vector<std::string> arguments = {"--pair", fmt::format("embedded; touch '{}'", made), "$(id)", "it's", "two  blanks", ""};
  EXPECT_EQ(run_peer(script, arguments).at("arguments").get<std::vector<std::string>>(), arguments);
  EXPECT_FALSE(std::filesystem::exists(made));
}

}  // namespace
}  // namespace phosphene
