// Exif is a TIFF file inside a picture file: in a JPEG segment APP1 after "Exif\0\0", in a PNG chunk eXIf, in a WebP chunk EXIF. Its first
// directory has entries of 12 bytes: tag, type, count, value. Tag 0x0112 is the orientation, the place of the picture's row 0 and column 0:
//
//     1 top, left    2 top, right    3 bottom, right    4 bottom, left    5 left, top    6 right, top    7 right, bottom    8 left, bottom
#include "phosphene/base/orientation.h"

#include <algorithm>

namespace phosphene {

namespace {

unsigned number(std::string_view bytes, size_t at, size_t size, bool high_first) {
  unsigned value = 0;
  if (at > bytes.size() || bytes.size() - at < size) return 0;
  for (size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes[high_first ? at + i : at + size - 1 - i]);
  return value;
}

int orientation_of_tiff(std::string_view tiff) {
  if (tiff.starts_with(std::string_view("Exif\0\0", 6))) tiff.remove_prefix(6);
  const bool high_first = tiff.starts_with("MM");
  if (!high_first && !tiff.starts_with("II")) return 1;
  const size_t directory = number(tiff, 4, 4, high_first), entries = number(tiff, directory, 2, high_first);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.size()) break;
    if (number(tiff, entry, 2, high_first) != 0x0112) continue;
    const unsigned value = number(tiff, entry + 8, 2, high_first);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

int orientation_of_jpeg(std::string_view file) {
  for (size_t at = 2; at + 4 <= file.size() && file[at] == '\xFF';) {
    const unsigned marker = number(file, at + 1, 1, true), size = number(file, at + 2, 2, true);
    if (marker == 0xDA || size < 2) break;  // pixels begin
    const std::string_view segment = file.substr(at + 4, size - 2);
    if (marker == 0xE1 && segment.starts_with("Exif")) return orientation_of_tiff(segment);
    at += 2 + size;
  }
  return 1;
}

// Chunks: PNG's are size, name, data, checksum; WebP's name, size, data and one byte where the size is odd.
int orientation_of_chunks(std::string_view file, bool png) {
  for (size_t at = png ? 8 : 12; at + 8 <= file.size();) {
    const size_t size = number(file, png ? at : at + 4, 4, png);
    if (file.substr(png ? at + 4 : at, 4) == (png ? "eXIf" : "EXIF")) return orientation_of_tiff(file.substr(at + 8, size));
    at += 8 + size + (png ? 4 : size % 2);
  }
  return 1;
}

}  // namespace

int exif_orientation(std::string_view file) {
  if (file.starts_with("\xFF\xD8")) return orientation_of_jpeg(file);
  if (file.starts_with("\x89PNG")) return orientation_of_chunks(file, true);
  return file.starts_with("RIFF") ? orientation_of_chunks(file, false) : 1;
}

Image upright(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  const bool swapped = orientation >= 5, from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8,
             from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image turned = Image::blank(swapped ? image.width : image.height, swapped ? image.height : image.width, image.channels);
  for (int64_t y = 0; y < turned.height; ++y)
    for (int64_t x = 0; x < turned.width; ++x) {
      int64_t from_y = swapped ? x : y, from_x = swapped ? y : x;
      if (from_bottom) from_y = image.height - 1 - from_y;
      if (from_right) from_x = image.width - 1 - from_x;
      std::copy_n(image.at(from_y, from_x), image.channels, turned.at(y, x));
    }
  return turned;
}

}  // namespace phosphene
