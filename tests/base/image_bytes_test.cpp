#include "phosphene/base/image_bytes.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "phosphene/base/rng.h"

namespace phosphene {
namespace {

Image noise(int64_t channels) {
  Image image = Image::blank(13, 17, channels);
  Rng rng(1, "pixels");
  for (uint8_t& pixel : image.pixels) pixel = static_cast<uint8_t>(rng.below(256));
  return image;
}

TEST(ImageBytes, LosslessKeepsEveryPixel) {
  for (const int64_t channels : {1, 3}) {
    const Image image = noise(channels);
    const Image back = decode_image(webp_lossless(image), 3);
    ASSERT_EQ(back.height, 13);
    ASSERT_EQ(back.width, 17);
    for (int64_t i = 0; i < 13 * 17 * 3; ++i)
      ASSERT_EQ(back.pixels[static_cast<size_t>(i)], image.pixels[static_cast<size_t>(channels == 3 ? i : i / 3)]);
  }
}

TEST(ImageBytes, LossyIsSmallerAndCloseOnASmoothPicture) {
  Image image = Image::blank(64, 64);
  for (int64_t y = 0; y < 64; ++y)
    for (int64_t x = 0; x < 64; ++x)
      for (int64_t c = 0; c < 3; ++c) image.at(y, x)[c] = static_cast<uint8_t>(2 * y + x + 10 * c);
  const std::string bytes = webp_lossy(image, 80);
  EXPECT_LT(bytes.size(), 1000u);
  const Image back = decode_image(bytes);
  double error = 0;
  for (size_t i = 0; i < image.pixels.size(); ++i) error += std::fabs(image.pixels[i] - back.pixels[i]);
  EXPECT_LT(error / static_cast<double>(image.pixels.size()), 4);  // grey levels
}

TEST(ImageBytes, DamagedFilesAreErrors) {
  const std::string bytes = webp_lossless(noise(3));
  EXPECT_NE(error_of([&] { decode_image(bytes.substr(0, bytes.size() / 2)); }), "no error");
  EXPECT_NE(error_of([&] { decode_image("text"); }).find("neither"), std::string::npos);
  EXPECT_NE(error_of([&] { webp_lossless(Image::blank(1, 16384)); }).find("16384"), std::string::npos);
}

}  // namespace
}  // namespace phosphene
