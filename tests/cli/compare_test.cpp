#include <gtest/gtest.h>

#include <filesystem>

#include "base/temporary_folder.h"
#include "phosphene/base/file.h"
#include "phosphene/command_line.h"

namespace phosphene {
namespace {

int run(std::vector<std::string> arguments) {
  std::vector<const char*> argv{"phosphene"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return run_cli(static_cast<int>(argv.size()), argv.data());
}

// The embedded pair: the prior raises its units, its control with shuffled weights does not.
TEST(CompareSlow, WritesATableAGridAndAFolderARow) {
  const TemporaryFolder folder;
  const auto out = folder / "out";
  ASSERT_EQ(run({"compare", "tin200", "--layer", "fc8", "--units", "0,34", "--steps", "12", "--batch", "2", "--priors",
                 "builtin,fourier,random,shuffled", "-o", out.string()}),
            0);
  const Json rows = read_json(out / "comparison.json").at("rows");
  ASSERT_EQ(rows.size(), 4u);
  const auto activation = [&](size_t row) { return rows[row].at("pictures").at("median_activation").get<double>(); };
  EXPECT_GT(activation(0), activation(2) + 5);
  EXPECT_GT(activation(0), activation(3) + 5);
  EXPECT_TRUE(rows[3].at("control").get<bool>());
  EXPECT_TRUE(rows[0].at("pictures").at("median_percentile").is_null());  // no real pictures were given
  for (const char* file : {"table.md", "grid.png", "builtin/results.json", "shuffled/search/codes.npy"})
    EXPECT_TRUE(std::filesystem::exists(out / file)) << file;
}

TEST(Compare, AControlNeedsAPriorBeforeIt) {
  const TemporaryFolder folder;
  EXPECT_EQ(run({"compare", "tin200", "--layer", "fc8", "--priors", "random", "-o", (folder / "out").string()}), 1);
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

TEST(Compare, EachRowHasAFolderOfItsOwn) {
  const TemporaryFolder folder;
  EXPECT_EQ(run({"compare", "tin200", "--layer", "fc8", "--priors", "a/net.onnx,b/net.onnx", "-o", (folder / "out").string()}), 1);
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

}  // namespace
}  // namespace phosphene
