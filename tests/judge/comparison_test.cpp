#include "phosphene/judge/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "phosphene/graph/passes.h"
#include "phosphene/model/shuffled.h"

namespace phosphene {
namespace {

ComparedRow row(const std::string& name, double kernel, bool control = false) {
  ComparedRow row{.name = name, .control = control};
  row.measures.pictures = 4, row.measures.first = 3, row.measures.activation = 12.5;
  row.verdict = Verdict{"judge", "features"};
  row.verdict->kernel = {kernel, 0.5};
  return row;
}

TEST(Comparison, TheTableLeavesOutWhatNoRowHas) {
  std::vector<ComparedRow> rows{row("ours", 2), row("pixel", 8), row("maco", 5), row("random", 1, true)};
  rows[1].measures.probability = 0.25;
  const std::string table = comparison_table(rows);
  EXPECT_NE(table.find("| random (control) | 4 | 75.0 % | 12.5 |  | 1 +- 0.5 |"), std::string::npos) << table;
  EXPECT_NE(table.find("| pixel | 4 | 75.0 % | 12.5 | 25.0 % | 8 +- 0.5 |"), std::string::npos) << table;
  EXPECT_EQ(table.find("margin"), std::string::npos);
  EXPECT_EQ(table.find("variety"), std::string::npos);
}

TEST(Comparison, TheRatioIsAgainstTheBestOtherPriorNotAControl) {
  EXPECT_DOUBLE_EQ(kernel_ratio({row("ours", 2), row("pixel", 8), row("maco", 5), row("random", 1, true)}).value(), 0.4);
  EXPECT_FALSE(kernel_ratio({row("ours", 2), row("random", 1, true)}).has_value());
  EXPECT_FALSE(kernel_ratio({row("ours", 2), row("pixel", -0.1)}).has_value());
}

TEST(Comparison, TheGridHasARowAPriorAndAColumnAUnit) {
  Image red = Image::blank(4, 4, 3, 0), grey = Image::blank(2, 4, 1, 99);
  for (int64_t i = 0; i < 16; ++i) red.pixels[static_cast<size_t>(3 * i)] = 255;
  ComparedRow first = row("first", 1), second = row("second", 1);
  const auto picture = [](const Image& image, const char* units) {
    PictureRecord record;
    record.name = units, record.label = "a", record.picture = image;
    return record;
  };
  first.pictures = {picture(red, "0"), picture(grey, "0"), picture(grey, "1")};
  second.pictures = {picture(grey, "0"), picture(red, "1")};
  const Image grid = comparison_grid({first, second});
  ASSERT_EQ(grid.width, 8 + 2 * 136);
  ASSERT_EQ(grid.height, 28 + 2 * 148);
  const int64_t top = 28 + 12 + 64, lower = top + 148, left = 8 + 64, right = left + 136;  // centres of the cells
  EXPECT_EQ(grid.at(top, left)[0], 255);
  EXPECT_EQ(grid.at(top, left)[1], 0);
  EXPECT_EQ(grid.at(top, right)[1], 99);
  EXPECT_EQ(grid.at(lower, left)[1], 99);
  EXPECT_EQ(grid.at(lower, right)[0], 255);
}

TEST(Shuffled, KeepsTheNumbersOfEveryWeightAndTheirCount) {
  Model model;
  Graph& g = model.graph;
  g.inputs = {{"x", {DataType::kFloat32, Shape{kUnknown, 4}}}};
  g.outputs = {"y"};
  Tensor w = Tensor::zeros({8, 4});
  for (size_t i = 0; i < 32; ++i) w.floats()[i] = static_cast<float>(i);
  g.add_weight("w", w);
  g.add_weight("b", Tensor({8}, std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}));
  g.nodes = {{"fc", "Gemm", {"x", "w", "b"}, {"y"}, {{"transB", int64_t{1}}}}};
  const Model mixed = shuffled(model, 3);
  const auto values = mixed.graph.weights.at("w")->floats();
  std::vector<float> now(values.begin(), values.end());
  EXPECT_FALSE(std::equal(now.begin(), now.end(), w.floats().begin()));
  std::sort(now.begin(), now.end());
  EXPECT_TRUE(std::equal(now.begin(), now.end(), w.floats().begin()));
  EXPECT_EQ(mixed.graph.weights.at("b")->floats()[7], 8);
}

}  // namespace
}  // namespace phosphene
