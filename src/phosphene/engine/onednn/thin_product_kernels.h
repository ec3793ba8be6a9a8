// The kernels of the thin product, for any width of vectors. Who includes this defines before it PHOSPHENE_TARGET, the instructions that
// they are compiled for, and element types T after it (their members: see Float32 in thin_product_avx2.cpp).
//
// Along rows:  a tile of rows of S against 3 rows of x at a time, the sums in registers, by chunks of columns, so that the tile's chunk
//              stays in the first cache while all rows of x pass by; between chunks the sums wait in memory.
// Across rows: a block of 48 rows of S, by strips of 64 columns, against 6 rows of x at a time, the sums in registers; between blocks they
//              wait in a panel of y in the first cache.
// Both ask for memory while they multiply, a share with each group of rows of x, as it takes about as long as the arithmetic.
// Rows of large matrices begin at the same place of a cache, which holds few such lines: x is packed before, a strip and a panel meanwhile.
#pragma once

#include "phosphene/engine/onednn/thin_product.h"

#include <algorithm>

#include "phosphene/engine/onednn/vectors.h"

#define PHOSPHENE_INLINE PHOSPHENE_TARGET __attribute__((always_inline)) inline

namespace phosphene::onednn {

namespace {

constexpr int kTileLanes = 3, kChunkVectors = 32;  // along
constexpr int kBlockRows = 48, kStripLanes = 6;    // across
constexpr int64_t kStripColumns = 64, kPanelColumns = 128;
constexpr int64_t kDirectLanes = 4, kDirectRows = 16, kDirectColumns = 1024;

int64_t round_up(int64_t count, int64_t unit) { return (count + unit - 1) / unit * unit; }

template <typename T>
constexpr int64_t kWidth = T::kVector* T::kPerSum;  // elements of a vector
template <typename T>
constexpr int kStrip = kStripColumns / T::kVector;  // vectors of a strip

// --- along rows

// x as [group of 3 rows][vector of columns][row][column], the last vector filled up with zeros.
template <typename T>
void pack_along(const ThinProduct& p, const typename T::Element* x, typename T::Element* packed) {
  const int64_t padded = round_up(p.columns, kWidth<T>);
  for (int64_t m = 0; m < p.m; m += kTileLanes) {
    const int64_t lanes = std::min<int64_t>(kTileLanes, p.m - m);
    for (int64_t c = 0; c < padded; c += kWidth<T>)
      for (int64_t lane = 0; lane < lanes; ++lane) {
        typename T::Element* to = packed + m * padded + c * lanes + lane * kWidth<T>;
        const int64_t count = std::min(kWidth<T>, p.columns - c);
        std::copy_n(x + (m + lane) * p.columns + c, count, to);
        std::fill(to + count, to + kWidth<T>, typename T::Element{});
      }
  }
}

// Keeps a vector in its register: the compiler would rather load it anew for each use, and loads are the limit.
template <typename Vector>
PHOSPHENE_INLINE Vector hold(Vector vector) {
  asm("" : "+v"(vector));
  return vector;
}

// sums[r][m] += the part of `vectors` columns of row r of the tile times row m of x. Asks meanwhile for the next chunk of some rows.
template <typename T, int kLanes>
PHOSPHENE_TARGET void along_chunk(const typename T::Element* x, const typename T::Element* const* s, int64_t vectors,
                                  typename T::Sum (*sums)[kThinRows], int first_asked, int last_asked) {
  typename T::Sum sum[T::kTileRows][kLanes];
  PHOSPHENE_UNROLL for (int r = 0; r < T::kTileRows; ++r) PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) sum[r][m] = sums[r][m];
  for (int64_t c = 0; c < vectors * kWidth<T>; c += kWidth<T>, x += kLanes * kWidth<T>) {
    typename T::Data lane[kLanes];
    PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) lane[m] = T::load(x + m * kWidth<T>);
    for (int r = first_asked; r < last_asked; ++r)
      _mm_prefetch(reinterpret_cast<const char*>(s[r] + c + kChunkVectors * kWidth<T>), _MM_HINT_T1);
    PHOSPHENE_UNROLL for (int r = 0; r < T::kTileRows; ++r) {
      const auto row = hold(T::load(s[r] + c));
      PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) sum[r][m] = T::multiply_add(sum[r][m], row, lane[m]);
    }
  }
  PHOSPHENE_UNROLL for (int r = 0; r < T::kTileRows; ++r) PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) sums[r][m] = sum[r][m];
}

// The same for `count` columns at the end that do not fill a vector.
template <typename T>
PHOSPHENE_TARGET void along_rest(const typename T::Element* x, const typename T::Element* const* s, int64_t count, int64_t lanes,
                                 typename T::Sum (*sums)[kThinRows]) {
  for (int r = 0; r < T::kTileRows; ++r) {
    const auto row = T::load(s[r], count);
    for (int64_t m = 0; m < lanes; ++m) sums[r][m] = T::multiply_add(sums[r][m], row, T::load(x + m * kWidth<T>));
  }
}

template <typename T>
PHOSPHENE_TARGET void along_tile(const ThinProduct& p, const typename T::Element* packed, const typename T::Element* s, const float* bias,
                                 float* y, int64_t first) {
  constexpr decltype(&along_chunk<T, 1>) kByLanes[] = {along_chunk<T, 1>, along_chunk<T, 2>, along_chunk<T, 3>};
  constexpr int64_t kChunk = kChunkVectors * kWidth<T>;
  const int64_t padded = round_up(p.columns, kWidth<T>);
  const int64_t asked = (T::kTileRows * kTileLanes + p.m - 1) / p.m;  // rows of which each group of lanes asks for the next chunk
  typename T::Sum sums[T::kTileRows][kThinRows];
  for (auto& row : sums)
    for (int64_t m = 0; m < p.m; ++m) row[m] = T::zero();
  for (int64_t c = 0; c < p.columns; c += kChunk) {
    const typename T::Element* rows[T::kTileRows];
    for (int r = 0; r < T::kTileRows; ++r)
      rows[r] = s + std::min(first + r, p.rows - 1) * p.columns + c;  // past the end: its sums are dropped
    for (int64_t m = 0; m < p.m; m += kTileLanes) {
      const int64_t lanes = std::min<int64_t>(kTileLanes, p.m - m), count = std::min(kChunk, p.columns - c);
      const typename T::Element* lane = packed + m * padded + c * lanes;
      auto* sum = reinterpret_cast<typename T::Sum(*)[kThinRows]>(&sums[0][m]);
      const auto ask = [&](int64_t group) { return static_cast<int>(std::min<int64_t>(group * asked, T::kTileRows)); };
      kByLanes[lanes - 1](lane, rows, count / kWidth<T>, sum, ask(m / kTileLanes), ask(m / kTileLanes + 1));
      if (const int64_t done = count / kWidth<T> * kWidth<T>; done < count) {
        const typename T::Element* rest[T::kTileRows];
        for (int r = 0; r < T::kTileRows; ++r) rest[r] = rows[r] + done;
        along_rest<T>(lane + done * lanes, rest, count - done, lanes, sum);
      }
    }
  }
  for (int64_t r = first; r < std::min(first + T::kTileRows, p.rows); ++r)
    for (int64_t m = 0; m < p.m; ++m) {
      float parts[T::kVector], sum = 0;
      T::store(parts, sums[r - first][m]);
      for (float part : parts) sum += part;
      y[m * p.rows + r] = sum + (bias ? bias[r] : 0.0f);
    }
}

// --- across rows

using Factor [[gnu::may_alias]] = int32_t;  // the bits of a float32 or of two bf16

// x as [row of S (in bf16 two of them)][row of x], 32 bits each.
template <typename T>
void pack_across(const ThinProduct& p, const typename T::Element* x, typename T::Element* packed) {
  for (int64_t r = 0; r < p.rows; r += T::kPerSum)
    for (int64_t m = 0; m < p.m; ++m)
      for (int64_t k = 0; k < T::kPerSum; ++k) *packed++ = r + k < p.rows ? x[m * p.rows + r + k] : typename T::Element{};
}

// A strip of a block. Returns the number of packed rows.
template <typename T>
PHOSPHENE_TARGET int pack_strip(const typename T::Element* s, int64_t stride, int64_t rows, int64_t columns,
                                typename T::Data (*strip)[kStrip<T>]) {
  int packed = 0;
  const int64_t whole = columns >= kStripColumns ? rows / T::kPerSum * T::kPerSum : 0;
  for (int64_t r = 0; r < whole; r += T::kPerSum, s += T::kPerSum * stride, ++packed)
    T::template load_strip<true>(s, stride, columns, strip[packed]);
  for (int64_t r = whole; r < rows; r += T::kPerSum, s += T::kPerSum * stride, ++packed)
    T::template load_strip<false>(s, r + 1 < rows ? stride : 0, columns, strip[packed]);
  return packed;
}

// Columns of rows that will be needed.
template <typename T>
struct Next {
  const typename T::Element* from;
  int64_t stride;
  int64_t columns;
};

// panel[m][strip] += the part of a block; `factors`: x as packed, from the block's first row on. Asks meanwhile for what is next.
template <typename T, int kLanes>
PHOSPHENE_TARGET void across_strip(const typename T::Data (*strip)[kStrip<T>], int rows, const Factor* factors, int64_t lanes, float* panel,
                                   int64_t width, Next<T> next) {
  constexpr int64_t kLine = 64 / sizeof(typename T::Element);
  for (int first = 0; first < kStrip<T>; first += T::kSums, panel += T::kSums * T::kVector) {
    typename T::Sum sum[kLanes][T::kSums];
    PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v) sum[m][v] =
        T::load_sum(panel + m * width + T::kVector * v);
    const Factor* factor = factors;
    for (int r = 0; r < rows; ++r, factor += lanes) {
      for (int64_t c = 0; first == 0 && c < next.columns; c += kLine)
        for (int k = 0; k < T::kPerSum; ++k)
          _mm_prefetch(reinterpret_cast<const char*>(next.from + (r * T::kPerSum + k) * next.stride + c), _MM_HINT_T1);
      typename T::Data row[T::kSums];
      PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v) row[v] = hold(strip[r][first + v]);
      PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) {
        const auto spread = hold(T::spread(factor[m]));
        PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v) sum[m][v] = T::multiply_add(sum[m][v], row[v], spread);
      }
    }
    PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v)
        T::store(panel + m * width + T::kVector * v, sum[m][v]);
  }
}

// The same in float32 for so few rows of x that packing S would not pay: every row of a block is read along its whole panel.
template <typename T, int kLanes>
PHOSPHENE_TARGET void across_direct(const float* s, int64_t stride, int64_t rows, int64_t columns, const Factor* factors, float* panel,
                                    int64_t width) {
  constexpr int kTogether = T::kSums * T::kVector;
  for (int64_t c = 0; c < width; c += kTogether) {
    const bool whole = columns - c >= kTogether;
    typename T::Sum sum[kLanes][T::kSums];
    PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v) sum[m][v] =
        T::load_sum(panel + m * width + c + T::kVector * v);
    const Factor* factor = factors;
    for (int64_t r = 0; r < rows; ++r, factor += kLanes) {
      typename T::Data row[T::kSums];
      PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v) {
        const int64_t at = c + T::kVector * v;
        row[v] = whole ? T::load(s + r * stride + at) : T::load(s + r * stride + at, columns - at);
      }
      PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v) sum[m][v] =
          T::multiply_add(sum[m][v], row[v], T::spread(factor[m]));
    }
    PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v)
        T::store(panel + m * width + c + T::kVector * v, sum[m][v]);
  }
}

bool direct(const ThinProduct& p) { return !p.bf16 && p.m <= kDirectLanes; }

// Columns [first, last) of y, at most a panel.
template <typename T>
PHOSPHENE_TARGET void across_panel(const ThinProduct& p, const typename T::Element* packed, const typename T::Element* s, const float* bias,
                                   float* y, int64_t first, int64_t last) {
  constexpr decltype(&across_strip<T, 1>) kByLanes[] = {across_strip<T, 1>, across_strip<T, 2>, across_strip<T, 3>,
                                                        across_strip<T, 4>, across_strip<T, 5>, across_strip<T, 6>};
  alignas(64) float panel[kThinRows * kPanelColumns];
  alignas(64) typename T::Data strip[kBlockRows][kStrip<T>];
  const int64_t width = round_up(last - first, kStripColumns), block = direct(p) ? kDirectRows : kBlockRows;
  std::fill_n(panel, p.m * width, 0.0f);
  // Columns of a strip for which each group of lanes asks, whole lines.
  const int64_t asked = round_up((kStripColumns * kStripLanes + p.m - 1) / p.m, 64 / sizeof(typename T::Element));
  const auto* factors = reinterpret_cast<const Factor*>(packed);
  for (int64_t r = 0; r < p.rows; r += block, factors += block / T::kPerSum * p.m) {
    const typename T::Element* from = s + r * p.columns + first;
    const int64_t rows = std::min(block, p.rows - r);
    if constexpr (T::kPerSum == 1)
      if (direct(p)) {
        constexpr decltype(&across_direct<T, 1>) kDirect[] = {across_direct<T, 1>, across_direct<T, 2>, across_direct<T, 3>,
                                                              across_direct<T, 4>};
        kDirect[p.m - 1](from, p.columns, rows, last - first, factors, panel, width);
        continue;
      }
    for (int64_t c = 0; c < width; c += kStripColumns) {
      const int count = pack_strip<T>(from + c, p.columns, rows, std::min(kStripColumns, last - first - c), strip);
      const typename T::Element* next = (r + block < p.rows ? from + block * p.columns : s + last) + c;
      for (int64_t m = 0; m < p.m; m += kStripLanes) {
        const int64_t begin = std::min(m / kStripLanes * asked, kStripColumns), end = std::min(begin + asked, kStripColumns);
        kByLanes[std::min<int64_t>(kStripLanes, p.m - m) - 1](strip, count, factors + m, p.m, panel + m * width + c, width,
                                                              {next + begin, p.columns, end - begin});
      }
    }
  }
  for (int64_t m = 0; m < p.m; ++m)
    for (int64_t c = first; c < last; ++c) y[m * p.columns + c] = panel[m * width + c - first] + (bias ? bias[c] : 0.0f);
}

template <typename T>
void run(const ThinProduct& p, const void* x_bytes, const void* s_bytes, const float* bias, float* y, void* scratch) {
  const auto* x = static_cast<const typename T::Element*>(x_bytes);
  const auto* s = static_cast<const typename T::Element*>(s_bytes);
  auto* packed = static_cast<typename T::Element*>(scratch);
  p.along ? pack_along<T>(p, x, packed) : pack_across<T>(p, x, packed);
  // Every tile and panel is one thread's; a thread's lie together.
  const int64_t size = p.along ? T::kTileRows : direct(p) ? kDirectColumns : kPanelColumns;
#pragma omp parallel for schedule(static)
  for (int64_t piece = 0; piece < (p.to() + size - 1) / size; ++piece) {
    const int64_t first = piece * size;
    p.along ? along_tile<T>(p, packed, s, bias, y, first) : across_panel<T>(p, packed, s, bias, y, first, std::min(first + size, p.to()));
  }
}

}  // namespace

}  // namespace phosphene::onednn
