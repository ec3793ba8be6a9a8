// Resize and Pad as opsets 18 and 19 extend them.
#include <numeric>

#include "formats/onnx_text.h"
#include "phosphene/graph/passes.h"

namespace phosphene::resized_test {
namespace {

using namespace test;

TextModel resized(const std::string& attributes, const std::string& inputs, std::vector<int64_t> sizes) {
  TextModel model(18, "g (float[N,1,4,6] x) => (float[N,1,H,W] y) { y = Resize <" + attributes + "> (x, , " + inputs + ") }");
  return model.ints("sizes", std::move(sizes));
}

TEST(OnnxResize, AntialiasStretchesTheKernel) {
  // Six columns to two, four rows as they are. u = 1 and 4, support 3 (linear): weights 1 - |i - u| / 3 over their sum. A column outside
  // has the edge's value, or does not count.
  const std::vector<float> x = random_values(24, "resize");
  for (const bool exclude : {false, true}) {
    std::vector<double> wanted;
    for (size_t row = 0; row < 4; ++row)
      for (const int u : {1, 4}) {
        double sum = 0, weights = 0;
        for (int i = u - 3; i <= u + 3; ++i) {
          if (exclude && (i < 0 || i > 5)) continue;
          const double weight = 1 - std::abs(i - u) / 3.;
          sum += weight * x[6 * row + static_cast<size_t>(std::clamp(i, 0, 5))], weights += weight;
        }
        wanted.push_back(sum / weights);
      }
    const std::string attributes = fmt::format("mode = \"linear\", antialias = 1, exclude_outside = {}, axes = [2, 3]", exclude ? 1 : 0);
    expect_values(resized(attributes, ", sizes", {4, 2}).y(x, 1), wanted);
  }
}

// The numbers that ONNX's node tests want (test_resize_downsample_*_antialias): the first of a picture of 1 to 16.
TEST(OnnxResize, AntialiasAsTheSpecificationHasIt) {
  std::vector<float> x(16);
  std::iota(x.begin(), x.end(), 1.0f);
  const auto first = [&](const char* mode, const char* sizes) {
    TextModel model(18, fmt::format("g (float[N,1,4,4] x) => (float[N,1,H,W] y) {{ y = Resize <mode = \"{}\", antialias = 1> (x, , {}) }}",
                                    mode, sizes));
    model.floats("scales", {4}, {1, 1, 0.6f, 0.6f}).ints("sizes", {1, 1, 3, 3});
    return model.y(x, 1).at(0);
  };
  EXPECT_NEAR(first("linear", "scales"), 2.875, 1e-5);
  EXPECT_NEAR(first("cubic", "scales"), 2.5180721, 1e-5);
  EXPECT_NEAR(first("linear", ", sizes"), 2.3636363, 1e-5);
  EXPECT_NEAR(first("cubic", ", sizes"), 1.7750092, 1e-5);
}

TEST(OnnxResize, AntialiasMeansNothingWhereNothingShrinksOrNearestIsTaken) {
  const std::vector<float> x = random_values(24, "resize");
  for (const char* mode : {"linear", "cubic"}) {
    const std::string plain = fmt::format("mode = \"{}\", axes = [2, 3]", mode);
    EXPECT_EQ(resized(plain + ", antialias = 1", ", sizes", {8, 9}).y(x, 1), resized(plain, ", sizes", {8, 9}).y(x, 1));
  }
  const std::string nearest = "mode = \"nearest\", axes = [2, 3]";
  EXPECT_EQ(resized(nearest + ", antialias = 1", ", sizes", {2, 3}).y(x, 1), resized(nearest, ", sizes", {2, 3}).y(x, 1));
}

TEST(OnnxResize, KeepsTheAspectRatio) {
  const auto shape = [](const std::string& policy) {
    const Graph graph =
        resized("mode = \"linear\", axes = [2, 3], keep_aspect_ratio_policy = \"" + policy + "\"", ", sizes", {10, 12}).graph();
    return infer_shapes(graph).type_of("y").shape;
  };
  EXPECT_EQ(shape("stretch"), (Shape{kUnknown, 1, 10, 12}));
  EXPECT_EQ(shape("not_larger"), (Shape{kUnknown, 1, 8, 12}));  // scales 2.5 and 2
  EXPECT_EQ(shape("not_smaller"), (Shape{kUnknown, 1, 10, 15}));
}

TEST(OnnxPad, WrapsAround) {
  TextModel model(19, "g (float[N,2,3] x) => (float[N,2,8] y) { y = Pad <mode = \"wrap\"> (x, pads) }");
  model.ints("pads", {0, 0, 2, 0, 0, 3});
  expect_values(model.y({1, 2, 3, 4, 5, 6}, 1), {2, 3, 1, 2, 3, 1, 2, 3, 5, 6, 4, 5, 6, 4, 5, 6});
}

}  // namespace
}  // namespace phosphene::resized_test
