// Operators of sampling and signals, against their definitions written out here.
#include <complex>

#include "formats/onnx_text.h"

namespace phosphene::sampling_test {
namespace {

using namespace test;

// x at a place between pixels; outside it is 0.
double bilinear(const std::vector<float>& x, int64_t height, int64_t width, double row, double column) {
  double sum = 0;
  for (int64_t i = 0; i < height; ++i)
    for (int64_t j = 0; j < width; ++j)
      sum += std::max(0.0, 1 - std::abs(row - static_cast<double>(i))) * std::max(0.0, 1 - std::abs(column - static_cast<double>(j))) *
             x[static_cast<size_t>(i * width + j)];
  return sum;
}

// Two groups of one channel each, a kernel of 2 x 2, stride 2, a pad of 1 at the top and the left, with offsets and masks.
TEST(OnnxSampling, DeformConvLooksWhereItsOffsetsPoint) {
  constexpr int64_t kSide = 5, kOut = 3, kTaps = 4;
  const auto x = random_values(2 * kSide * kSide, "x"), w = random_values(2 * 2 * kTaps, "w"), b = random_values(2, "b");
  const auto offset = random_values(2 * 2 * kTaps * kOut * kOut, "o", -1.5F, 1.5F), mask = random_values(2 * kTaps * kOut * kOut, "m", 0);
  TextModel model(19, R"(g (float[1,2,5,5] x) => (float[1,2,3,3] y)
    { y = DeformConv <kernel_shape = [2, 2], strides = [2, 2], pads = [1, 1, 0, 0], offset_group = 2> (x, w, offset, b, mask) })");
  model.floats("w", {2, 2, 2, 2}, w)
      .floats("offset", {1, 16, kOut, kOut}, offset)
      .floats("b", {2}, b)
      .floats("mask", {1, 8, kOut, kOut}, mask);
  std::vector<double> wanted;
  const auto moved = [&](int64_t plane, int64_t i, int64_t j) { return offset[static_cast<size_t>((plane * kOut + i) * kOut + j)]; };
  for (int64_t o = 0; o < 2; ++o)
    for (int64_t i = 0; i < kOut; ++i)
      for (int64_t j = 0; j < kOut; ++j) {
        double sum = b[static_cast<size_t>(o)];
        for (int64_t c = 0; c < 2; ++c)
          for (int64_t tap = 0; tap < kTaps; ++tap) {
            const int64_t plane = (c * kTaps + tap) * 2;
            const double row = static_cast<double>(2 * i - 1 + tap / 2) + static_cast<double>(moved(plane, i, j));
            const double column = static_cast<double>(2 * j - 1 + tap % 2) + static_cast<double>(moved(plane + 1, i, j));
            const std::vector<float> channel(x.begin() + c * kSide * kSide, x.begin() + (c + 1) * kSide * kSide);
            sum += static_cast<double>(w[static_cast<size_t>((o * 2 + c) * kTaps + tap)]) * bilinear(channel, kSide, kSide, row, column) *
                   static_cast<double>(mask[static_cast<size_t>(((c * kTaps + tap) * kOut + i) * kOut + j)]);
          }
        wanted.push_back(sum);
      }
  expect_values(model.y(x, 0), wanted);
}

// Blocks of 2 x 2 side by side with one pixel shared: pixels in two blocks get the sum.
TEST(OnnxSampling, Col2ImAddsBlocksThatOverlap) {
  TextModel model(18, "g (float[N,4,2] x) => (float[N,1,2,3] y) { y = Col2Im (x, image, block) }");
  model.ints("image", {2, 3}).ints("block", {2, 2});
  expect_values(model.y({1, 10, 2, 20, 3, 30, 4, 40}, 1), {1, 12, 20, 3, 34, 40});
}

TEST(OnnxSampling, AffineGridTurnsPlaces) {
  TextModel model(20, "g (float[N,2,3] x) => (float[N,1,2,2] y) { y = AffineGrid (x, size) }");
  model.ints("size", {1, 1, 1, 2});
  expect_values(model.y({0, 1, 0.5F, 2, 0, 0}, 1), {0.5, -1, 0.5, 1});  // places (-1/2, 0) and (1/2, 0)
}

TEST(OnnxSampling, CenterCropPadPutsTheOddPixelAtTheEnd) {
  TextModel model(18, "g (float[N,2,4] x) => (float[N,5,1] y) { y = CenterCropPad <axes = [1, 2]> (x, size) }");
  model.ints("size", {5, 1});
  expect_values(model.y({1, 2, 3, 4, 5, 6, 7, 8}, 1), {0, 2, 6, 0, 0});
}

std::vector<std::complex<double>> transformed(const std::vector<std::complex<double>>& x, int64_t points) {
  std::vector<std::complex<double>> y(static_cast<size_t>(points));
  for (size_t k = 0; k < y.size(); ++k)
    for (size_t l = 0; l < x.size() && l < y.size(); ++l)
      y[k] += x[l] * std::polar(1.0, -2 * M_PI * static_cast<double>(k * l) / static_cast<double>(points));
  return y;
}

// A signal of five numbers as one of six, and what an inverse transform of its half makes of it again.
TEST(OnnxSampling, TransformsThereAndBack) {
  const auto x = random_values(5, "signal");
  TextModel model(20, R"(g (float[N,5,1] x) => (float[N,6,1] y)
    { all = DFT (x, six) half = DFT <onesided = 1> (x, six) y = DFT <onesided = 1, inverse = 1> (half, six) back = DFT <inverse = 1> (all) })");
  model.ints("six", {6});
  std::vector<double> wanted, there(x.begin(), x.end()), both;
  for (const auto& value : transformed({x.begin(), x.end()}, 6)) wanted.push_back(value.real()), wanted.push_back(value.imag());
  there.push_back(0);
  for (const double value : there) both.push_back(value), both.push_back(0);
  expect_values(model.y(x, 1, "all"), wanted);
  expect_values(model.y(x, 1, "half"), {wanted.begin(), wanted.begin() + 8});
  expect_values(model.y(x, 1, "y"), there);
  expect_values(model.y(x, 1, "back"), both);
}

TEST(OnnxSampling, SizesThatDoNotFitAreRefused) {
  const auto refusal = [](const std::string& node, const std::vector<int64_t>& sizes) {
    TextModel model(20, "g (float[1,4,2] x) => (float[A] y) { z = Relu (x) " + node + " }");
    const Graph graph = model.ints("sizes", sizes).ints("block", {2, 2}).graph();
    const OpaqueNode* y = graph.find_opaque("y");
    return y ? y->cause : "no error";
  };
  EXPECT_NE(refusal("y = AffineGrid (x, sizes)", {1, 1, 1 << 20, 1 << 20}).find("is too large"), std::string::npos);
  EXPECT_NE(refusal("y = AffineGrid (x, sizes)", {1, 1, 0, 4}).find("a size of 0"), std::string::npos);
  EXPECT_NE(refusal("y = Col2Im (x, sizes, block)", {1, 3}).find("a block of 2 in a picture of 1"), std::string::npos);
  EXPECT_NE(refusal("y = CenterCropPad (x, sizes)", {2, 3}).find("2 sizes for 3 axes"), std::string::npos);
  EXPECT_NE(refusal("y = HannWindow (sizes)", {-3}).find("a window of -3 numbers"), std::string::npos);
}

}  // namespace
}  // namespace phosphene::sampling_test
