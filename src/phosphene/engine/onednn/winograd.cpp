// With the points p = 0, 1, -1, 2 (t = 5), also -2 (t = 6), also 1/2 (t = 7), and infinity, N_k = product over l != k of (p_k - p_l):
//
//     G[k, j] = p_k^j / N_k     B^T[k]: the coefficients of the product over l != k of (x - p_l)     A^T[i, k] = p_k^i
//
// and at infinity G: the last tap, B^T: the product over all l, A^T: 1 in the last row.
#include "phosphene/engine/onednn/winograd.h"

#include <array>

#include "phosphene/base/error.h"
#include "phosphene/engine/onednn/vectors.h"
#include "phosphene/engine/onednn/winograd_tiling.h"

namespace phosphene::onednn {

void winograd_avx512(const Winograd& winograd, const float* x, const float* transformed, const WinogradEnd& end, float* y, float* scratch);
void winograd_avx2(const Winograd& winograd, const float* x, const float* transformed, const WinogradEnd& end, float* y, float* scratch);

namespace {

constexpr int64_t kMostPlaces = 7, kMostTaps = 5;
using Rows = std::array<std::array<double, kMostTaps>, kMostPlaces>;

Rows taps_to_places(int64_t t, int64_t r) {
  constexpr std::array<double, kMostPlaces - 1> kPoints{0, 1, -1, 2, -2, 0.5};
  Rows g{};
  for (int64_t k = 0; k + 1 < t; ++k) {
    double divisor = 1, power = 1;
    for (int64_t l = 0; l + 1 < t; ++l)
      if (l != k) divisor *= kPoints[k] - kPoints[l];
    for (int64_t j = 0; j < r; ++j, power *= kPoints[k]) g[k][j] = power / divisor;
  }
  g[t - 1][r - 1] = 1;
  return g;
}

}  // namespace

int64_t winograd_block() { return has_avx512(false) ? 16 : has_avx2() ? 8 : 0; }

int64_t winograd_window(const Winograd& w) { return tiling_of(w).t; }

int64_t winograd_weight_floats(const Winograd& w) {
  const Tiling p = tiling_of(w);
  return w.groups * p.places * p.u_place;
}

void winograd_weights(const Winograd& w, const float* weights, float* transformed) {
  const Tiling p = tiling_of(w);
  const int64_t r = w.kernel / w.stride, panel = 2 * winograd_block(), depth = p.phases * w.wide_channels;
  const Rows g = taps_to_places(p.t, r);
#pragma omp parallel for schedule(static)
  for (int64_t narrow = 0; narrow < w.groups * w.narrow_channels; ++narrow) {
    const int64_t group = narrow / w.narrow_channels, channel = narrow % w.narrow_channels, first = channel / panel * panel;
    const int64_t lanes = std::min(panel, w.narrow_channels - first);
    float* to = transformed + group * p.places * p.u_place + first * depth + channel - first;
    for (int64_t phase = 0; phase < p.phases; ++phase)
      for (int64_t wide = 0; wide < w.wide_channels; ++wide, to += lanes) {
        const float* kernel = weights + ((narrow * w.wide_channels + wide) * w.kernel + phase / w.stride) * w.kernel + phase % w.stride;
        Rows half{};
        for (int64_t i = 0; i < p.t; ++i)
          for (int64_t x = 0; x < r; ++x)
            for (int64_t y = 0; y < r; ++y) half[i][x] += g[i][y] * kernel[(y * w.kernel + x) * w.stride];
        for (int64_t place = 0; place < p.places; ++place) {
          double sum = 0;
          for (int64_t x = 0; x < r; ++x) sum += half[place / p.t][x] * g[place % p.t][x];
          to[place * p.u_place] = static_cast<float>(sum);
        }
      }
  }
}

int64_t winograd_scratch_floats(const Winograd& w) {
  const Tiling p = tiling_of(w);
  return (p.apart ? w.threads : 1) * p.places * (p.v_place + p.m_place);
}

void winograd(const Winograd& w, const float* x, const float* transformed, const WinogradEnd& end, float* y, float* scratch) {
  const int64_t block = winograd_block();
  PHOSPHENE_CHECK(block > 0 && w.from() % block == 0 && w.to() % block == 0);
#if defined(__x86_64__)
  (block == 16 ? winograd_avx512 : winograd_avx2)(w, x, transformed, end, y, scratch);
#endif
}

}  // namespace phosphene::onednn
