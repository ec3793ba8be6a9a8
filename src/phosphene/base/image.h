// Pictures in memory and on disk: 8-bit pixels, interleaved rows [height, width, channels], channels 1 (grey) or 3 (RGB).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phosphene {

struct Image {
  int64_t height = 0, width = 0, channels = 3;
  std::vector<uint8_t> pixels;  // height * width * channels

  static Image blank(int64_t height, int64_t width, int64_t channels = 3, uint8_t value = 255);
  uint8_t* at(int64_t y, int64_t x) { return pixels.data() + (y * width + x) * channels; }
  const uint8_t* at(int64_t y, int64_t x) const { return pixels.data() + (y * width + x) * channels; }
};

// JPEG, PNG or WebP, by content, upright as its Exif orientation says. `channels` 1 or 3 converts; alpha is blended on white. Error (file >
// what) when it is missing, truncated or none of these.
Image read_image(const std::filesystem::path& file, int64_t channels = 3);
// PNG, written to a temporary name beside it and renamed. Error when it cannot be written.
void write_png(const std::filesystem::path& file, const Image& image);

// Bilinear with anti-aliasing when shrinking (triangle filter, as PIL's BILINEAR).
Image resize(const Image& image, int64_t height, int64_t width);
// Gaussian, sigma > 0 pixels, out to 3 sigma; at the edges the weights inside count alone.
Image blurred(const Image& image, double sigma);
Image crop(const Image& image, int64_t y, int64_t x, int64_t height, int64_t width);  // must lie inside
Image centre_crop(const Image& image, int64_t height, int64_t width);
// Shorter side to `side`, aspect kept, then the centre height x width.
Image resize_and_crop(const Image& image, int64_t side, int64_t height, int64_t width);

// Pictures in rows of `columns` with `gap` white pixels between; smaller ones are centred in the cell of the largest.
Image tile(std::span<const Image> images, int64_t columns, int64_t gap = 2);
void paste(Image& canvas, const Image& image, int64_t y, int64_t x);  // clipped
// Text in a built-in 5x9 pixel font (printable ASCII), black unless `value`, at `scale` pixels a dot; clipped.
void draw_text(Image& canvas, int64_t y, int64_t x, std::string_view text, int64_t scale = 1, uint8_t value = 0);
int64_t text_width(std::string_view text, int64_t scale = 1);
// The text, or as much of it as fits into `width` pixels and "..".
std::string text_within(std::string text, int64_t width, int64_t scale = 1);

}  // namespace phosphene
