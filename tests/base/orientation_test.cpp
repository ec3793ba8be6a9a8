// Pictures that say how the camera was held, and WebP.
#include "phosphene/base/orientation.h"

#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>
#include <jpeglib.h>
#include <webp/encode.h>
#include <zlib.h>

#include "base/error_of.h"
#include "base/temporary_folder.h"
#include "phosphene/base/file.h"

namespace phosphene {
namespace {

// Exif with one entry, in either byte order.
std::string exif(int orientation, bool high_first) {
  const auto number = [&](unsigned value, size_t size) {
    std::string bytes;
    for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * (high_first ? size - 1 - i : i));
    return bytes;
  };
  return (high_first ? "MM" : "II") + number(42, 2) + number(8, 4) + number(1, 2) + number(0x0112, 2) + number(3, 2) + number(1, 4) +
         number(static_cast<unsigned>(orientation), 2) + number(0, 2) + number(0, 4);
}

std::string high(unsigned value, size_t size) {
  std::string bytes;
  for (size_t i = size; i-- > 0;) bytes += static_cast<char>(value >> 8 * i);
  return bytes;
}

std::string jpeg_of(const Image& image, const std::string& tiff) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 100, TRUE);
  jpeg_start_compress(&info, TRUE);
  const std::string segment = std::string("Exif\0\0", 6) + tiff;
  if (!tiff.empty())
    jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(segment.data()), static_cast<unsigned>(segment.size()));
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = const_cast<uint8_t*>(image.at(info.next_scanline, 0));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string bytes(reinterpret_cast<char*>(buffer), size);
  std::free(buffer);
  return bytes;
}

// A chunk behind IHDR.
std::string png_of(const Image& image, const std::string& tiff) {
  write_png(scratch("plain.png"), image);
  std::string bytes = read_file(scratch("plain.png"));
  const std::string body = "eXIf" + tiff;
  const auto check = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return bytes.insert(33, high(static_cast<unsigned>(tiff.size()), 4) + body + high(static_cast<unsigned>(check), 4));
}

// Columns 0-15 red above and green below, columns 16-23 blue: 16 rows.
Image flag() {
  Image image = Image::blank(16, 24);
  for (int64_t y = 0; y < 16; ++y)
    for (int64_t x = 0; x < 24; ++x)
      for (int64_t c = 0; c < 3; ++c) image.at(y, x)[c] = (x >= 16 ? c == 2 : y < 8 ? c == 0 : c == 1) ? 255 : 0;
  return image;
}

char colour_at(const Image& image, int64_t y, int64_t x) {
  const uint8_t* pixel = image.at(y, x);
  return "RGB"[std::max_element(pixel, pixel + 3) - pixel];
}

std::string corners(const Image& image) {
  const int64_t bottom = image.height - 3, right = image.width - 3;
  return {colour_at(image, 2, 2), colour_at(image, 2, right), colour_at(image, bottom, 2), colour_at(image, bottom, right)};
}

// By the specification: what row 0 and column 0 of the stored picture are when it is seen.
const std::vector<std::pair<std::string, bool>> kSeen = {{"RBGB", false}, {"BRBG", false}, {"BGBR", false}, {"GBRB", false},
                                                         {"RGBB", true},  {"GRBB", true},  {"BBGR", true},  {"BBRG", true}};

TEST(Orientation, JpegAndPngAreSeenUpright) {
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (const bool high_first : {false, true})
      for (const bool jpeg : {false, true}) {
        const std::string tiff = exif(orientation, high_first);
        write_file(scratch("turned"), jpeg ? jpeg_of(flag(), tiff) : png_of(flag(), tiff));
        const Image image = read_image(scratch("turned"));
        const auto& [seen, swapped] = kSeen[static_cast<size_t>(orientation) - 1];
        EXPECT_EQ(image.height, swapped ? 24 : 16) << orientation;
        EXPECT_EQ(corners(image), seen) << orientation << (jpeg ? " JPEG" : " PNG");
      }
  EXPECT_EQ(exif_orientation(jpeg_of(flag(), "")), 1);
  EXPECT_EQ(exif_orientation(jpeg_of(flag(), exif(9, true))), 1);
}

TEST(Orientation, DamagedExifIsNone) {
  const std::string bytes = jpeg_of(flag(), exif(6, true));
  EXPECT_EQ(exif_orientation(bytes), 6);
  for (size_t size = 0; size < 80; ++size) EXPECT_LE(exif_orientation(std::string_view(bytes).substr(0, size)), 6);
  std::string far = exif(6, true);
  far.replace(4, 4, "\xFF\xFF\xFF\xF0");
  EXPECT_EQ(exif_orientation(jpeg_of(flag(), far)), 1);
}

TEST(WebP, IsReadWithAndWithoutAlpha) {
  const Image image = flag();
  uint8_t* encoded = nullptr;
  size_t size = WebPEncodeLosslessRGB(image.pixels.data(), 24, 16, 24 * 3, &encoded);
  write_file(scratch("flag.webp"), std::string_view(reinterpret_cast<char*>(encoded), size));
  WebPFree(encoded);
  EXPECT_EQ(read_image(scratch("flag.webp")).pixels, image.pixels);
  EXPECT_EQ(read_image(scratch("flag.webp"), 1).channels, 1);

  std::vector<uint8_t> glass;  // half of everything: white shows through
  for (size_t i = 0; i < image.pixels.size(); i += 3)
    glass.insert(glass.end(), {image.pixels[i], image.pixels[i + 1], image.pixels[i + 2], 102});
  size = WebPEncodeLosslessRGBA(glass.data(), 24, 16, 24 * 4, &encoded);
  const std::string bytes(reinterpret_cast<char*>(encoded), size);
  WebPFree(encoded);
  write_file(scratch("glass.webp"), bytes);
  const Image blended = read_image(scratch("glass.webp"));
  EXPECT_EQ(blended.at(0, 0)[0], 255);
  EXPECT_EQ(blended.at(0, 0)[1], 153);
  write_file(scratch("cut.webp"), bytes.substr(0, bytes.size() / 2));
  EXPECT_NE(error_of([] { read_image(scratch("cut.webp")); }).find("cut.webp > is a broken WebP"), std::string::npos);
}

}  // namespace
}  // namespace phosphene
