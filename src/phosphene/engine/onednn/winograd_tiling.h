// How winograd.h cuts pictures into tiles, and where its arrays lie; what its weights and its kernels share.
#pragma once

#include <algorithm>
#include <cstdint>

#include "phosphene/engine/onednn/winograd.h"

namespace phosphene::onednn {

constexpr int64_t kWinogradLine = 16;  // floats between rows of V and between places, so that they do not share lines of a cache

inline int64_t ceil_divide(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Along one axis, a phase's pixels: inputs in + in_step i (the first tile's first one at i = 0), results likewise, `count` of them.
struct Phase {
  int64_t in, in_step, out, out_step, count;
};

inline Phase phase_of(const Winograd& w, int64_t phase, bool rows) {
  const int64_t pad = rows ? w.pad_top : w.pad_left, s = w.stride;
  const int64_t wide = rows ? w.wide_height : w.wide_width, narrow = rows ? w.narrow_height : w.narrow_width;
  if (!w.to_wide) return {phase - pad, s, 0, 1, narrow};
  // wide pixel s q + phase - pad = sum over u of tap[s u + phase] narrow[q - u], from the last q to the first
  const int64_t q = ceil_divide(std::max<int64_t>(pad - phase, 0), s), first = s * q + phase - pad;
  const int64_t count = std::max<int64_t>(ceil_divide(wide - first, s), 0);
  return {q + count - 1, -1, first + (count - 1) * s, -s, count};
}

// V[place][tile][channel], M[place][tile][result]. U[group][place], of 2 winograd_block() narrow channels after another (the last of them
// may be one block): [phase][wide channel][narrow channel].
struct Tiling {
  int64_t t, m, places;                             // window, results of a tile, a side; t^2
  int64_t phases, in_phases, out_phases, channels;  // channels: of all inputs of a product
  int64_t rows, columns, tiles;                     // tiles of a picture's side, of all pictures
  bool apart;                                       // whether each thread has tiles, V and M of its own
  int64_t group, v_stride, v_place, m_place;        // tiles of a V and M; floats from a tile, from a place to the next one
  int64_t u_place;
};

inline Tiling tiling_of(const Winograd& w) {
  // Of V and M: a thread's own, in its cache, where U passes by enough tiles; else common ones, as large as U.
  constexpr int64_t kApartFloats = 1 << 18, kLeastApart = 24, kLeastFloats = 1 << 20, kMostFloats = 5 << 20;
  Tiling p{};
  p.phases = w.stride * w.stride;
  p.in_phases = w.to_wide ? 1 : p.phases;
  p.out_phases = w.to_wide ? p.phases : 1;
  p.channels = p.in_phases * w.from();
  int64_t height = 0, width = 0;
  for (int64_t phase = 0; phase < w.stride; ++phase) {
    height = std::max(height, phase_of(w, phase, true).count);
    width = std::max(width, phase_of(w, phase, false).count);
  }
  const int64_t r = w.kernel / w.stride;
  const auto cost = [&](int64_t t) { return ceil_divide(height, t + 1 - r) * ceil_divide(width, t + 1 - r) * t * t; };
  p.t = r == 2 ? 5 : r > 3 || cost(7) < cost(6) ? 7 : 6;
  p.m = p.t + 1 - r;
  p.places = p.t * p.t;
  p.u_place = p.phases * w.from() * w.to();
  p.rows = ceil_divide(height, p.m);
  p.columns = ceil_divide(width, p.m);
  p.tiles = w.pictures * p.rows * p.columns;

  p.v_stride = p.channels + kWinogradLine;
  const int64_t tile_floats = p.places * (p.v_stride + w.to());
  p.apart = kApartFloats / tile_floats >= kLeastApart;
  const int64_t floats = p.apart ? kApartFloats : std::clamp(p.places * p.u_place, kLeastFloats, kMostFloats),
                parts = p.apart ? w.threads : 1;
  const int64_t rounds = ceil_divide(p.tiles, std::max<int64_t>(1, floats / tile_floats) * parts);
  p.group = ceil_divide(p.tiles, rounds * parts);  // as even as they come
  p.v_place = p.group * p.v_stride + kWinogradLine;
  p.m_place = p.group * w.to() + kWinogradLine;
  return p;
}

}  // namespace phosphene::onednn
