#include "phosphene/base/image.h"

#include <cmath>
#include <fstream>
#include <functional>
#include <numeric>

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"

namespace phosphene {
namespace {

// Pixel i has value (i * i * 7 + i * 13) mod 251, the picture that the golden script below draws too.
Image pattern(int64_t height, int64_t width, int64_t channels) {
  Image image = Image::blank(height, width, channels, 0);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>((i * i * 7 + i * 13) % 251);
  return image;
}

std::string hash_of(const Image& image) {
  return sha256({reinterpret_cast<const char*>(image.pixels.data()), image.pixels.size()}).substr(0, 16);
}

// Goldens of tests/base/resize_golden.py (Pillow, Image.BILINEAR): bit-equal.
TEST(Resize, EqualsPillow) {
  const Image image = pattern(23, 31, 3);
  EXPECT_EQ(hash_of(resize(image, 8, 8)), "c19d8d5f64874dda");
  EXPECT_EQ(hash_of(resize(image, 46, 62)), "401026c3c07658c2");
  EXPECT_EQ(hash_of(resize(image, 23, 10)), "587bb3e4e5087150");
  EXPECT_EQ(hash_of(resize(image, 5, 31)), "ae51b830787773e3");
  EXPECT_EQ(hash_of(resize(image, 11, 70)), "ead636e68ce3e989");
  EXPECT_EQ(hash_of(resize(image, 1, 1)), "b1be88f34583728e");
}

TEST(Resize, KeepsAConstant) {
  for (const uint8_t v : resize(Image::blank(13, 9, 3, 77), 5, 20).pixels) EXPECT_EQ(v, 77);
}

TEST(Blurred, KeepsAConstantAndSpreadsAPointAsTheGaussianDoes) {
  EXPECT_EQ(blurred(Image::blank(5, 9, 3, 77), 2).pixels, Image::blank(5, 9, 3, 77).pixels);
  Image point = Image::blank(21, 21, 1, 0);
  *point.at(10, 10) = 255;
  const Image out = blurred(point, 1);
  for (int64_t y = -3; y <= 3; ++y)
    for (int64_t x = -3; x <= 3; ++x)
      EXPECT_NEAR(*out.at(10 + y, 10 + x), 255 * std::exp(-0.5 * static_cast<double>(x * x + y * y)) / (2 * M_PI), 1.5) << y << ", " << x;
  EXPECT_EQ(*out.at(10, 15), 0);
}

TEST(Crop, TakesTheCentre) {
  const Image image = pattern(6, 8, 1), centre = centre_crop(image, 2, 4);
  for (int64_t y = 0; y < 2; ++y)
    for (int64_t x = 0; x < 4; ++x) EXPECT_EQ(*centre.at(y, x), *image.at(y + 2, x + 2));
  const Image fitted = resize_and_crop(pattern(30, 50, 3), 16, 12, 12);
  EXPECT_EQ(fitted.height, 12);
  EXPECT_EQ(fitted.width, 12);
  EXPECT_EQ(fitted.pixels, centre_crop(resize(pattern(30, 50, 3), 16, 26), 12, 12).pixels);
  EXPECT_EQ(resize_and_crop(pattern(16, 30, 3), 16, 12, 20).pixels, centre_crop(pattern(16, 30, 3), 12, 20).pixels);
}

TEST(Png, ComesBackAsItWas) {
  const TemporaryFolder folder;
  for (const int64_t channels : {1, 3}) {
    const Image image = pattern(17, 5, channels);
    write_png(folder / "x.png", image);
    EXPECT_EQ(read_image(folder / "x.png", channels).pixels, image.pixels);
  }
}

TEST(Png, ConvertsGreyAndColour) {
  const TemporaryFolder folder;
  write_png(folder / "grey.png", Image::blank(2, 2, 1, 90));
  EXPECT_EQ(read_image(folder / "grey.png", 3).pixels, std::vector<uint8_t>(12, 90));
  Image red = Image::blank(1, 1, 3, 0);
  red.pixels = {255, 0, 0};
  write_png(folder / "red.png", red);
  EXPECT_EQ(read_image(folder / "red.png", 1).pixels, std::vector<uint8_t>{76});  // 0.299 * 255
}

TEST(ReadImage, NamesTheFileAndWhatIsWrong) {
  const TemporaryFolder folder;
  write_png(folder / "x.png", pattern(40, 40, 3));
  const std::string png = read_file(folder / "x.png");
  write_file(folder / "half.png", png.substr(0, png.size() / 2));
  write_file(folder / "text.png", "hello");
  write_file(folder / "empty.png", "");
  write_file(folder / "x.jpg", "\xFF\xD8\xFF\xE0 no more");
  EXPECT_NE(error_of([&] { read_image(folder / "half.png"); }).find("half.png > is a broken PNG"), std::string::npos);
  EXPECT_NE(error_of([&] { read_image(folder / "text.png"); }).find("text.png > is neither a JPEG, a PNG nor a WebP"), std::string::npos);
  EXPECT_NE(error_of([&] { read_image(folder / "empty.png"); }).find("empty.png > is empty"), std::string::npos);
  EXPECT_NE(error_of([&] { read_image(folder / "x.jpg"); }).find("x.jpg > is a broken JPEG"), std::string::npos);
  EXPECT_NE(error_of([&] { read_image(folder / "none.jpg"); }).find("none.jpg > cannot be opened"), std::string::npos);
}

// A 16 x 16 grey JPEG (Pillow, quality 90, the value 8 * (x + y)), whole and cut.
constexpr unsigned char kJpeg[] = {
    0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, 0x4a, 0x46, 0x49, 0x46, 0x00, 0x01, 0x01, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0xff,
    0xdb, 0x00, 0x43, 0x00, 0x03, 0x02, 0x02, 0x03, 0x02, 0x02, 0x03, 0x03, 0x03, 0x03, 0x04, 0x03, 0x03, 0x04, 0x05, 0x08, 0x05,
    0x05, 0x04, 0x04, 0x05, 0x0a, 0x07, 0x07, 0x06, 0x08, 0x0c, 0x0a, 0x0c, 0x0c, 0x0b, 0x0a, 0x0b, 0x0b, 0x0d, 0x0e, 0x12, 0x10,
    0x0d, 0x0e, 0x11, 0x0e, 0x0b, 0x0b, 0x10, 0x16, 0x10, 0x11, 0x13, 0x14, 0x15, 0x15, 0x15, 0x0c, 0x0f, 0x17, 0x18, 0x16, 0x14,
    0x18, 0x12, 0x14, 0x15, 0x14, 0xff, 0xc0, 0x00, 0x0b, 0x08, 0x00, 0x10, 0x00, 0x10, 0x01, 0x01, 0x11, 0x00, 0xff, 0xc4, 0x00,
    0x15, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x00, 0xff,
    0xc4, 0x00, 0x19, 0x10, 0x00, 0x01, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07,
    0x00, 0x23, 0x33, 0x41, 0x51, 0xff, 0xda, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x3f, 0x00, 0x1f, 0x8d, 0x86, 0xd1, 0x35, 0x94,
    0x95, 0x63, 0x61, 0xb4, 0x4d, 0x65, 0x28, 0x6c, 0x36, 0x89, 0xac, 0xa4, 0xaa, 0x1b, 0x0d, 0xa2, 0x6b, 0x29, 0x7f, 0xff, 0xd9,
};

TEST(Jpeg, DecodesAndRejectsATruncatedFile) {
  const TemporaryFolder folder;
  const std::string bytes(reinterpret_cast<const char*>(kJpeg), sizeof kJpeg);
  write_file(folder / "x.jpg", bytes);
  const Image image = read_image(folder / "x.jpg", 3);
  ASSERT_EQ(image.height, 16);
  ASSERT_EQ(image.width, 16);
  for (int64_t y = 0; y < 16; ++y)
    for (int64_t x = 0; x < 16; ++x) EXPECT_NEAR(image.at(y, x)[1], 8 * (x + y), 6);
  write_file(folder / "cut.jpg", bytes.substr(0, bytes.size() - 12));
  EXPECT_NE(error_of([&] { read_image(folder / "cut.jpg"); }).find("cut.jpg > is a broken JPEG: Premature end"), std::string::npos);
}

TEST(Tile, CentresSmallerPicturesOnWhite) {
  const std::vector<Image> images = {Image::blank(4, 4, 3, 0), Image::blank(2, 2, 3, 9), Image::blank(4, 4, 1, 5)};
  const Image sheet = tile(images, 2, 1);
  EXPECT_EQ(sheet.height, 9);
  EXPECT_EQ(sheet.width, 9);
  EXPECT_EQ(sheet.at(0, 0)[0], 0);
  EXPECT_EQ(sheet.at(0, 4)[0], 255);
  EXPECT_EQ(sheet.at(0, 5)[0], 255);
  EXPECT_EQ(sheet.at(1, 6)[2], 9);
  EXPECT_EQ(sheet.at(5, 0)[1], 5);
  EXPECT_EQ(sheet.at(5, 5)[1], 255);
}

TEST(DrawText, ATextThatDoesNotFitEndsInDots) {
  EXPECT_EQ(text_within("goldfish", text_width("goldfish")), "goldfish");
  EXPECT_EQ(text_within("goldfish", text_width("goldfish") - 1), "goldf..");
  EXPECT_EQ(text_within("goldfish", text_width("go..", 2), 2), "go..");
  EXPECT_EQ(text_within("", 0), "");
}

TEST(DrawText, DrawsAndClips) {
  Image canvas = Image::blank(7, text_width("IL"), 1);
  EXPECT_EQ(canvas.width, 11);
  draw_text(canvas, 0, 0, "IL");
  std::string drawn;
  for (int64_t y = 0; y < 7; ++y) {
    for (int64_t x = 0; x < 11; ++x) drawn += *canvas.at(y, x) ? '.' : '#';
    drawn += '\n';
  }
  EXPECT_EQ(drawn,
            ".###..#....\n"
            "..#...#....\n"
            "..#...#....\n"
            "..#...#....\n"
            "..#...#....\n"
            "..#...#....\n"
            ".###..#####\n");
  draw_text(canvas, -3, 8, "clipped \xe9", 4);
}

}  // namespace
}  // namespace phosphene
