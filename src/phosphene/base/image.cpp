// Resizing is separable. Output pixel i of `out` looks at input position centre = (i + 1/2) s, s = in / out, through a triangle of half
// width max(s, 1): weight of input j is max(0, 1 - |j + 1/2 - centre| / max(s, 1)), normalised to sum 1. Rows first, then columns, in fixed
// point with 22 fractional bits and a rounding to 8 bits after each pass, which is what PIL does, to the bit.
#include "phosphene/base/image.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "phosphene/base/error.h"

namespace phosphene {
namespace {

constexpr int kFractionBits = 22;

struct Taps {
  int64_t first = 0;             // input index of the first weight
  std::vector<int32_t> weights;  // fixed point
};

struct Scaling {
  int64_t in = 0, out = 0;
};

Taps normalised(int64_t first, const std::vector<double>& weights) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  Taps taps{first, {}};
  for (const double w : weights) taps.weights.push_back(static_cast<int32_t>(std::floor(w / sum * (1 << kFractionBits) + 0.5)));
  return taps;
}

std::vector<Taps> triangle_taps(const Scaling& scaling) {
  const double s = static_cast<double>(scaling.in) / static_cast<double>(scaling.out), half_width = std::max(s, 1.0);
  std::vector<Taps> all(static_cast<size_t>(scaling.out));
  for (int64_t i = 0; i < scaling.out; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * s;
    const int64_t first = std::max<int64_t>(0, static_cast<int64_t>(centre - half_width + 0.5));
    const int64_t last = std::min(scaling.in, static_cast<int64_t>(centre + half_width + 0.5));
    std::vector<double> weights;
    for (int64_t j = first; j < last; ++j)
      weights.push_back(std::max(0.0, 1 - std::abs((static_cast<double>(j) - centre + 0.5) / half_width)));
    all[i] = normalised(first, weights);
  }
  return all;
}

std::vector<Taps> gaussian_taps(int64_t size, double sigma) {
  const auto reach = static_cast<int64_t>(std::ceil(3 * sigma));
  std::vector<Taps> all(static_cast<size_t>(size));
  for (int64_t i = 0; i < size; ++i) {
    const int64_t first = std::max<int64_t>(0, i - reach), last = std::min(size - 1, i + reach);
    std::vector<double> weights;
    for (int64_t j = first; j <= last; ++j) weights.push_back(std::exp(-0.5 * static_cast<double>((j - i) * (j - i)) / (sigma * sigma)));
    all[i] = normalised(first, weights);
  }
  return all;
}

uint8_t rounded(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kFractionBits, 0, 255)); }

template <int kChannels>
void filter_row(const uint8_t* row, const std::vector<Taps>& taps, uint8_t* out) {
  for (const Taps& tap : taps) {
    int32_t sums[kChannels];
    std::fill_n(sums, kChannels, 1 << (kFractionBits - 1));
    const uint8_t* source = row + tap.first * kChannels;
    for (const int32_t w : tap.weights) {
      for (int c = 0; c < kChannels; ++c) sums[c] += w * source[c];
      source += kChannels;
    }
    for (int c = 0; c < kChannels; ++c) *out++ = rounded(sums[c]);
  }
}

struct Extent {
  int64_t first = 0, count = 0;
};

Image filter_rows(const Image& image, const Extent& rows, const std::vector<Taps>& taps) {
  Image out = Image::blank(rows.count, static_cast<int64_t>(taps.size()), image.channels, 0);
  for (int64_t y = 0; y < rows.count; ++y)
    (image.channels == 3 ? filter_row<3> : filter_row<1>)(image.at(rows.first + y, 0), taps, out.at(y, 0));
  return out;
}

Image filter_columns(const Image& image, const std::vector<Taps>& taps) {
  const auto height = static_cast<int64_t>(taps.size());
  Image out = Image::blank(height, image.width, image.channels, 0);
  const int64_t row = image.width * image.channels;
  std::vector<int32_t> sums(static_cast<size_t>(row));
  for (int64_t y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), 1 << (kFractionBits - 1));
    const uint8_t* source = image.at(taps[y].first, 0);
    for (const int32_t w : taps[y].weights) {
      for (int64_t i = 0; i < row; ++i) sums[i] += w * source[i];
      source += row;
    }
    std::transform(sums.begin(), sums.end(), out.at(y, 0), rounded);
  }
  return out;
}

// Of the resized image only the rows and columns that are asked for, from only the rows that they need.
Image resized_part(const Image& image, const Scaling& vertical, const Extent& rows, const Scaling& horizontal, const Extent& columns) {
  if (vertical.in == vertical.out && horizontal.in == horizontal.out)
    return crop(image, rows.first, columns.first, rows.count, columns.count);
  const auto taps_of = [](const Scaling& scaling, const Extent& extent) {
    const std::vector<Taps> all = triangle_taps(scaling);
    return std::vector<Taps>(all.begin() + extent.first, all.begin() + extent.first + extent.count);
  };
  std::vector<Taps> down = taps_of(vertical, rows);
  const int64_t top = down.front().first, bottom = down.back().first + static_cast<int64_t>(down.back().weights.size());
  for (Taps& tap : down) tap.first -= top;
  return filter_columns(filter_rows(image, {top, bottom - top}, taps_of(horizontal, columns)), down);
}

}  // namespace

Image Image::blank(int64_t height, int64_t width, int64_t channels, uint8_t value) {
  PHOSPHENE_CHECK(height >= 0 && width >= 0 && (channels == 1 || channels == 3));
  return {height, width, channels, std::vector<uint8_t>(static_cast<size_t>(height * width * channels), value)};
}

Image resize(const Image& image, int64_t height, int64_t width) {
  PHOSPHENE_CHECK(image.height > 0 && image.width > 0 && height > 0 && width > 0);
  return resized_part(image, {.in = image.height, .out = height}, {0, height}, {.in = image.width, .out = width}, {0, width});
}

Image blurred(const Image& image, double sigma) {
  PHOSPHENE_CHECK(sigma > 0);
  return filter_columns(filter_rows(image, {0, image.height}, gaussian_taps(image.width, sigma)), gaussian_taps(image.height, sigma));
}

Image crop(const Image& image, int64_t y, int64_t x, int64_t height, int64_t width) {
  PHOSPHENE_CHECK(y >= 0 && x >= 0 && height >= 0 && width >= 0 && y + height <= image.height && x + width <= image.width);
  Image out = Image::blank(height, width, image.channels, 0);
  if (out.pixels.empty()) return out;
  for (int64_t row = 0; row < height; ++row) std::memcpy(out.at(row, 0), image.at(y + row, x), static_cast<size_t>(width * image.channels));
  return out;
}

Image centre_crop(const Image& image, int64_t height, int64_t width) {
  return crop(image, (image.height - height) / 2, (image.width - width) / 2, height, width);
}

Image resize_and_crop(const Image& image, int64_t side, int64_t height, int64_t width) {
  const int64_t shorter = std::min(image.height, image.width);
  PHOSPHENE_CHECK(shorter > 0);
  const int64_t new_height = std::max(image.height == shorter ? side : image.height * side / shorter, height);
  const int64_t new_width = std::max(image.width == shorter ? side : image.width * side / shorter, width);
  return resized_part(image, {.in = image.height, .out = new_height}, {(new_height - height) / 2, height},
                      {.in = image.width, .out = new_width}, {(new_width - width) / 2, width});
}

}  // namespace phosphene
