// How winograd.h cuts pictures into tiles, and where its arrays lie; what its weights and its kernels share.
#pragma once

#include <algorithm>
#include <cstdint>

#include "phosphene/engine/onednn/winograd.h"

namespace phosphene::onednn {

// The points of windows of t pixels, besides infinity: 0 where t is even, and pairs p, -p, those with which random pictures in bf16 came
// out nearest to the exact sum.
struct WinogradPoints {
  int pairs, zero;
  float pair[3];
  constexpr explicit WinogradPoints(int64_t t) : pairs(static_cast<int>(t - 1) / 2), zero(t % 2 == 0), pair{1} {
    if (t == 5) pair[0] = 0.40625f, pair[1] = 1.25f;
    if (t == 6) pair[0] = 0.75f, pair[1] = 1.5f;
    if (t == 7) pair[0] = 0.3125f, pair[1] = 0.8125f, pair[2] = 1.625f;
  }
};

constexpr int64_t kWinogradLine = 16;  // floats between rows of V and between places, so that they do not share lines of a cache

inline int64_t ceil_divide(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Along one axis, a phase's pixels: inputs in + in_step i (the first tile's first one at i = 0), results likewise, of which those of
// [begin, end) are there.
struct Phase {
  int64_t in, in_step, out, out_step, begin, end;
};

// `common_windows`: to the wide side, all phases have the same inputs.
inline Phase phase_of(const Winograd& w, int64_t phase, bool rows, bool common_windows) {
  const int64_t pad = rows ? w.pad_top : w.pad_left, s = w.stride;
  const int64_t wide = rows ? w.wide_height : w.wide_width, narrow = rows ? w.narrow_height : w.narrow_width;
  if (!w.to_wide) return {phase - pad, s, 0, 1, 0, narrow};
  // wide pixel s q + phase - pad = sum over u of tap[s u + phase] narrow[q - u], from the last q to the first
  const auto pixels = [&](int64_t some) { return ceil_divide(wide + pad - some, s); };  // those of q < it are in the picture
  const int64_t first = std::max<int64_t>(ceil_divide(pad - phase, s), 0), last = pixels(common_windows ? 0 : phase) - 1;
  return {last, -1, s * last + phase - pad, -s, last + 1 - pixels(phase), last + 1 - first};
}

// V[place][tile][channel], M[place][tile][result]. U[group][place], of 2 winograd_block() narrow channels after another (the last of them
// may be one block): [phase][wide channel][narrow channel]. In bf16, whose products add those of neighbours, of one direction:
// U[group][place][out_phase], of 2 winograd_block() results after another: [2 channels][result][channel].
struct Tiling {
  int64_t t, m, places;                             // window, results of a tile, a side; t^2
  int64_t phases, in_phases, out_phases, channels;  // channels: of all inputs of a product
  bool common_windows;                              // of phase_of()
  int64_t rows, columns, tiles;                     // tiles of a picture's side, of all pictures
  bool apart;                                       // whether each thread has tiles, V and M of its own
  int64_t group, v_stride, v_place, m_place;        // tiles of a V and M; values from a tile, from a place to the next one
  int64_t u_place;
  int64_t in_float;  // values of V and U in 32 bits
};

inline Tiling tiling_of(const Winograd& w) {
  // Of V and M: a thread's own, in its cache, where U passes by enough tiles; else common ones, as large as U.
  constexpr int64_t kApartFloats = 1 << 18, kLeastFloats = 1 << 20, kMostFloats = 5 << 20;
  Tiling p{};
  p.phases = w.stride * w.stride;
  p.in_phases = w.to_wide ? 1 : p.phases;
  p.out_phases = w.to_wide ? p.phases : 1;
  p.channels = p.in_phases * w.from();
  const auto most = [&](bool rows, bool common_windows) {  // results of a phase along an axis
    int64_t end = 0;
    for (int64_t phase = 0; phase < w.stride; ++phase) end = std::max(end, phase_of(w, phase, rows, common_windows).end);
    return end;
  };
  const int64_t r = w.kernel / w.stride;
  const auto rows = [&](int64_t t, bool common) { return ceil_divide(most(true, common), t + 1 - r); };
  const auto columns = [&](int64_t t, bool common) { return ceil_divide(most(false, common), t + 1 - r); };
  const auto common = [&](int64_t t) {
    return p.out_phases > 1 && rows(t, true) == rows(t, false) && columns(t, true) == columns(t, false);
  };
  // In multiplications. A value of a window takes as long as some; float32 disregards it, so that both directions take the same windows.
  const auto cost = [&](int64_t t) {
    const int64_t window = w.bf16 ? 16 : 0, windows = common(t) ? 1 : p.phases;
    return rows(t, false) * columns(t, false) * t * t * (p.phases * w.to() + window * windows);
  };
  const auto pays = [&](int64_t t, int64_t than) { return 5 * cost(t) < 4 * cost(than); };  // though it rounds more
  const auto cheaper = [&](int64_t a, int64_t b) { return cost(b) < cost(a) ? b : a; };
  if (r == 2)
    p.t = w.bf16 ? cheaper(4, 5) : cheaper(5, 6);
  else if (w.bf16)
    p.t = r == 3 && !pays(6, 4) ? 4 : pays(7, 6) ? 7 : 6;
  else
    p.t = r == 3 ? cheaper(6, 7) : 7;
  p.m = p.t + 1 - r;
  p.places = p.t * p.t;
  p.u_place = p.phases * w.from() * w.to();
  p.rows = rows(p.t, false);
  p.columns = columns(p.t, false);
  p.common_windows = common(p.t);
  p.tiles = w.pictures * p.rows * p.columns;

  p.in_float = w.bf16 ? 2 : 1;
  p.v_stride = p.channels + kWinogradLine * p.in_float;
  const int64_t tile_floats = p.places * (p.v_stride / p.in_float + w.to());
  const int64_t least_apart = w.bf16 ? 16 : 24;
  p.apart = kApartFloats / tile_floats >= least_apart;
  const int64_t floats = p.apart ? kApartFloats : std::clamp(p.places * p.u_place / p.in_float, kLeastFloats, kMostFloats),
                parts = p.apart ? w.threads : 1;
  const int64_t rounds = ceil_divide(p.tiles, std::max<int64_t>(1, floats / tile_floats) * parts);
  p.group = ceil_divide(p.tiles, rounds * parts);  // as even as they come
  p.v_place = p.group * p.v_stride + kWinogradLine * p.in_float;
  p.m_place = p.group * w.to() + kWinogradLine;
  return p;
}

}  // namespace phosphene::onednn
