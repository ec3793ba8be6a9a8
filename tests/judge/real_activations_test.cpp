// What units make of real pictures, in layers of maps and of tokens.
#include "phosphene/judge/real_activations.h"

#include <gtest/gtest.h>

#include "phosphene/graph/passes.h"
#include "phosphene/judge/silent_units.h"

namespace phosphene {
namespace {

// Pictures 2 x 2, whose pixels are tokens: x [n, 3, 2, 2] -> columns [n, 3, 4] -> tokens [n, 4, 3] -> hidden [n, 4, 2] = (r - b, -g), and
// its Relu. The input is the pixel / 255.
Model token_network() {
  Model model;
  model.name = "tokens";
  model.preprocess.height = model.preprocess.width = 2;
  Graph& g = model.graph;
  g.inputs = {{"x", {DataType::kFloat32, Shape{kUnknown, 3, 2, 2}}}};
  g.add_weight("flat", Tensor::ints({0, 3, 4}));
  g.add_weight("w", Tensor(Shape{3, 2}, std::vector<float>{1, 0, 0, -1, -1, 0}));
  g.nodes = {{"columns", "Reshape", {"x", "flat"}, {"columns"}, {}},
             {"tokens", "Transpose", {"columns"}, {"tokens"}, {{"perm", std::vector<int64_t>{0, 2, 1}}}},
             {"hidden", "MatMul", {"tokens", "w"}, {"hidden"}, {}},
             {"relu", "Relu", {"hidden"}, {"relu"}, {}}};
  g.outputs = {"relu"};
  g = infer_shapes(g);
  return model;
}

Image picture(const std::vector<std::array<uint8_t, 3>>& pixels) {
  Image image = Image::blank(2, 2);
  for (size_t i = 0; i < 4; ++i) std::copy(pixels[i].begin(), pixels[i].end(), image.pixels.begin() + static_cast<std::ptrdiff_t>(3 * i));
  return image;
}

const Image kFirst = picture({{255, 51, 0}, {0, 51, 0}, {0, 51, 255}, {102, 51, 0}});     // r - b at most 1, -g = -0.2
const Image kSecond = picture({{51, 102, 0}, {0, 102, 0}, {0, 255, 255}, {51, 102, 0}});  // r - b at most 0.2, -g at most -0.4

Dataset data() {
  Dataset set;
  set.count = 2, set.height = set.width = 2, set.channels = 3;
  set.classes = {0, 0};
  set.labels = {"any"};
  const std::shared_ptr<uint8_t[]> pixels(new uint8_t[24]);
  std::copy(kSecond.pixels.begin(), kSecond.pixels.end(), std::copy(kFirst.pixels.begin(), kFirst.pixels.end(), pixels.get()));
  set.pixels = std::shared_ptr<const uint8_t>(pixels, pixels.get());
  return set;
}

// Once units were taken for tokens: four "units" of two positions.
TEST(RealActivations, OfTokensAreByUnit) {
  const RealActivations units = real_activations(token_network(), "hidden", data(), "reference");
  ASSERT_EQ(units.size(), 2u);
  ASSERT_EQ(units[0].sorted.size(), 2u);
  EXPECT_FLOAT_EQ(units[0].sorted[0], 0.2f);
  EXPECT_FLOAT_EQ(units[0].sorted[1], 1);
  EXPECT_FLOAT_EQ(units[1].sorted[0], -0.4f);
  EXPECT_FLOAT_EQ(units[1].sorted[1], -0.2f);
  EXPECT_EQ(count_dead(units), 1);
  EXPECT_DOUBLE_EQ(units[0].percentile(0.5), 0.5);
}

TEST(RealActivations, OfMapsAreTheHighestOverPositions) {
  const RealActivations units = real_activations(token_network(), "x", data(), "reference");
  ASSERT_EQ(units.size(), 3u);
  EXPECT_FLOAT_EQ(units[0].best(), 1);
  EXPECT_FLOAT_EQ(units[1].sorted[0], 0.2f);
  EXPECT_FLOAT_EQ(units[1].best(), 1);
}

TEST(SilentUnits, OfTokensAreByUnit) {
  const Model model = token_network();
  const auto silent = silent_units(model, model.preprocess, {kFirst, kSecond}, "reference");
  ASSERT_EQ(silent.size(), 1u);
  EXPECT_EQ(silent[0].layer, "relu");
  EXPECT_EQ(silent[0].count, 2);
  EXPECT_EQ(silent[0].units, (std::vector<int64_t>{1}));
}

}  // namespace
}  // namespace phosphene
