// The kernels of winograd.h, for any width of vectors. Who includes this defines before it PHOSPHENE_TARGET, the instructions that they are
// compiled for, and the lanes L (their members: see Float32 in lanes_avx2.h).
//
// Three passes over as many tiles as the shared cache holds: windows into their places, V = B^T d B; products, M = V U; results, A^T M A.
#pragma once

#include <omp.h>

#include <array>
#include <utility>

#include "phosphene/engine/onednn/vectors.h"
#include "phosphene/engine/onednn/winograd_tiling.h"

namespace phosphene::onednn {

namespace {

// Both in 32 bits, one float32 or two bf16: what a thread multiplies of V by a panel after the other, and channels that a product sums at
// a time.
constexpr int64_t kChunk = 1 << 15, kDepth = 256;
constexpr int64_t kTiles = 8;  // whose windows or results a thread makes at a time, where threads share them

template <typename L>
constexpr int64_t kPanel = 2 * L::kLanes;  // results of a product

// --- lines of a window: to = B^T d, and to = A^T v

// For each pair of points, and after them for none: the product of (x^2 - p^2) over the other pairs, its factors of 1, x^2, x^4, ...
template <int T>
constexpr auto products_of_pairs() {
  constexpr WinogradPoints kPoints(T);
  std::array<std::array<float, kPoints.pairs + 1>, kPoints.pairs + 1> products{};
  for (int without = 0; without <= kPoints.pairs; ++without) {
    auto& product = products[without];
    product[0] = 1;
    for (int i = 0; i < kPoints.pairs; ++i)
      if (const float square = kPoints.pair[i] * kPoints.pair[i]; i != without) {
        for (int k = kPoints.pairs; k > 0; --k) product[k] = product[k - 1] - square * product[k];
        product[0] *= -square;
      }
  }
  return products;
}

// The sum of product[k] d[2 k], the last product 1.
template <int kTerms, typename Vector>
PHOSPHENE_INLINE Vector every_second(const float* product, const Vector* d) {
  Vector sum = d[2 * (kTerms - 1)];
  PHOSPHENE_UNROLL for (int k = kTerms - 2; k >= 0; --k) sum += product[k] * d[2 * k];
  return sum;
}

template <int T, typename Vector>
PHOSPHENE_INLINE void window_line(const Vector (&d)[T], Vector (&to)[T]) {
  constexpr WinogradPoints kPoints(T);
  constexpr int kPairs = kPoints.pairs, kZero = kPoints.zero;
  constexpr auto kProducts = products_of_pairs<T>();
  PHOSPHENE_UNROLL for (int i = 0; i < kPairs; ++i) {
    const Vector odd = every_second<kPairs>(kProducts[i].data(), d + kZero + 1),
                 even = every_second<kPairs>(kProducts[i].data(), d + kZero);
    to[kZero + 2 * i] = odd + kPoints.pair[i] * even;
    to[kZero + 2 * i + 1] = odd - kPoints.pair[i] * even;
  }
  if (kZero) to[0] = every_second<kPairs + 1>(kProducts[kPairs].data(), d);
  to[T - 1] = every_second<kPairs + 1>(kProducts[kPairs].data(), d + kZero);
}

template <int M, int T, typename Vector>
PHOSPHENE_INLINE void result_line(const Vector (&v)[T], Vector (&to)[M]) {
  constexpr WinogradPoints kPoints(T);
  PHOSPHENE_UNROLL for (int pair = 0; pair < kPoints.pairs; ++pair) {
    const Vector plus = v[kPoints.zero + 2 * pair], minus = v[kPoints.zero + 2 * pair + 1], even = plus + minus, odd = plus - minus;
    float power = 1;
    PHOSPHENE_UNROLL for (int i = 0; i < M; ++i, power *= kPoints.pair[pair]) {
      const Vector sum = power * (i % 2 ? odd : even);
      to[i] = pair == 0 ? sum : to[i] + sum;
    }
  }
  if (kPoints.zero) to[0] += v[0];
  to[M - 1] += v[T - 1];
}

// --- windows and results

// The window of a block of channels whose first pixel is (y, x), every `step`th one; pixels outside are zeros.
template <typename L, int T>
PHOSPHENE_TARGET void window(const typename L::Value* picture, int64_t height, int64_t width, int64_t y, int64_t x, int64_t step,
                             typename L::Value* v, int64_t place) {
  typename L::Vector half[T][T];
  const int64_t reach = (T - 1) * step;
  if (std::min(y, y + reach) >= 0 && std::max(y, y + reach) < height && std::min(x, x + reach) >= 0 && std::max(x, x + reach) < width) {
    const typename L::Value* from = picture + (y * width + x) * L::kLanes;
    for (int i = 0; i < T; ++i, from += step * width * L::kLanes) {
      typename L::Vector line[T];
      PHOSPHENE_UNROLL for (int j = 0; j < T; ++j) line[j] = L::load(from + j * step * L::kLanes);
      window_line(line, half[i]);
    }
  } else {
    for (int i = 0; i < T; ++i) {
      typename L::Vector line[T];
      for (int j = 0; j < T; ++j) {
        const int64_t row = y + i * step, column = x + j * step;
        const bool inside = row >= 0 && row < height && column >= 0 && column < width;
        line[j] = inside ? L::load(picture + (row * width + column) * L::kLanes) : L::spread(0);
      }
      window_line(line, half[i]);
    }
  }
  for (int j = 0; j < T; ++j) {
    typename L::Vector line[T], to[T];
    PHOSPHENE_UNROLL for (int i = 0; i < T; ++i) line[i] = half[i][j];
    window_line(line, to);
    PHOSPHENE_UNROLL for (int i = 0; i < T; ++i) L::store(v + (i * T + j) * place, to[i]);
  }
}

struct Range {
  int64_t begin, end;
};

// The results of a block of channels: those of `rows` and `columns` that are there, the first one of all at y[at].
template <typename L, int T, int M>
PHOSPHENE_TARGET void tile_results(const float* m, int64_t place, const WinogradEnd& end, int64_t channel, Range rows, Range columns,
                                   typename L::Value* y, int64_t at, int64_t row_stride, int64_t stride) {
  typename L::Vector half[T][M];
  for (int i = 0; i < T; ++i) {
    typename L::Vector line[T];
    PHOSPHENE_UNROLL for (int j = 0; j < T; ++j) line[j] = L::load(m + (i * T + j) * place);
    result_line<M>(line, half[i]);
  }
  const typename L::Vector add = end.bias ? L::load(end.bias + channel) : L::spread(0), factor = L::spread(end.slope);
  for (int64_t j = std::max<int64_t>(columns.begin, 0); j < std::min<int64_t>(M, columns.end); ++j) {
    typename L::Vector line[T], to[M];
    PHOSPHENE_UNROLL for (int i = 0; i < T; ++i) line[i] = half[i][j];
    result_line<M>(line, to);
    for (int64_t i = std::max<int64_t>(rows.begin, 0); i < std::min<int64_t>(M, rows.end); ++i) {
      const int64_t pixel = at + i * row_stride + j * stride;
      typename L::Vector sum = to[i] + add;
      if (end.more) sum += L::load(static_cast<const typename L::Value*>(end.more) + pixel);
      L::store(y + pixel, end.slope == 1 ? sum : L::scale_unless_above_zero(sum, factor));
    }
  }
}

// --- products

// A piece of U: kPanel rows lie together, then it goes on `stride` values further.
template <typename L>
struct Piece {
  const typename L::Value* from;
  int64_t stride;
};

// m[row][0, kVectors) (+)= sum over c < depth of v[row][c] u[c][0, kVectors), vectors; asks for `next` meanwhile.
template <typename L, int kVectors, int kRows>
PHOSPHENE_TARGET void product(const typename L::Value* v, int64_t v_stride, const typename L::Value* u, int64_t depth, bool add,
                              const Piece<L>& next, float* m, int64_t m_stride) {
  constexpr int64_t kWidth = L::kLanes * L::kPerSum;
  typename L::Vector sum[kRows][kVectors];
  PHOSPHENE_UNROLL for (int row = 0; row < kRows; ++row) PHOSPHENE_UNROLL for (int k = 0; k < kVectors; ++k) sum[row][k] =
      add ? L::load(m + row * m_stride + k * L::kLanes) : L::spread(0);
  const typename L::Value* fetch = next.from;
  for (int64_t first = 0; first < depth; first += kPanel<L>, fetch += next.stride) {
    const int64_t count = std::min(kPanel<L>, depth - first);
    for (int64_t c = 0; c < count; c += L::kPerSum, v += L::kPerSum, u += kVectors * kWidth) {
      typename L::Data line[kVectors];
      PHOSPHENE_UNROLL for (int k = 0; k < kVectors; ++k) {
        _mm_prefetch(reinterpret_cast<const char*>(fetch + c * kVectors * L::kLanes + k * kWidth), _MM_HINT_T0);
        line[k] = L::load_data(u + k * kWidth);
      }
      PHOSPHENE_UNROLL for (int row = 0; row < kRows; ++row) {
        const typename L::Data factor = L::spread_data(v + row * v_stride);
        PHOSPHENE_UNROLL for (int k = 0; k < kVectors; ++k) sum[row][k] = L::multiply_add(factor, line[k], sum[row][k]);
      }
    }
  }
  PHOSPHENE_UNROLL for (int row = 0; row < kRows; ++row) PHOSPHENE_UNROLL for (int k = 0; k < kVectors; ++k)
      L::store(m + row * m_stride + k * L::kLanes, sum[row][k]);
}

template <typename L, int kVectors, int... kRows>
constexpr auto products_by_rows(std::integer_sequence<int, kRows...>) {
  return std::array{&product<L, kVectors, kRows + 1>...};
}

// `tiles` tiles by a panel.
template <typename L, int kVectors>
void tiles_by_panel(const typename L::Value* v, int64_t v_stride, int64_t tiles, const typename L::Value* u, int64_t depth, bool add,
                    const Piece<L>& next, float* m, int64_t m_stride) {
  constexpr auto kByRows = products_by_rows<L, kVectors>(std::make_integer_sequence<int, L::kRows>{});
  for (int64_t left = ceil_divide(tiles, L::kRows); left > 0; --left) {  // as even as they come
    const int64_t rows = ceil_divide(tiles, left);
    kByRows[static_cast<size_t>(rows - 1)](v, v_stride, u, depth, add, next, m, m_stride);
    tiles -= rows;
    v += rows * v_stride;
    m += rows * m_stride;
  }
}

// One stage of a transposition: of a and b, the values that have changed places.
template <typename L, int kStage, size_t... I>
PHOSPHENE_INLINE void exchange(typename L::Vector& a, typename L::Vector& b, std::index_sequence<I...>) {
  const typename L::Vector low = __builtin_shufflevector(a, b, (I & kStage ? L::kLanes + I - kStage : I)...);
  b = __builtin_shufflevector(a, b, (I & kStage ? L::kLanes + I : I + kStage)...);
  a = low;
}

template <typename L, int kStage>
PHOSPHENE_INLINE void transpose(typename L::Vector (&block)[L::kLanes]) {
  PHOSPHENE_UNROLL for (int i = 0; i < L::kLanes; ++i) if ((i & kStage) == 0)
      exchange<L, kStage>(block[i], block[i + kStage], std::make_index_sequence<L::kLanes>{});
  if constexpr (kStage > 1) transpose<L, kStage / 2>(block);
}

// to[o][c] = u[c][o], rows of `width` and of `to_width` values, multiples of a block.
template <typename L>
PHOSPHENE_TARGET void transpose_panel(const float* u, int64_t width, float* to, int64_t to_width) {
  for (int64_t o = 0; o < width; o += L::kLanes)
    for (int64_t c = 0; c < to_width; c += L::kLanes) {
      typename L::Vector block[L::kLanes];
      PHOSPHENE_UNROLL for (int i = 0; i < L::kLanes; ++i) block[i] = L::load(u + (c + i) * width + o);
      transpose<L, L::kLanes / 2>(block);
      PHOSPHENE_UNROLL for (int i = 0; i < L::kLanes; ++i) L::store(to + (o + i) * to_width + c, block[i]);
    }
}

// `tiles` tiles of one place by all of its panels.
template <typename L>
void tiles_by_place(const Winograd& w, const Tiling& p, int64_t phase, const typename L::Value* v, int64_t tiles,
                    const typename L::Value* u, float* m) {
  constexpr int64_t kMost = kDepth * L::kPerSum;
  for (int64_t panel = 0; panel < w.to(); panel += kPanel<L>) {
    const int64_t width = std::min(kPanel<L>, w.to() - panel);
    const auto by_panel = width == kPanel<L> ? tiles_by_panel<L, 2> : tiles_by_panel<L, 1>;
    for (int64_t first = 0; first < p.channels; first += kMost) {
      const int64_t depth = std::min(kMost, p.channels - first);
      const auto multiply = [&](const typename L::Value* rows, const Piece<L>& next) {
        by_panel(v + first, p.v_stride, tiles, rows, depth, first > 0, next, m + panel, w.to());
      };
      if constexpr (L::kPerSum == 1)
        if (w.to_wide) {
          // A block of wide channels, of all narrow ones from one on.
          const auto piece = [&](int64_t wide, int64_t narrow) {
            const int64_t u_depth = p.phases * w.wide_channels, lanes = std::min(kPanel<L>, w.narrow_channels - narrow);
            return Piece<L>{u + narrow * u_depth + (phase * w.wide_channels + wide) * lanes, kPanel<L> * u_depth};
          };
          alignas(64) float turned[kDepth * kPanel<L>];
          for (int64_t done = 0; done < depth; done += kPanel<L>)
            transpose_panel<L>(piece(panel, first + done).from, std::min(kPanel<L>, depth - done), turned + done * width, width);
          multiply(turned, first + depth < p.channels ? piece(panel, first + depth) : piece(panel + width, 0));
          continue;
        }
      const typename L::Value* rows = u + (phase * w.to() + panel) * p.channels + first * width;
      multiply(rows, {rows + depth * width, kPanel<L> * width});
    }
  }
}

// --- the three passes, over tiles [begin, end) of those that lie in V and M, whose first one is `first` of all

template <typename L, int T, int M>
struct Passes {
  using Value = typename L::Value;

  const Winograd& w;
  const Tiling& p;
  int64_t group, out_phase;

  struct Tile {
    int64_t picture, row, column;
  };
  Tile tile(int64_t at) const { return {at / (p.rows * p.columns), at / p.columns % p.rows, at % p.columns}; }
  void step(Tile& at) const {  // to the next one, without a division
    if (++at.column < p.columns) return;
    at.column = 0;
    if (++at.row < p.rows) return;
    at.row = 0;
    ++at.picture;
  }

  Phase axis(int64_t phase, bool rows) const { return phase_of(w, phase, rows, p.common_windows); }
  static Range some(const Phase& axis, int64_t tile) { return {axis.begin - tile * M, axis.end - tile * M}; }

  void windows(const Value* x, int64_t first, int64_t begin, int64_t end, Value* v) const {
    const int64_t height = w.to_wide ? w.narrow_height : w.wide_height, width = w.to_wide ? w.narrow_width : w.wide_width;
    const int64_t blocks = w.from() / L::kLanes, plane = height * width * L::kLanes;
    for (int64_t in_phase = 0; in_phase < p.in_phases; ++in_phase) {
      const int64_t phase = in_phase + out_phase;  // one of them is 0
      const Phase rows = axis(phase / w.stride, true), columns = axis(phase % w.stride, false);
      for (int64_t block = 0; block < blocks; ++block) {
        Tile at = tile(first + begin);
        for (int64_t i = begin; i < end; ++i, step(at))
          window<L, T>(x + ((at.picture * w.groups + group) * blocks + block) * plane, height, width, rows.in + at.row * M * rows.in_step,
                       columns.in + at.column * M * columns.in_step, rows.in_step,
                       v + i * p.v_stride + (in_phase * blocks + block) * L::kLanes, p.v_place);
      }
    }
  }

  void products(const Value* v, int64_t begin, int64_t end, int64_t place, const Value* u, float* m) const {
    tiles_by_place<L>(w, p, out_phase, v + place * p.v_place + begin * p.v_stride, end - begin, u + (group * p.places + place) * p.u_place,
                      m + place * p.m_place + begin * w.to());
  }

  void results(const float* m, int64_t first, int64_t begin, int64_t end, const WinogradEnd& finish, Value* y) const {
    const int64_t height = w.to_wide ? w.wide_height : w.narrow_height, width = w.to_wide ? w.wide_width : w.narrow_width;
    const int64_t blocks = w.to() / L::kLanes, plane = height * width * L::kLanes;
    const Phase rows = axis(out_phase / w.stride, true), columns = axis(out_phase % w.stride, false);
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t channel = group * w.to() + block * L::kLanes;
      Tile at = tile(first + begin);
      for (int64_t i = begin; i < end; ++i, step(at)) {
        const int64_t top = rows.out + at.row * M * rows.out_step, left = columns.out + at.column * M * columns.out_step;
        tile_results<L, T, M>(m + i * w.to() + block * L::kLanes, p.m_place, finish, channel, some(rows, at.row), some(columns, at.column),
                              y, (at.picture * w.groups * blocks + channel / L::kLanes) * plane + (top * width + left) * L::kLanes,
                              rows.out_step * width * L::kLanes, columns.out_step * L::kLanes);
      }
    }
  }
};

// Each thread takes tiles of its own through all passes.
template <typename L, int T, int M>
void run_apart(const Winograd& w, const Tiling& p, const typename L::Value* x, const typename L::Value* u, const WinogradEnd& finish,
               typename L::Value* y, float* scratch) {
  const int64_t pieces = ceil_divide(p.tiles, p.group);
#pragma omp parallel for schedule(dynamic) num_threads(w.threads)
  for (int64_t piece = 0; piece < w.groups * pieces; ++piece) {
    float* m = scratch + omp_get_thread_num() * p.places * (p.m_place + p.v_place / L::kPerSum);
    auto* v = reinterpret_cast<typename L::Value*>(m + p.places * p.m_place);
    const int64_t group = piece / pieces, first = piece % pieces * p.group, tiles = std::min(p.group, p.tiles - first);
    for (int64_t phase = 0; phase < p.out_phases; ++phase) {
      const Passes<L, T, M> passes{w, p, group, phase};
      if (phase == 0 || !p.common_windows) passes.windows(x, first, 0, tiles, v);
      for (int64_t place = 0; place < p.places; ++place) passes.products(v, 0, tiles, place, u, m);
      passes.results(m, first, 0, tiles, finish, y);
    }
  }
}

// All threads share each pass.
template <typename L, int T, int M>
void run_together(const Winograd& w, const Tiling& p, const typename L::Value* x, const typename L::Value* u, const WinogradEnd& finish,
                  typename L::Value* y, float* scratch) {
  const int64_t pieces = ceil_divide(p.tiles, p.group), chunk = std::max<int64_t>(L::kRows, kChunk * L::kPerSum / p.channels);
  float* m = scratch;
  auto* v = reinterpret_cast<typename L::Value*>(m + p.places * p.m_place);
#pragma omp parallel num_threads(w.threads)
  for (int64_t piece = 0; piece < w.groups * pieces; ++piece)
    for (int64_t phase = 0; phase < p.out_phases; ++phase) {
      const Passes<L, T, M> passes{w, p, piece / pieces, phase};
      const int64_t first = piece % pieces * p.group, tiles = std::min(p.group, p.tiles - first), chunks = ceil_divide(tiles, chunk);
      if (phase == 0 || !p.common_windows)
#pragma omp for schedule(dynamic)
        for (int64_t tile = 0; tile < tiles; tile += kTiles) passes.windows(x, first, tile, std::min(tile + kTiles, tiles), v);
#pragma omp for schedule(dynamic)
      for (int64_t unit = 0; unit < p.places * chunks; ++unit) {
        const int64_t begin = unit % chunks * chunk;
        passes.products(v, begin, std::min(begin + chunk, tiles), unit / chunks, u, m);
      }
#pragma omp for schedule(dynamic)
      for (int64_t tile = 0; tile < tiles; tile += kTiles) passes.results(m, first, tile, std::min(tile + kTiles, tiles), finish, y);
    }
}

template <typename L, int T, int M>
constexpr auto run(bool apart) {
  return apart ? run_apart<L, T, M> : run_together<L, T, M>;
}

template <typename L>
auto run_for(const Tiling& p) {
  if (p.t == 5) return run<L, 5, 4>(p.apart);
  if constexpr (L::kPerSum == 2) {
    if (p.t == 4) return p.m == 3 ? run<L, 4, 3>(p.apart) : run<L, 4, 2>(p.apart);
    if (p.t == 6) return p.m == 4 ? run<L, 6, 4>(p.apart) : p.m == 3 ? run<L, 6, 3>(p.apart) : run<L, 6, 2>(p.apart);
  } else {
    if (p.t == 6) return p.m == 5 ? run<L, 6, 5>(p.apart) : run<L, 6, 4>(p.apart);
  }
  return p.m == 5 ? run<L, 7, 5>(p.apart) : p.m == 4 ? run<L, 7, 4>(p.apart) : run<L, 7, 3>(p.apart);
}

template <typename L>
void run(const Winograd& w, const void* x, const void* u, const WinogradEnd& finish, void* y, float* scratch) {
  using Value = typename L::Value;
  const Tiling p = tiling_of(w);
  run_for<L>(p)(w, p, static_cast<const Value*>(x), static_cast<const Value*>(u), finish, static_cast<Value*>(y), scratch);
}

}  // namespace

}  // namespace phosphene::onednn
