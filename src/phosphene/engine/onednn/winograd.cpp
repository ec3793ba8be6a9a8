// With the points p_k of the windows (WinogradPoints) and infinity, N_k = product over l != k of (p_k - p_l):
//
//     G[k, j] = p_k^j / N_k     B^T[k]: the coefficients of the product over l != k of (x - p_l)     A^T[i, k] = p_k^i
//
// and at infinity G: the last tap, B^T: the product over all l, A^T: 1 in the last row.
#include "phosphene/engine/onednn/winograd.h"

#include <array>

#include "phosphene/base/error.h"
#include "phosphene/engine/onednn/vectors.h"
#include "phosphene/engine/onednn/winograd_tiling.h"
#include "phosphene/formats/half.h"

namespace phosphene::onednn {

void winograd_avx512(const Winograd& winograd, const void* x, const void* transformed, const WinogradEnd& end, void* y, float* scratch);
void winograd_avx2(const Winograd& winograd, const void* x, const void* transformed, const WinogradEnd& end, void* y, float* scratch);

namespace {

constexpr int64_t kMostPlaces = 7, kMostTaps = 5;
using Rows = std::array<std::array<double, kMostTaps>, kMostPlaces>;

Rows taps_to_places(int64_t t, int64_t r) {
  const WinogradPoints some(t);
  std::array<double, kMostPlaces - 1> points{};
  for (int i = 0; i < some.pairs; ++i)
    for (const int sign : {1, -1}) points[some.zero + 2 * i + (sign < 0)] = sign * some.pair[i];
  Rows g{};
  for (int64_t k = 0; k + 1 < t; ++k) {
    double divisor = 1, power = 1;
    for (int64_t l = 0; l + 1 < t; ++l)
      if (l != k) divisor *= points[k] - points[l];
    for (int64_t j = 0; j < r; ++j, power *= points[k]) g[k][j] = power / divisor;
  }
  g[t - 1][r - 1] = 1;
  return g;
}

}  // namespace

int64_t winograd_block(bool bf16) {
  if (bf16) return has_avx512(true) && !has_amx() ? 16 : 0;
  return has_avx512(false) ? 16 : has_avx2() ? 8 : 0;
}

int64_t winograd_window(const Winograd& w) { return tiling_of(w).t; }

int64_t winograd_weight_floats(const Winograd& w) {
  const Tiling p = tiling_of(w);
  return w.groups * p.places * p.u_place / p.in_float;
}

void winograd_weights(const Winograd& w, const float* weights, void* transformed) {
  const Tiling p = tiling_of(w);
  const int64_t r = w.kernel / w.stride, panel = 2 * winograd_block(w.bf16), pair = p.in_float;
  const bool turned = w.bf16 && w.to_wide;
  const int64_t depth = turned ? w.narrow_channels : p.phases * w.wide_channels, results = turned ? w.wide_channels : w.narrow_channels;
  const auto place_of = [&](int64_t phase, int64_t wide, int64_t narrow) {  // in a place of U
    const int64_t row = turned ? narrow : phase * w.wide_channels + wide, column = turned ? wide : narrow;
    const int64_t first = column / panel * panel, lanes = std::min(panel, results - first);
    return (turned ? phase * depth * results : 0) + first * depth + (row / pair * lanes + column - first) * pair + row % pair;
  };
  const Rows g = taps_to_places(p.t, r);
#pragma omp parallel for schedule(static)
  for (int64_t o = 0; o < w.groups * w.narrow_channels; ++o)
    for (int64_t phase = 0; phase < p.phases; ++phase)
      for (int64_t wide = 0; wide < w.wide_channels; ++wide) {
        const float* kernel = weights + ((o * w.wide_channels + wide) * w.kernel + phase / w.stride) * w.kernel + phase % w.stride;
        const int64_t to = o / w.narrow_channels * p.places * p.u_place + place_of(phase, wide, o % w.narrow_channels);
        Rows half{};
        for (int64_t i = 0; i < p.t; ++i)
          for (int64_t x = 0; x < r; ++x)
            for (int64_t y = 0; y < r; ++y) half[i][x] += g[i][y] * kernel[(y * w.kernel + x) * w.stride];
        for (int64_t place = 0; place < p.places; ++place) {
          double sum = 0;
          for (int64_t x = 0; x < r; ++x) sum += half[place / p.t][x] * g[place % p.t][x];
          if (w.bf16)
            static_cast<uint16_t*>(transformed)[to + place * p.u_place] = float_to_bfloat16(static_cast<float>(sum));
          else
            static_cast<float*>(transformed)[to + place * p.u_place] = static_cast<float>(sum);
        }
      }
}

int64_t winograd_scratch_floats(const Winograd& w) {
  const Tiling p = tiling_of(w);
  return (p.apart ? w.threads : 1) * p.places * (p.v_place / p.in_float + p.m_place);
}

void winograd(const Winograd& w, const void* x, const void* transformed, const WinogradEnd& end, void* y, float* scratch) {
  const int64_t block = winograd_block(w.bf16);
  PHOSPHENE_CHECK(block > 0 && w.from() % block == 0 && w.to() % block == 0);
#if defined(__x86_64__)
  (block == 16 ? winograd_avx512 : winograd_avx2)(w, x, transformed, end, y, scratch);
#endif
}

}  // namespace phosphene::onednn
