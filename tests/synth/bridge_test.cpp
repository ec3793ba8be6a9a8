#include "phosphene/synth/bridge.h"

#include <gtest/gtest.h>

#include "phosphene/base/rng.h"

namespace phosphene {
namespace {

Image random_picture(int64_t side, int64_t channels) {
  Image image = Image::blank(side, side, channels);
  Rng rng(4, "picture");
  for (uint8_t& pixel : image.pixels) pixel = static_cast<uint8_t>(rng.below(256));
  return image;
}

std::vector<float> values_of(const Image& image, Preprocess preprocess) {
  preprocess.height = image.height;
  preprocess.width = image.width;
  std::vector<float> values(static_cast<size_t>(preprocess.channels() * image.height * image.width));
  preprocess.to_values(image, values);
  return values;
}

// The affine map takes the picture's values of an image to the values that direct preprocessing of the image gives.
void expect_as_direct(const Preprocess& from, const Preprocess& to, double tolerance) {
  const Image image = random_picture(6, from.channels());
  const Bridge bridge = make_bridge({from, 6, 6}, {to, 6, 6});
  EXPECT_EQ(bridge.fit, Bridge::Fit::kNone);
  const std::vector<float> source = values_of(image, from), direct = values_of(image, to);
  const size_t in = static_cast<size_t>(from.channels()), out = static_cast<size_t>(to.channels()), area = 36;
  ASSERT_EQ(bridge.matrix.size(), in * out);
  for (size_t c = 0; c < out; ++c) {
    for (size_t i = 0; i < area; ++i) {
      double value = bridge.offset[c];
      for (size_t k = 0; k < in; ++k) value += bridge.matrix[c * in + k] * source[k * area + i];
      EXPECT_NEAR(value, direct[c * area + i], tolerance);
    }
  }
}

const Preprocess kUnit{ColourOrder::kRgb, 1.0f / 255, {0.5f, 0.4f, 0.3f}, {0.2f, 0.25f, 0.3f}};
const Preprocess kCaffe{ColourOrder::kBgr, 1, {104, 117, 123}, {1, 1, 1}};
const Preprocess kGrey{ColourOrder::kGrey, 1.0f / 255, {0.3f}, {0.6f}};

TEST(Bridge, AffineMapEqualsDirectPreprocessing) {
  expect_as_direct(kCaffe, kUnit, 1e-4);
  expect_as_direct(kUnit, kCaffe, 1e-3);
  expect_as_direct(kGrey, kUnit, 1e-4);
  expect_as_direct(kUnit, kGrey, 0.5 / 255 / 0.6 + 1e-4);  // the direct grey is rounded to 8 bits
}

TEST(Bridge, EqualSpacesNeedNoMap) {
  const Bridge bridge = make_bridge({kCaffe, 6, 6}, {kCaffe, 6, 6});
  EXPECT_TRUE(bridge.matrix.empty());
  EXPECT_TRUE(bridge.offset.empty());
}

TEST(Bridge, Geometry) {
  EXPECT_EQ(make_bridge({kCaffe, 256, 256}, {kCaffe, 227, 227}).fit, Bridge::Fit::kCentreCrop);
  EXPECT_EQ(make_bridge({kUnit, 64, 64}, {kCaffe, 227, 227}).fit, Bridge::Fit::kResize);
  EXPECT_EQ(make_bridge({kUnit, 512, 512}, {kCaffe, 227, 227}).fit, Bridge::Fit::kResize);
  EXPECT_EQ(make_bridge({kUnit, 256, 256}, {kCaffe, 300, 227}).fit, Bridge::Fit::kResize);
}

TEST(Bridge, RectanglesOfTheInputComeBackToThePicture) {
  EXPECT_EQ(through_bridge({0, 10, 11, 11}, {kCaffe, 256, 256}, {kCaffe, 227, 227}), (PixelRect{14, 24, 11, 11}));
  EXPECT_EQ(through_bridge({0, 100, 100, 127}, {kUnit, 64, 64}, {kCaffe, 200, 200}), (PixelRect{0, 32, 32, 32}));
  EXPECT_EQ(through_bridge({2, 3, 4, 5}, {kUnit, 64, 64}, {kUnit, 64, 64}), (PixelRect{2, 3, 4, 5}));
}

}  // namespace
}  // namespace phosphene
