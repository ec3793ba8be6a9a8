// The kernels of the thin product, for any width of vectors. Who includes this defines before it PHOSPHENE_TARGET, the instructions that
// they are compiled for, and element types T after it (their members: see Float32 in thin_product_avx2.cpp).
//
// Along rows:  a tile of rows of S against some rows of x at a time, the sums in registers, by chunks of columns, so that the tile's chunk
//              stays in the first cache while all rows of x pass by; between chunks the sums wait in memory.
// Across rows: a block of rows of S, by strips of 64 columns, against 6 rows of x at a time, the sums in registers; between blocks they
//              wait in a panel of y. For up to 4 rows of x, 4 rows of S along the whole panel, as memory is all that counts.
// All ask for memory while they multiply, a share with each group of rows of x, as it takes about as long as the arithmetic.
// Rows of large matrices begin at the same place of a cache, which holds few such lines: x is packed before, a strip when the first rows of
// x meet it, a panel meanwhile, a tile has as few rows as its sums allow. Panels are wide, so that a visit to a row reads more than a few
// lines of its page.
#pragma once

#include "phosphene/engine/onednn/thin_product.h"

#include <omp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "phosphene/engine/onednn/vectors.h"

namespace phosphene::onednn {

namespace {

constexpr int kChunkVectors = 32;  // along
constexpr int kStripLanes = 6;     // across
constexpr int64_t kStripColumns = 64, kPanelColumns = 768;
constexpr int64_t kDirectLanes = 4, kDirectRows = 4, kDirectColumns = 4608;

int64_t round_up(int64_t count, int64_t unit) { return (count + unit - 1) / unit * unit; }

template <typename T>
constexpr int64_t kWidth = T::kVector* T::kPerSum;  // elements of a vector
template <typename T>
constexpr int64_t kLine = 64 / sizeof(typename T::Element);  // elements of a line of a cache
template <typename T>
constexpr int kStrip = kStripColumns / T::kVector;  // vectors of a strip

// --- along rows

// x as [group of T::kTileLanes rows][vector of columns][row][column], the last vector filled up with zeros. The threads share it.
template <typename T>
PHOSPHENE_TARGET void pack_along(const ThinProduct& p, const typename T::Element* x, typename T::Element* packed) {
  const int64_t padded = round_up(p.columns, kWidth<T>);
#pragma omp for schedule(static)
  for (int64_t c = 0; c < padded; c += kWidth<T>)
    for (int64_t m = 0; m < p.m; ++m) {
      const int64_t lane = m % T::kTileLanes, lanes = std::min<int64_t>(T::kTileLanes, p.m - (m - lane)), left = p.columns - c;
      const typename T::Element* from = x + m * p.columns + c;
      const typename T::Data vector = left < kWidth<T> ? T::load(from, left) : T::load(from);
      std::memcpy(packed + (m - lane) * padded + c * lanes + lane * kWidth<T>, &vector, sizeof vector);
    }
}

// Keeps a vector in its register: the compiler would rather load it anew for each use, and loads are the limit.
template <typename Vector>
PHOSPHENE_INLINE Vector hold(Vector vector) {
  asm("" : "+v"(vector));
  return vector;
}

template <typename T>
using Tile = std::array<const typename T::Element*, T::kTileRows>;  // a chunk of each of its rows

// sums[r][m] += the part of `vectors` columns of row r of the tile times row m of x. Asks meanwhile for some rows of the next chunk.
template <typename T, int kLanes>
PHOSPHENE_TARGET void along_chunk(const typename T::Element* x, const Tile<T>& s, int64_t vectors, typename T::Sum (*sums)[kThinRows],
                                  const Tile<T>& next, int first_asked, int last_asked) {
  typename T::Sum sum[T::kTileRows][kLanes];
  PHOSPHENE_UNROLL for (int r = 0; r < T::kTileRows; ++r) PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) sum[r][m] = sums[r][m];
  for (int64_t c = 0; c < vectors * kWidth<T>; c += kWidth<T>, x += kLanes * kWidth<T>) {
    typename T::Data lane[kLanes];
    PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) lane[m] = T::load(x + m * kWidth<T>);
    for (int r = first_asked; r < last_asked; ++r)
      _mm_prefetch(reinterpret_cast<const char*>(next[static_cast<size_t>(r)] + c), _MM_HINT_T1);
    PHOSPHENE_UNROLL for (int r = 0; r < T::kTileRows; ++r) {
      const auto row = hold(T::load(s[static_cast<size_t>(r)] + c));
      PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) sum[r][m] = T::multiply_add(sum[r][m], row, lane[m]);
    }
  }
  PHOSPHENE_UNROLL for (int r = 0; r < T::kTileRows; ++r) PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) sums[r][m] = sum[r][m];
}

// The same for `count` columns at the end that do not fill a vector.
template <typename T>
PHOSPHENE_TARGET void along_rest(const typename T::Element* x, const Tile<T>& s, int64_t done, int64_t count, int64_t lanes,
                                 typename T::Sum (*sums)[kThinRows]) {
  for (size_t r = 0; r < s.size(); ++r) {
    const auto row = T::load(s[r] + done, count);
    for (int64_t m = 0; m < lanes; ++m) sums[r][m] = T::multiply_add(sums[r][m], row, T::load(x + m * kWidth<T>));
  }
}

template <typename T, int... kLanes>
constexpr auto chunks_by_lanes(std::integer_sequence<int, kLanes...>) {
  return std::array{&along_chunk<T, kLanes + 1>...};
}

template <typename T>
PHOSPHENE_TARGET void along_tile(const ThinProduct& p, const typename T::Element* packed, const typename T::Element* s, const float* bias,
                                 float* y, int64_t first) {
  constexpr auto kByLanes = chunks_by_lanes<T>(std::make_integer_sequence<int, T::kTileLanes>{});
  constexpr int64_t kChunk = kChunkVectors * kWidth<T>;
  const int64_t padded = round_up(p.columns, kWidth<T>);
  const int64_t asked = (T::kTileRows * T::kTileLanes + p.m - 1) / p.m;  // rows of the next chunk for which each group of lanes asks
  const auto ask = [&](int64_t group) { return static_cast<int>(std::min<int64_t>(group * asked, T::kTileRows)); };
  const auto tile = [&](int64_t row, int64_t column) {
    Tile<T> rows;
    for (size_t r = 0; r < rows.size(); ++r)  // past the end the last one; its sums are dropped
      rows[r] = s + std::min<int64_t>(row + static_cast<int64_t>(r), p.rows - 1) * p.stride + column;
    return rows;
  };
  typename T::Sum sums[T::kTileRows][kThinRows];
  for (auto& row : sums)
    for (int64_t m = 0; m < p.m; ++m) row[m] = T::zero();
  for (int64_t c = 0; c < p.columns; c += kChunk) {
    const int64_t count = std::min(kChunk, p.columns - c), done = count / kWidth<T> * kWidth<T>;
    const Tile<T> rows = tile(first, c), next = c + kChunk < p.columns ? tile(first, c + kChunk) : tile(first + T::kTileRows, 0);
    for (int64_t m = 0; m < p.m; m += T::kTileLanes) {
      const int64_t lanes = std::min<int64_t>(T::kTileLanes, p.m - m), group = m / T::kTileLanes;
      const typename T::Element* lane = packed + m * padded + c * lanes;
      auto* sum = reinterpret_cast<typename T::Sum(*)[kThinRows]>(&sums[0][m]);
      kByLanes[static_cast<size_t>(lanes - 1)](lane, rows, done / kWidth<T>, sum, next, ask(group), ask(group + 1));
      if (done < count) along_rest<T>(lane + done * lanes, rows, done, count - done, lanes, sum);
    }
  }
  for (int64_t r = first; r < std::min(first + T::kTileRows, p.rows); ++r)
    for (int64_t m = 0; m < p.m; ++m) y[m * p.rows + r] = T::total(sums[r - first][m]) + (bias ? bias[r] : 0.0f);
}

// --- across rows

using Factor [[gnu::may_alias]] = int32_t;  // the bits of a float32 or of two bf16

// x as [row of S (in bf16 two of them)][row of x], 32 bits each. The threads share it.
template <typename T>
void pack_across(const ThinProduct& p, const typename T::Element* x, typename T::Element* packed) {
#pragma omp for schedule(static)
  for (int64_t r = 0; r < p.rows; r += T::kPerSum)
    for (int64_t m = 0; m < p.m; ++m)
      for (int64_t k = 0; k < T::kPerSum; ++k)
        packed[r * p.m + m * T::kPerSum + k] = r + k < p.rows ? x[m * p.rows + r + k] : typename T::Element{};
}

// A strip of a block that lacks columns, or a row for the last pair.
template <typename T>
PHOSPHENE_TARGET void pack_strip(const typename T::Element* s, int64_t stride, int64_t rows, int64_t columns,
                                 typename T::Data (*strip)[kStrip<T>]) {
  for (int64_t r = 0; r < rows; r += T::kPerSum, s += T::kPerSum * stride, ++strip)
    T::template load_rows<false>(s, r + 1 < rows ? stride : 0, columns, *strip);
}

// Columns of rows that will be needed.
template <typename T>
struct Next {
  const typename T::Element* from;
  int64_t stride;
  int64_t columns;
};

// panel[m][strip] += the part of a block; `factors`: x as packed, from the block's first row on. Asks meanwhile for what is next.
// kPack: fills the strip, whose rows begin at `s` and are whole.
template <typename T, int kLanes, bool kPack>
PHOSPHENE_TARGET void across_strip(const typename T::Element* s, int64_t stride, typename T::Data (*strip)[kStrip<T>], int rows,
                                   const Factor* factors, int64_t lanes, float* panel, int64_t width, Next<T> next) {
  for (int first = 0; first < kStrip<T>; first += T::kSums, panel += T::kSums * T::kVector) {
    typename T::Sum sum[kLanes][T::kSums];
    PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v) sum[m][v] =
        T::load_sum(panel + m * width + T::kVector * v);
    const Factor* factor = factors;
    for (int r = 0; r < rows; ++r, factor += lanes) {
      for (int64_t c = 0; first == 0 && c < next.columns; c += kLine<T>)
        for (int k = 0; k < T::kPerSum; ++k)
          _mm_prefetch(reinterpret_cast<const char*>(next.from + (r * T::kPerSum + k) * next.stride + c), _MM_HINT_T1);
      typename T::Data row[T::kSums];
      if constexpr (kPack) {
        T::template load_rows<true>(s + r * T::kPerSum * stride + first * T::kVector, stride, kStripColumns, row);
        PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v) strip[r][first + v] = row[v];
      } else {
        PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v) row[v] = hold(strip[r][first + v]);
      }
      PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) {
        const auto spread = hold(T::spread(factor[m]));
        PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v) sum[m][v] = T::multiply_add(sum[m][v], row[v], spread);
      }
    }
    PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v)
        T::store(panel + m * width + T::kVector * v, sum[m][v]);
  }
}

// The same for so few rows of x that packing S would not pay: the rows of a block are read along their whole panel.
template <typename T, int kLanes>
PHOSPHENE_TARGET void across_direct(const typename T::Element* s, int64_t stride, int64_t rows, int64_t columns, const Factor* factors,
                                    float* panel, int64_t width) {
  constexpr int kTogether = T::kSums * T::kVector;
  for (int64_t c = 0; c < width; c += kTogether) {
    typename T::Sum sum[kLanes][T::kSums];
    PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v) sum[m][v] =
        T::load_sum(panel + m * width + c + T::kVector * v);
    const Factor* factor = factors;
    for (int64_t r = 0; r < rows; r += T::kPerSum, factor += kLanes) {
      const typename T::Element* at = s + r * stride + c;
      typename T::Data row[T::kSums];
      for (int64_t k = 0; k < T::kPerSum; ++k)
        for (int64_t line = 0; line < kTogether; line += kLine<T>)
          _mm_prefetch(reinterpret_cast<const char*>(at + (rows + k) * stride + line), _MM_HINT_T1);
      if (columns - c >= kTogether && r + T::kPerSum <= rows)
        T::template load_rows<true>(at, stride, kTogether, row);
      else
        T::template load_rows<false>(at, r + 1 < rows ? stride : 0, columns - c, row);
      PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v) sum[m][v] =
          T::multiply_add(sum[m][v], row[v], T::spread(factor[m]));
    }
    PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < T::kSums; ++v)
        T::store(panel + m * width + c + T::kVector * v, sum[m][v]);
  }
}

template <typename T, bool kPack, int... kLanes>
constexpr auto strips_by_lanes(std::integer_sequence<int, kLanes...>) {
  return std::array{&across_strip<T, kLanes + 1, kPack>...};
}

template <typename T, int... kLanes>
constexpr auto direct_by_lanes(std::integer_sequence<int, kLanes...>) {
  return std::array{&across_direct<T, kLanes + 1>...};
}

// Columns [first, last) of y, at most a panel.
template <typename T>
PHOSPHENE_TARGET void across_panel(const ThinProduct& p, const typename T::Element* packed, const typename T::Element* s, const float* bias,
                                   float* y, int64_t first, int64_t last) {
  constexpr auto kByLanes = strips_by_lanes<T, false>(std::make_integer_sequence<int, kStripLanes>{}),
                 kPackByLanes = strips_by_lanes<T, true>(std::make_integer_sequence<int, kStripLanes>{});
  constexpr auto kDirect = direct_by_lanes<T>(std::make_integer_sequence<int, kDirectLanes>{});
  alignas(64) float panel[std::max(kThinRows * kPanelColumns, kDirectLanes * kDirectColumns)];
  alignas(64) typename T::Data strip[T::kBlockRows][kStrip<T>];
  const bool direct = p.m <= kDirectLanes;
  const int64_t width = round_up(last - first, kStripColumns), block = direct ? kDirectRows : T::kBlockRows;
  std::fill_n(panel, p.m * width, 0.0f);
  const int64_t asked = round_up((kStripColumns * kStripLanes + p.m - 1) / p.m, kLine<T>);  // columns for which each group of lanes asks
  const auto* factors = reinterpret_cast<const Factor*>(packed);
  for (int64_t r = 0; r < p.rows; r += block, factors += block / T::kPerSum * p.m) {
    const typename T::Element* from = s + r * p.stride + first;
    const int64_t rows = std::min(block, p.rows - r);
    const auto count = static_cast<int>((rows + T::kPerSum - 1) / T::kPerSum);  // of a strip
    if (direct) {
      kDirect[static_cast<size_t>(p.m - 1)](from, p.stride, rows, last - first, factors, panel, width);
      continue;
    }
    for (int64_t c = 0; c < width; c += kStripColumns) {
      const int64_t columns = std::min(kStripColumns, last - first - c);
      const bool whole = columns == kStripColumns && rows % T::kPerSum == 0;
      if (!whole) pack_strip<T>(from + c, p.stride, rows, columns, strip);
      const typename T::Element* next = (r + block < p.rows ? from + block * p.stride : s + last) + c;
      for (int64_t m = 0; m < p.m; m += kStripLanes) {
        const int64_t begin = std::min(m / kStripLanes * asked, kStripColumns), end = std::min(begin + asked, kStripColumns);
        const auto& by_lanes = whole && m == 0 ? kPackByLanes : kByLanes;
        by_lanes[static_cast<size_t>(std::min<int64_t>(kStripLanes, p.m - m) - 1)](
            from + c, p.stride, strip, count, factors + m, p.m, panel + m * width + c, width, {next + begin, p.stride, end - begin});
      }
    }
  }
  for (int64_t m = 0; m < p.m; ++m)
    for (int64_t c = first; c < last; ++c) y[m * p.columns + c] = panel[m * width + c - first] + (bias ? bias[c] : 0.0f);
}

// Columns of a panel: as many panels for each thread as for any other, if there are columns enough.
inline int64_t panel_columns(const ThinProduct& p) {
  const int64_t most = p.m <= kDirectLanes ? kDirectColumns : kPanelColumns, threads = omp_get_max_threads();
  const int64_t panels = round_up((p.columns + most - 1) / most, threads);
  return round_up((p.columns + panels - 1) / panels, kStripColumns);
}

template <typename T>
void run(const ThinProduct& p, const void* x_bytes, const void* s_bytes, const float* bias, float* y, void* scratch) {
  const auto* x = static_cast<const typename T::Element*>(x_bytes);
  const auto* s = static_cast<const typename T::Element*>(s_bytes);
  auto* packed = static_cast<typename T::Element*>(scratch);
  // Every tile and panel is one thread's; a thread's lie together.
  const int64_t size = p.along ? T::kTileRows : panel_columns(p);
#pragma omp parallel
  {
    p.along ? pack_along<T>(p, x, packed) : pack_across<T>(p, x, packed);
#pragma omp for schedule(static)
    for (int64_t piece = 0; piece < (p.to() + size - 1) / size; ++piece) {
      const int64_t first = piece * size;
      p.along ? along_tile<T>(p, packed, s, bias, y, first) : across_panel<T>(p, packed, s, bias, y, first, std::min(first + size, p.to()));
    }
  }
}

}  // namespace

}  // namespace phosphene::onednn
