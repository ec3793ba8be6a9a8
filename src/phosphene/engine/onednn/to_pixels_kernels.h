// The kernels of to_pixels.h, for any width of vectors. Who includes this defines before it PHOSPHENE_TARGET, the instructions that they
// are compiled for, and the lanes L (their members: see Float32 in lanes_avx2.h).
//
// A row of pixels at a time: the sums of some features in registers, over all features that reach the row; then the line of pixels, where
// the sums of neighbours overlap; then its channels, each on its own.
#pragma once

#include <omp.h>

#include <cstring>

#include "phosphene/engine/onednn/to_pixels_line.h"
#include "phosphene/engine/onednn/vectors.h"

namespace phosphene::onednn {

namespace {

using Eight [[gnu::vector_size(32)]] = float;    // two pixels of four channels
using Sixteen [[gnu::vector_size(64)]] = float;  // four of them

// Features of a row: a plane of blocks, and the weights of the row of the kernel by which they reach the pixels.
template <typename L>
struct Reach {
  const typename L::Value *row, *weights;
};

// sums[x][v, c] for kFeatures of them.
template <typename L, int kFeatures>
PHOSPHENE_TARGET void feature_sums(const ToPixels& p, const Reach<L>* reaches, int64_t count, float* sums) {
  constexpr int kVectors = kSpread / L::kLanes;
  typename L::Vector sum[kFeatures][kVectors];
  PHOSPHENE_UNROLL for (int x = 0; x < kFeatures; ++x) PHOSPHENE_UNROLL for (int k = 0; k < kVectors; ++k) sum[x][k] = L::spread(0);
  for (const Reach<L>* reach = reaches; reach < reaches + count; ++reach) {
    const typename L::Value* weights = reach->weights;
    for (int64_t block = 0; block < p.features / L::kLanes; ++block) {
      const typename L::Value* feature = reach->row + block * p.height * p.width * L::kLanes;
      for (int64_t o = 0; o < L::kLanes; o += L::kPerSum, weights += kSpread * L::kPerSum) {
        typename L::Data line[kVectors];
        PHOSPHENE_UNROLL for (int k = 0; k < kVectors; ++k) line[k] = L::load_data(weights + k * L::kLanes * L::kPerSum);
        PHOSPHENE_UNROLL for (int x = 0; x < kFeatures; ++x) {
          const typename L::Data factor = L::spread_data(feature + x * L::kLanes + o);
          PHOSPHENE_UNROLL for (int k = 0; k < kVectors; ++k) sum[x][k] = L::multiply_add(factor, line[k], sum[x][k]);
        }
      }
    }
  }
  PHOSPHENE_UNROLL for (int x = 0; x < kFeatures; ++x) PHOSPHENE_UNROLL for (int k = 0; k < kVectors; ++k)
      L::store(sums + x * kSpread + k * L::kLanes, sum[x][k]);
}

// The two pixels that end with feature x get the first half of its sums and the second half of its neighbour's.
PHOSPHENE_TARGET inline void line_of_pixels(int64_t width, const float* sums, float* line) {
  for (int64_t x = 0; x <= width; ++x, sums += kSpread, line += kSpread / 2) {
    Eight pixels, overlap;
    std::memcpy(&pixels, sums, sizeof pixels);
    std::memcpy(&overlap, sums - kSpread / 2, sizeof overlap);
    pixels += overlap;
    std::memcpy(line, &pixels, sizeof pixels);
  }
}

// kTogether pixels, their channels apart.
PHOSPHENE_TARGET inline void channels_of(const float* line, Sixteen (&channels)[4]) {
  Sixteen halves[2][2];
  PHOSPHENE_UNROLL for (int half = 0; half < 2; ++half) {
    Sixteen a, b;
    std::memcpy(&a, line + 32 * half, sizeof a);
    std::memcpy(&b, line + 32 * half + 16, sizeof b);
    halves[half][0] = __builtin_shufflevector(a, b, 0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);
    halves[half][1] = __builtin_shufflevector(a, b, 2, 6, 10, 14, 18, 22, 26, 30, 3, 7, 11, 15, 19, 23, 27, 31);
  }
  PHOSPHENE_UNROLL for (int k = 0; k < 2; ++k) {
    const Sixteen a = halves[0][k], b = halves[1][k];
    channels[2 * k] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    channels[2 * k + 1] = __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  }
}

// A row of a picture from its line of pixels; a channel is `plane` values after the other.
template <typename L>
PHOSPHENE_TARGET void write_row(const ToPixels& p, const float* line, const float* bias, float slope, typename L::Value* row) {
  const int64_t plane = p.picture_height * p.picture_width;
  const typename L::Vector factor = L::spread(slope);
  for (int64_t x = 0; x < p.picture_width; x += kTogether) {
    Sixteen channels[4];
    channels_of(line + x * ToPixels::kMostChannels, channels);
    const int64_t count = std::min(kTogether, p.picture_width - x);
    for (int64_t c = 0; c < p.channels; ++c) {
      typename L::Value some[kTogether], *to = row + c * plane + x;
      PHOSPHENE_UNROLL for (int k = 0; k < kTogether; k += L::kLanes) {
        typename L::Vector sum = L::load(reinterpret_cast<const float*>(&channels[c]) + k) + L::spread(bias ? bias[c] : 0);
        if (slope != 1) sum = L::scale_unless_above_zero(sum, factor);
        L::store((count == kTogether ? to : some) + k, sum);
      }
      if (count < kTogether) std::copy_n(some, count, to);
    }
  }
}

// The features that reach a row of pixels. Returns their number.
template <typename L>
int64_t find_reaches(const ToPixels& p, const typename L::Value* features, const typename L::Value* weights, int64_t row,
                     Reach<L>* reaches) {
  int64_t count = 0;
  for (int64_t u = (row + p.pad_top) % ToPixels::kStride; u < p.kernel_rows; u += ToPixels::kStride)
    if (const int64_t y = (row + p.pad_top - u) / ToPixels::kStride; row + p.pad_top >= u && y < p.height)
      reaches[count++] = {features + y * p.width * L::kLanes, weights + u * p.features * kSpread};
  return count;
}

template <typename L>
PHOSPHENE_TARGET void row_sums(const ToPixels& p, const Reach<L>* reaches, int64_t count, float* sums) {
  constexpr int kFeatures = L::kLanes == 16 ? 16 : L::kRows;  // that keep registers busy
  for (int64_t first = 0; first < p.width; first += p.width < kFeatures ? 1 : kFeatures) {
    const int64_t x = p.width < kFeatures ? first : std::min(first, p.width - kFeatures);  // the last ones once more
    Reach<L> some[ToPixels::kMostRows / ToPixels::kStride];
    for (int64_t i = 0; i < count; ++i) some[i] = {reaches[i].row + x * L::kLanes, reaches[i].weights};
    (p.width < kFeatures ? feature_sums<L, 1> : feature_sums<L, kFeatures>)(p, some, count, sums + x * kSpread);
  }
}

template <typename L>
PHOSPHENE_TARGET void run(const ToPixels& p, const void* features, const void* packed, const float* bias, float slope, void* pixels,
                          float* scratch) {
  using Value = typename L::Value;
  const int64_t rows = p.pictures * p.picture_height, plane = p.height * p.width;
  std::fill_n(scratch, p.threads * line_floats(p), 0.0f);
#pragma omp parallel for schedule(static) num_threads(p.threads)
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t picture = i / p.picture_height, row = i % p.picture_height;
    float *sums = scratch + omp_get_thread_num() * line_floats(p) + kSpread, *line = sums - kSpread + sums_floats(p);
    Reach<L> reaches[ToPixels::kMostRows / ToPixels::kStride];
    const int64_t count = find_reaches<L>(p, static_cast<const Value*>(features) + picture * p.features * plane,
                                          static_cast<const Value*>(packed), row, reaches);
    row_sums<L>(p, reaches, count, sums);
    line_of_pixels(p.width, sums, line);
    Value* to = static_cast<Value*>(pixels) + (picture * p.channels * p.picture_height + row) * p.picture_width;
    write_row<L>(p, line + p.pad_left * ToPixels::kMostChannels, bias, slope, to);
  }
}

}  // namespace

}  // namespace phosphene::onednn
