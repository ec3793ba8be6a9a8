// With the points p = 0, 1, -1 (t = 4) or 0, 1, -1, 2, -2 (t = 6) and infinity, N_k = product over l != k of (p_k - p_l):
//
//     G[k, j] = p_k^j / N_k     B^T[k]: the coefficients of the product over l != k of (x - p_l)     A^T[i, k] = p_k^i
//
// and at infinity G: the last tap, B^T: the product over all l, A^T: 1 in the last row. Three passes over as many tiles as the shared cache
// holds: windows into their t^2 places, V[place][tile][channel]; products, M[place][tile][result] = V U; results.
#include "phosphene/engine/onednn/winograd.h"

#include <algorithm>
#include <array>

#include "phosphene/base/error.h"
#include "phosphene/engine/onednn/vectors.h"

#if defined(__x86_64__)

#define PHOSPHENE_INLINE PHOSPHENE_AVX2 __attribute__((always_inline)) inline

namespace phosphene::onednn {

namespace {

using Vector = __m256;
constexpr int64_t kBlock = kWinogradBlock, kPanel = 2 * kBlock;   // channels of a vector; results of a product's panel
constexpr int64_t kRows = 6;                                      // tiles of a product: 12 sums in registers
constexpr int64_t kLine = 16;                                     // floats between places, so that they do not share lines of a cache
constexpr int64_t kLeastFloats = 1 << 18, kMostFloats = 1 << 22;  // of V and M
constexpr int64_t kChunkFloats = 1 << 15;                         // of V that a thread multiplies by a panel after the other

int64_t ceil_divide(int64_t a, int64_t b) { return (a + b - 1) / b; }

// --- geometry

// Along one axis, a phase's pixels: inputs begin + step i (the first tile's first one at i = 0), results likewise.
struct Phase {
  int64_t in, in_step, out, out_step, count;
};

int64_t taps(const Winograd& w) { return w.kernel / w.stride; }

Phase phase_of(const Winograd& w, int64_t phase, bool rows) {
  const int64_t pad = rows ? w.pad_top : w.pad_left, s = w.stride;
  const int64_t wide = rows ? w.wide_height : w.wide_width, narrow = rows ? w.narrow_height : w.narrow_width;
  if (!w.to_wide) return {phase - pad, s, 0, 1, narrow};
  // wide pixel s q + phase - pad = sum over u of tap[s u + phase] narrow[q - u]
  const int64_t q = ceil_divide(std::max<int64_t>(pad - phase, 0), s), first = s * q + phase - pad;
  return {q - (taps(w) - 1), 1, first, s, std::max<int64_t>(ceil_divide(wide - first, s), 0)};
}

struct Tiling {
  int64_t t, m;                             // window, results of a tile, a side
  int64_t in_phases, out_phases, channels;  // channels: of all inputs of a product
  int64_t rows, columns, tiles;             // tiles of a picture's side, of all pictures
  int64_t group, v_place, m_place;          // tiles at a time, floats from a place to the next one
};

int64_t places(const Tiling& p) { return p.t * p.t; }
int64_t weights_of_part(const Tiling& p, const Winograd& w) { return places(p) * p.channels * w.to(); }

Tiling tiling_of(const Winograd& w) {
  Tiling p{};
  const int64_t r = taps(w), phases = w.stride * w.stride;
  p.in_phases = w.to_wide ? 1 : phases;
  p.out_phases = w.to_wide ? phases : 1;
  p.channels = p.in_phases * w.from();
  int64_t height = 0, width = 0;
  for (int64_t phase = 0; phase < w.stride; ++phase) {
    height = std::max(height, phase_of(w, phase, true).count);
    width = std::max(width, phase_of(w, phase, false).count);
  }
  const auto cost = [&](int64_t t) { return ceil_divide(height, t + 1 - r) * ceil_divide(width, t + 1 - r) * t * t; };
  p.t = r == 2 && cost(4) <= cost(6) ? 4 : 6;
  p.m = p.t + 1 - r;
  p.rows = ceil_divide(height, p.m);
  p.columns = ceil_divide(width, p.m);
  p.tiles = w.pictures * p.rows * p.columns;
  const int64_t budget = std::clamp(weights_of_part(p, w), kLeastFloats, kMostFloats);
  p.group = std::min(p.tiles, std::max(kRows, budget / (places(p) * (p.channels + w.to())) / kRows * kRows));
  p.v_place = p.group * p.channels + kLine;
  p.m_place = p.group * w.to() + kLine;
  return p;
}

// --- weights

struct Points {
  int64_t t;
  double point(int64_t k) const { return std::array{0, 1, -1, 2, -2}[static_cast<size_t>(k)]; }
  double divisor(int64_t k) const {
    if (t == 4) return k == 0 ? 1 : 2;  // the sign of the first one is B's
    return k == 0 ? 4 : k < 3 ? -6 : 24;
  }
  // G[k, j] of r taps
  double g(int64_t k, int64_t j, int64_t r) const {
    if (k == t - 1) return j == r - 1;
    double power = 1;
    for (int64_t i = 0; i < j; ++i) power *= point(k);
    return power / divisor(k);
  }
};

// --- lines of a window: to = B^T d and to = A^T p

PHOSPHENE_INLINE void window_line(const Vector (&d)[4], Vector (&to)[4]) {
  to[0] = d[0] - d[2];
  to[1] = d[1] + d[2];
  to[2] = d[2] - d[1];
  to[3] = d[3] - d[1];
}

PHOSPHENE_INLINE void window_line(const Vector (&d)[6], Vector (&to)[6]) {
  const Vector a = d[4] - 4.0f * d[2], b = d[3] - 4.0f * d[1], c = d[4] - d[2], e = 2.0f * (d[3] - d[1]);
  to[0] = 4.0f * d[0] - 5.0f * d[2] + d[4];
  to[1] = a + b;
  to[2] = a - b;
  to[3] = c + e;
  to[4] = c - e;
  to[5] = 4.0f * d[1] - 5.0f * d[3] + d[5];
}

template <int M>
PHOSPHENE_INLINE void result_line(const Vector (&p)[4], Vector (&to)[M]) {
  const Vector even = p[1] + p[2], odd = p[1] - p[2];
  PHOSPHENE_UNROLL for (int i = 0; i < M; ++i) to[i] = i % 2 ? odd : even;
  to[0] += p[0];
  to[M - 1] += p[3];
}

template <int M>
PHOSPHENE_INLINE void result_line(const Vector (&p)[6], Vector (&to)[M]) {
  const Vector even = p[1] + p[2], odd = p[1] - p[2], even2 = p[3] + p[4], odd2 = p[3] - p[4];
  PHOSPHENE_UNROLL for (int i = 0; i < M; ++i) to[i] =
      i % 2 ? odd + static_cast<float>(1 << i) * odd2 : even + static_cast<float>(1 << i) * even2;
  to[0] += p[0];
  to[M - 1] += p[5];
}

// --- the three passes

// The window of a block of channels whose first pixel is (y, x), every `step`th one; pixels outside are zeros.
template <int T>
PHOSPHENE_AVX2 void window(const float* picture, int64_t height, int64_t width, int64_t y, int64_t x, int64_t step, float* v,
                           int64_t place) {
  Vector d[T][T], half[T][T];
  if (y >= 0 && x >= 0 && y + (T - 1) * step < height && x + (T - 1) * step < width) {
    const float* from = picture + (y * width + x) * kBlock;
    for (int i = 0; i < T; ++i, from += step * width * kBlock)
      PHOSPHENE_UNROLL for (int j = 0; j < T; ++j) d[i][j] = _mm256_loadu_ps(from + j * step * kBlock);
  } else {
    for (int i = 0; i < T; ++i)
      for (int j = 0; j < T; ++j) {
        const int64_t row = y + i * step, column = x + j * step;
        const bool inside = row >= 0 && row < height && column >= 0 && column < width;
        d[i][j] = inside ? _mm256_loadu_ps(picture + (row * width + column) * kBlock) : _mm256_setzero_ps();
      }
  }
  for (int i = 0; i < T; ++i) window_line(d[i], half[i]);
  for (int j = 0; j < T; ++j) {
    Vector line[T], to[T];
    PHOSPHENE_UNROLL for (int i = 0; i < T; ++i) line[i] = half[i][j];
    window_line(line, to);
    PHOSPHENE_UNROLL for (int i = 0; i < T; ++i) _mm256_storeu_ps(v + (i * T + j) * place, to[i]);
  }
}

// m[row][0, kPanel) = sum over c of v[row][c] u[c][0, kPanel)
template <int kCount>
PHOSPHENE_AVX2 void product(const float* v, int64_t v_stride, const float* u, int64_t channels, float* m, int64_t m_stride) {
  Vector sum[kCount][2];
  PHOSPHENE_UNROLL for (int row = 0; row < kCount; ++row) sum[row][0] = sum[row][1] = _mm256_setzero_ps();
  for (int64_t c = 0; c < channels; ++c, u += kPanel) {
    _mm_prefetch(reinterpret_cast<const char*>(u + channels * kPanel), _MM_HINT_T0);  // the next panel
    const Vector low = _mm256_loadu_ps(u), high = _mm256_loadu_ps(u + kBlock);
    PHOSPHENE_UNROLL for (int row = 0; row < kCount; ++row) {
      const Vector factor = _mm256_broadcast_ss(v + row * v_stride + c);
      sum[row][0] = _mm256_fmadd_ps(factor, low, sum[row][0]);
      sum[row][1] = _mm256_fmadd_ps(factor, high, sum[row][1]);
    }
  }
  PHOSPHENE_UNROLL for (int row = 0; row < kCount; ++row) {
    _mm256_storeu_ps(m + row * m_stride, sum[row][0]);
    _mm256_storeu_ps(m + row * m_stride + kBlock, sum[row][1]);
  }
}

// `tiles` tiles of one place by all of its panels, [panel][channel][kPanel].
void products(const float* v, const float* u, int64_t tiles, int64_t channels, int64_t results, float* m) {
  constexpr decltype(&product<1>) kByCount[] = {product<1>, product<2>, product<3>, product<4>, product<5>, product<6>};
  for (int64_t panel = 0; panel < results; panel += kPanel, u += channels * kPanel)
    for (int64_t tile = 0; tile < tiles; tile += kRows)
      kByCount[std::min(kRows, tiles - tile) - 1](v + tile * channels, channels, u, channels, m + tile * results + panel, results);
}

// The results of a block of channels: `rows` times `columns` of them are there, from `y` on.
template <int T, int M>
PHOSPHENE_AVX2 void results(const float* m, int64_t place, const float* bias, float slope, int64_t rows, int64_t columns, float* y,
                            int64_t row_stride, int64_t stride) {
  Vector half[T][M];
  for (int i = 0; i < T; ++i) {
    Vector line[T];
    PHOSPHENE_UNROLL for (int j = 0; j < T; ++j) line[j] = _mm256_loadu_ps(m + (i * T + j) * place);
    result_line<M>(line, half[i]);
  }
  const Vector add = bias ? _mm256_loadu_ps(bias) : _mm256_setzero_ps(), zero = _mm256_setzero_ps(), factor = _mm256_set1_ps(slope);
  for (int64_t j = 0; j < std::min<int64_t>(M, columns); ++j) {
    Vector line[T], to[M];
    PHOSPHENE_UNROLL for (int i = 0; i < T; ++i) line[i] = half[i][j];
    result_line<M>(line, to);
    for (int64_t i = 0; i < std::min<int64_t>(M, rows); ++i) {
      const Vector sum = to[i] + add;
      const Vector above = _mm256_cmp_ps(sum, zero, _CMP_GT_OQ);
      _mm256_storeu_ps(y + i * row_stride + j * stride, slope == 1 ? sum : _mm256_blendv_ps(sum * factor, sum, above));
    }
  }
}

template <int T, int M>
void run(const Winograd& w, const Tiling& p, const float* x, const float* u, const WinogradEnd& end, float* y, float* scratch) {
  const int64_t in_height = w.to_wide ? w.narrow_height : w.wide_height, in_width = w.to_wide ? w.narrow_width : w.wide_width;
  const int64_t out_height = w.to_wide ? w.wide_height : w.narrow_height, out_width = w.to_wide ? w.wide_width : w.narrow_width;
  const int64_t in_blocks = w.from() / kBlock, out_blocks = w.to() / kBlock, in_plane = in_height * in_width * kBlock,
                out_plane = out_height * out_width * kBlock;
  const int64_t chunk = std::max(kRows, kChunkFloats / p.channels / kRows * kRows);
  float *v = scratch, *m = scratch + places(p) * p.v_place;
  for (int64_t part = 0; part < w.groups * p.out_phases; ++part, u += weights_of_part(p, w)) {
    const int64_t group = part / p.out_phases, out_phase = part % p.out_phases;
    for (int64_t first = 0; first < p.tiles; first += p.group) {
      const int64_t tiles = std::min(p.group, p.tiles - first), chunks = ceil_divide(tiles, chunk);
#pragma omp parallel
      {
#pragma omp for schedule(static)
        for (int64_t tile = 0; tile < tiles; ++tile) {
          const int64_t at = first + tile, row = at / p.columns % p.rows, column = at % p.columns, picture = at / (p.rows * p.columns);
          const float* planes = x + (picture * w.groups + group) * in_blocks * in_plane;
          float* to = v + tile * p.channels;
          for (int64_t in_phase = 0; in_phase < p.in_phases; ++in_phase) {
            const int64_t phase = in_phase + out_phase;  // one of them is 0
            const Phase rows = phase_of(w, phase / w.stride, true), columns = phase_of(w, phase % w.stride, false);
            for (int64_t block = 0; block < in_blocks; ++block, to += kBlock)
              window<T>(planes + block * in_plane, in_height, in_width, rows.in + row * M * rows.in_step,
                        columns.in + column * M * columns.in_step, rows.in_step, to, p.v_place);
          }
        }
#pragma omp for schedule(static)
        for (int64_t unit = 0; unit < places(p) * chunks; ++unit) {
          const int64_t place = unit / chunks, from = unit % chunks * chunk;
          products(v + place * p.v_place + from * p.channels, u + place * p.channels * w.to(), std::min(chunk, tiles - from), p.channels,
                   w.to(), m + place * p.m_place + from * w.to());
        }
#pragma omp for schedule(static)
        for (int64_t tile = 0; tile < tiles; ++tile) {
          const int64_t at = first + tile, row = at / p.columns % p.rows, column = at % p.columns, picture = at / (p.rows * p.columns);
          const Phase rows = phase_of(w, out_phase / w.stride, true), columns = phase_of(w, out_phase % w.stride, false);
          const int64_t top = rows.out + row * M * rows.out_step, left = columns.out + column * M * columns.out_step;
          for (int64_t block = 0; block < out_blocks; ++block) {
            const int64_t channel = group * w.to() + block * kBlock;
            results<T, M>(m + tile * w.to() + block * kBlock, p.m_place, end.bias ? end.bias + channel : nullptr, end.slope,
                          rows.count - row * M, columns.count - column * M,
                          y + (picture * w.groups * out_blocks + channel / kBlock) * out_plane + (top * out_width + left) * kBlock,
                          rows.out_step * out_width * kBlock, columns.out_step * kBlock);
          }
        }
      }
    }
  }
}

}  // namespace

int64_t winograd_weight_floats(const Winograd& w) {
  const Tiling p = tiling_of(w);
  return w.groups * p.out_phases * weights_of_part(p, w);
}

void winograd_weights(const Winograd& w, const float* weights, float* transformed) {
  const Tiling p = tiling_of(w);
  const Points points{p.t};
  const int64_t r = taps(w), s = w.stride, panels = w.to() / kPanel;
  double g[6][5];
  for (int64_t k = 0; k < p.t; ++k)
    for (int64_t j = 0; j < r; ++j) g[k][j] = points.g(k, j, r);
#pragma omp parallel for schedule(static)
  for (int64_t piece = 0; piece < w.groups * p.out_phases * panels; ++piece) {
    const int64_t part = piece / panels, panel = piece % panels, group = part / p.out_phases, out_phase = part % p.out_phases;
    for (int64_t channel = 0; channel < p.channels; ++channel)
      for (int64_t lane = 0; lane < kPanel; ++lane) {
        const int64_t to = panel * kPanel + lane, from = channel % w.from(), phase = channel / w.from() + out_phase;
        const int64_t narrow = group * w.narrow_channels + (w.to_wide ? from : to), wide = w.to_wide ? to : from;
        const float* kernel = weights + (narrow * w.wide_channels + wide) * w.kernel * w.kernel;
        double half[6][5];
        for (int64_t i = 0; i < p.t; ++i)
          for (int64_t x = 0; x < r; ++x) {
            half[i][x] = 0;
            for (int64_t y = 0; y < r; ++y) {
              const int64_t row = s * (w.to_wide ? r - 1 - y : y) + phase / s, column = s * (w.to_wide ? r - 1 - x : x) + phase % s;
              half[i][x] += g[i][y] * kernel[row * w.kernel + column];
            }
          }
        for (int64_t i = 0; i < p.t; ++i)
          for (int64_t j = 0; j < p.t; ++j) {
            double sum = 0;
            for (int64_t x = 0; x < r; ++x) sum += half[i][x] * g[j][x];
            const int64_t place = i * p.t + j;
            transformed[part * weights_of_part(p, w) + ((place * panels + panel) * p.channels + channel) * kPanel + lane] =
                static_cast<float>(sum);
          }
      }
  }
}

int64_t winograd_scratch_floats(const Winograd& w) {
  const Tiling p = tiling_of(w);
  return places(p) * (p.v_place + p.m_place);
}

void winograd(const Winograd& w, const float* x, const float* transformed, const WinogradEnd& end, float* y, float* scratch) {
  PHOSPHENE_CHECK(has_avx2() && w.from() % kBlock == 0 && w.to() % kPanel == 0);
  const Tiling p = tiling_of(w);
  const auto run_it = p.t == 4 ? run<4, 3> : p.m == 5 ? run<6, 5> : p.m == 4 ? run<6, 4> : run<6, 2>;
  run_it(w, p, x, transformed, end, y, scratch);
}

}  // namespace phosphene::onednn

#else

namespace phosphene::onednn {

int64_t winograd_weight_floats(const Winograd&) { return 0; }
void winograd_weights(const Winograd&, const float*, float*) { PHOSPHENE_CHECK(false); }
int64_t winograd_scratch_floats(const Winograd&) { return 0; }
void winograd(const Winograd&, const float*, const float*, const WinogradEnd&, float*, float*) { PHOSPHENE_CHECK(false); }

}  // namespace phosphene::onednn

#endif
