// Along rows:  a tile of 8 rows of S against 3 rows of x at a time, 24 vector sums in registers, by chunks of columns, so that the tile's
//              chunk stays in the first cache while all rows of x pass by; between chunks the sums wait in memory.
// Across rows: a block of 48 rows of S, by strips of 64 columns, against 6 rows of x at a time, 24 vector sums in registers; between
//              blocks they wait in a panel of y in the first cache.
// Rows of large matrices begin at the same place of a cache, which holds few such lines: x is packed before, a strip and a panel meanwhile.
#include "phosphene/engine/onednn/thin_product.h"

#include <algorithm>
#include <cstring>

#include "phosphene/base/error.h"
#include "phosphene/engine/onednn/vectors.h"

#if defined(__x86_64__)

#define PHOSPHENE_UNROLL _Pragma("GCC unroll 8")  // before the compiler decides what lives in registers
#define PHOSPHENE_INLINE PHOSPHENE_AVX512 __attribute__((always_inline)) inline

namespace phosphene::onednn {

namespace {

constexpr int kVector = 16;                                       // sums, of 32 bits each
constexpr int kTileRows = 8, kTileLanes = 3, kChunkVectors = 32;  // along
constexpr int kBlockRows = 48, kStripLanes = 6, kStrip = 4;       // across; a strip is of 4 vectors
constexpr int64_t kStripColumns = kVector * kStrip;
constexpr int64_t kPanelColumns = 128;
constexpr int64_t kDirectLanes = 4, kDirectRows = 16, kDirectColumns = 1024;

int64_t round_up(int64_t count, int64_t unit) { return (count + unit - 1) / unit * unit; }

// An element type: how many fill a vector, and sum + a b in 16 places (in bf16 each of two products).
struct Float32 {
  using Element = float;
  static constexpr int kPerSum = 1;
  PHOSPHENE_INLINE static __m512i load(const float* from) { return _mm512_loadu_si512(from); }
  PHOSPHENE_INLINE static __m512i load(const float* from, int64_t count) {
    return _mm512_maskz_loadu_epi32(static_cast<__mmask16>((1u << std::clamp<int64_t>(count, 0, 16)) - 1), from);
  }
  PHOSPHENE_INLINE static __m512 multiply_add(__m512 sum, __m512i a, __m512i b) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b), sum);
  }
};

struct Bfloat16 {
  using Element = uint16_t;
  static constexpr int kPerSum = 2;
  PHOSPHENE_INLINE static __m512i load(const uint16_t* from) { return _mm512_loadu_si512(from); }
  PHOSPHENE_INLINE static __m512i load(const uint16_t* from, int64_t count) {
    return _mm512_maskz_loadu_epi16(static_cast<__mmask32>((uint64_t{1} << std::clamp<int64_t>(count, 0, 32)) - 1), from);
  }
  PHOSPHENE_INLINE static __m512 multiply_add(__m512 sum, __m512i a, __m512i b) { return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b); }
};

template <typename T>
constexpr int64_t kWidth = kVector* T::kPerSum;  // elements of a vector

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
PHOSPHENE_INLINE __m512i hold(__m512i vector) {
  asm("" : "+v"(vector));
  return vector;
}

// sums[r][m] += the part of `vectors` columns of row r of the tile times row m of x.
template <typename T, int kLanes, bool kFetch>
PHOSPHENE_AVX512 void along_chunk(const typename T::Element* x, const typename T::Element* const* s, int64_t vectors,
                                  __m512 (*sums)[kThinRows]) {
  __m512 sum[kTileRows][kLanes];
  PHOSPHENE_UNROLL for (int r = 0; r < kTileRows; ++r) PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) sum[r][m] = sums[r][m];
  for (int64_t c = 0; c < vectors * kWidth<T>; c += kWidth<T>, x += kLanes * kWidth<T>) {
    __m512i lane[kLanes];
    PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) lane[m] = T::load(x + m * kWidth<T>);
    PHOSPHENE_UNROLL for (int r = 0; r < kTileRows; ++r) {
      if (kFetch) _mm_prefetch(reinterpret_cast<const char*>(s[r] + c + kChunkVectors * kWidth<T>), _MM_HINT_T0);
      const __m512i row = hold(T::load(s[r] + c));
      PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) sum[r][m] = T::multiply_add(sum[r][m], row, lane[m]);
    }
  }
  PHOSPHENE_UNROLL for (int r = 0; r < kTileRows; ++r) PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) sums[r][m] = sum[r][m];
}

// The same for `count` columns at the end that do not fill a vector.
template <typename T>
PHOSPHENE_AVX512 void along_rest(const typename T::Element* x, const typename T::Element* const* s, int64_t count, int64_t lanes,
                                 __m512 (*sums)[kThinRows]) {
  for (int r = 0; r < kTileRows; ++r) {
    const __m512i row = T::load(s[r], count);
    for (int64_t m = 0; m < lanes; ++m) sums[r][m] = T::multiply_add(sums[r][m], row, T::load(x + m * kWidth<T>));
  }
}

template <typename T>
PHOSPHENE_AVX512 void along_tile(const ThinProduct& p, const typename T::Element* packed, const typename T::Element* s, const float* bias,
                                 float* y, int64_t first) {
  constexpr decltype(&along_chunk<T, 1, true>) kFirst[] = {along_chunk<T, 1, true>, along_chunk<T, 2, true>, along_chunk<T, 3, true>};
  constexpr decltype(&along_chunk<T, 1, true>) kOther[] = {along_chunk<T, 1, false>, along_chunk<T, 2, false>, along_chunk<T, 3, false>};
  constexpr int64_t kChunk = kChunkVectors * kWidth<T>;
  const int64_t padded = round_up(p.columns, kWidth<T>);
  __m512 sums[kTileRows][kThinRows];
  for (auto& row : sums)
    for (int64_t m = 0; m < p.m; ++m) row[m] = _mm512_setzero_ps();
  for (int64_t c = 0; c < p.columns; c += kChunk) {
    const typename T::Element* rows[kTileRows];
    for (int r = 0; r < kTileRows; ++r)
      rows[r] = s + std::min(first + r, p.rows - 1) * p.columns + c;  // past the end: its sums are dropped
    for (int64_t m = 0; m < p.m; m += kTileLanes) {
      const int64_t lanes = std::min<int64_t>(kTileLanes, p.m - m), count = std::min(kChunk, p.columns - c);
      const typename T::Element* lane = packed + m * padded + c * lanes;
      auto* sum = reinterpret_cast<__m512(*)[kThinRows]>(&sums[0][m]);
      (m == 0 ? kFirst : kOther)[lanes - 1](lane, rows, count / kWidth<T>, sum);
      if (const int64_t done = count / kWidth<T> * kWidth<T>; done < count) {
        const typename T::Element* rest[kTileRows];
        for (int r = 0; r < kTileRows; ++r) rest[r] = rows[r] + done;
        along_rest<T>(lane + done * lanes, rest, count - done, lanes, sum);
      }
    }
  }
  for (int64_t r = first; r < std::min(first + kTileRows, p.rows); ++r)
    for (int64_t m = 0; m < p.m; ++m) {
      float parts[kVector], sum = 0;
      _mm512_storeu_ps(parts, sums[r - first][m]);
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

// One row of a strip (in bf16 two, interleaved: the instruction adds the products of neighbours) as vectors of 16 columns. kWhole: all
// columns and rows are there; else `columns`, and of two rows one, and zeros.
template <bool kWhole>
PHOSPHENE_INLINE void load_strip(const float* s, int64_t, int64_t columns, __m512i (&row)[kStrip]) {
  for (int v = 0; v < kStrip; ++v) row[v] = kWhole ? Float32::load(s + kVector * v) : Float32::load(s + kVector * v, columns - kVector * v);
}
template <bool kWhole>
PHOSPHENE_INLINE void load_strip(const uint16_t* s, int64_t stride, int64_t columns, __m512i (&row)[kStrip]) {
  const __m512i counting = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const __m512i low = _mm512_or_si512(counting, _mm512_slli_epi32(_mm512_add_epi32(counting, _mm512_set1_epi32(32)), 16));
  const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(kVector));
  for (int v = 0; v < kStrip; v += 2) {
    const uint16_t* at = s + kVector * v;
    const int64_t count = columns - kVector * v;
    const __m512i a = kWhole ? Bfloat16::load(at) : Bfloat16::load(at, count);
    const __m512i b = kWhole ? Bfloat16::load(at + stride) : stride ? Bfloat16::load(at + stride, count) : _mm512_setzero_si512();
    row[v] = _mm512_permutex2var_epi16(a, low, b);
    row[v + 1] = _mm512_permutex2var_epi16(a, high, b);
  }
}

// A strip of a block; asks for the one after it. Returns the number of packed rows.
template <typename T>
PHOSPHENE_AVX512 int pack_strip(const typename T::Element* s, int64_t stride, int64_t rows, int64_t columns, __m512i (*strip)[kStrip]) {
  constexpr int64_t kLine = 64 / sizeof(typename T::Element);
  int packed = 0;
  const int64_t whole = columns >= kStripColumns ? rows / T::kPerSum * T::kPerSum : 0;
  for (int64_t r = 0; r < whole; r += T::kPerSum, s += T::kPerSum * stride, ++packed) {
    for (int64_t k = 0; k < T::kPerSum; ++k)
      for (int64_t c = 0; c < kStripColumns; c += kLine)
        _mm_prefetch(reinterpret_cast<const char*>(s + (kBlockRows + k) * stride + c), _MM_HINT_T1);
    __m512i row[kStrip];
    load_strip<true>(s, stride, columns, row);
    for (int v = 0; v < kStrip; ++v) strip[packed][v] = row[v];
  }
  for (int64_t r = whole; r < rows; r += T::kPerSum, s += T::kPerSum * stride, ++packed) {
    __m512i row[kStrip];
    load_strip<false>(s, r + 1 < rows ? stride : 0, columns, row);
    for (int v = 0; v < kStrip; ++v) strip[packed][v] = row[v];
  }
  return packed;
}

// panel[m][strip] += the part of a block; `factors`: x as packed, from the block's first row on.
template <typename T, int kLanes>
PHOSPHENE_AVX512 void across_strip(const __m512i (*strip)[kStrip], int rows, const Factor* factors, int64_t lanes, float* panel,
                                   int64_t width) {
  __m512 sum[kLanes][kStrip];
  PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < kStrip; ++v) sum[m][v] =
      _mm512_loadu_ps(panel + m * width + kVector * v);
  for (int r = 0; r < rows; ++r, factors += lanes) {
    __m512i row[kStrip];
    PHOSPHENE_UNROLL for (int v = 0; v < kStrip; ++v) row[v] = hold(strip[r][v]);
    PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) {
      const __m512i factor = hold(_mm512_set1_epi32(factors[m]));
      PHOSPHENE_UNROLL for (int v = 0; v < kStrip; ++v) sum[m][v] = T::multiply_add(sum[m][v], row[v], factor);
    }
  }
  PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < kStrip; ++v)
      _mm512_storeu_ps(panel + m * width + kVector * v, sum[m][v]);
}

// The same in float32 for so few rows of x that packing S would not pay: every row of a block is read along its whole panel.
template <int kLanes>
PHOSPHENE_AVX512 void across_direct(const float* s, int64_t stride, int64_t rows, int64_t columns, const Factor* factors, float* panel,
                                    int64_t width) {
  for (int64_t c = 0; c < width; c += kStripColumns) {
    const bool whole = columns - c >= kStripColumns;
    __m512 sum[kLanes][kStrip];
    PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < kStrip; ++v) sum[m][v] =
        _mm512_loadu_ps(panel + m * width + c + kVector * v);
    const Factor* factor = factors;
    for (int64_t r = 0; r < rows; ++r, factor += kLanes) {
      __m512i row[kStrip];
      whole ? load_strip<true>(s + r * stride + c, 0, 0, row) : load_strip<false>(s + r * stride + c, 0, columns - c, row);
      PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < kStrip; ++v) sum[m][v] =
          Float32::multiply_add(sum[m][v], row[v], _mm512_set1_epi32(factor[m]));
    }
    PHOSPHENE_UNROLL for (int m = 0; m < kLanes; ++m) PHOSPHENE_UNROLL for (int v = 0; v < kStrip; ++v)
        _mm512_storeu_ps(panel + m * width + c + kVector * v, sum[m][v]);
  }
}

bool direct(const ThinProduct& p) { return !p.bf16 && p.m <= kDirectLanes; }

// Columns [first, last) of y, at most a panel.
template <typename T>
PHOSPHENE_AVX512 void across_panel(const ThinProduct& p, const typename T::Element* packed, const typename T::Element* s, const float* bias,
                                   float* y, int64_t first, int64_t last) {
  constexpr decltype(&across_strip<T, 1>) kByLanes[] = {across_strip<T, 1>, across_strip<T, 2>, across_strip<T, 3>,
                                                        across_strip<T, 4>, across_strip<T, 5>, across_strip<T, 6>};
  constexpr decltype(&across_direct<1>) kDirect[] = {across_direct<1>, across_direct<2>, across_direct<3>, across_direct<4>};
  alignas(64) float panel[kThinRows * kPanelColumns];
  alignas(64) __m512i strip[kBlockRows][kStrip];
  const int64_t width = round_up(last - first, kStripColumns), block = direct(p) ? kDirectRows : kBlockRows;
  std::fill_n(panel, p.m * width, 0.0f);
  const auto* factors = reinterpret_cast<const Factor*>(packed);
  for (int64_t r = 0; r < p.rows; r += block, factors += block / T::kPerSum * p.m) {
    const typename T::Element* from = s + r * p.columns + first;
    const int64_t rows = std::min(block, p.rows - r);
    if constexpr (T::kPerSum == 1)
      if (direct(p)) {
        kDirect[p.m - 1](from, p.columns, rows, last - first, factors, panel, width);
        continue;
      }
    for (int64_t c = 0; c < width; c += kStripColumns) {
      const int count = pack_strip<T>(from + c, p.columns, rows, std::min(kStripColumns, last - first - c), strip);
      for (int64_t m = 0; m < p.m; m += kStripLanes)
        kByLanes[std::min<int64_t>(kStripLanes, p.m - m) - 1](strip, count, factors + m, p.m, panel + m * width + c, width);
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
  const int64_t size = p.along ? kTileRows : direct(p) ? kDirectColumns : kPanelColumns;
#pragma omp parallel for schedule(static)
  for (int64_t piece = 0; piece < (p.to() + size - 1) / size; ++piece) {
    const int64_t first = piece * size;
    p.along ? along_tile<T>(p, packed, s, bias, y, first) : across_panel<T>(p, packed, s, bias, y, first, std::min(first + size, p.to()));
  }
}

}  // namespace

int64_t thin_product_scratch(const ThinProduct& p) {
  const int64_t size = p.bf16 ? 2 : 4;
  return p.m * round_up(p.from(), 64 / size) * size;
}

void thin_product(const ThinProduct& p, const void* x, const void* s, const float* bias, float* y, void* scratch) {
  PHOSPHENE_CHECK(p.m >= 1 && p.m <= kThinRows && has_avx512(p.bf16));
  p.bf16 ? run<Bfloat16>(p, x, s, bias, y, scratch) : run<Float32>(p, x, s, bias, y, scratch);
}

}  // namespace phosphene::onednn

#else

namespace phosphene::onednn {

int64_t thin_product_scratch(const ThinProduct&) { return 0; }
void thin_product(const ThinProduct&, const void*, const void*, const float*, float*, void*) { PHOSPHENE_CHECK(false); }

}  // namespace phosphene::onednn

#endif
