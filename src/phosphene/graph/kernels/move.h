// What operators share that only move numbers: y[i] = x[source(i)], or a constant where there is no source (-1); dx[source(i)] += dy[i].
// Each such operator is the table `source`, one entry an output element. Only the families of such operators include this.
#pragma once

#include <numeric>

#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

using Map = std::vector<int64_t>;
using Source = Map (*)(const Node& node, const ConstArrays& inputs, const Shape& y);

// kInput: the input that is moved; kFiller: the one whose first number stands where there is no source (none: zero).
inline constexpr size_t kNoFiller = static_cast<size_t>(-1);

template <Source source, size_t kInput = 0, size_t kFiller = kNoFiller>
void move_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  Array& y = *outputs[0];
  const Map map = source(node, inputs, y.shape);
  PHOSPHENE_CHECK_EQ(map.size(), y.values.size());
  const Array* filler = at(inputs, kFiller);
  const double constant = filler ? filler->values[0] : 0;
  for (size_t i = 0; i < map.size(); ++i) y.values[i] = map[i] < 0 ? constant : inputs[kInput]->values[static_cast<size_t>(map[i])];
}

template <Source source, size_t kInput = 0, size_t kFiller = kNoFiller>
void move_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                   const Arrays& grad_inputs) {
  if (!grad_outputs[0]) return;
  const Map map = source(node, inputs, outputs[0]->shape);
  Array *dx = at(grad_inputs, kInput), *dfiller = at(grad_inputs, kFiller);
  for (size_t i = 0; i < map.size(); ++i) {
    if (map[i] >= 0 && dx) dx->values[static_cast<size_t>(map[i])] += grad_outputs[0]->values[i];
    if (map[i] < 0 && dfiller) dfiller->values[0] += grad_outputs[0]->values[i];
  }
}

template <Source source, size_t kInput = 0, size_t kFiller = kNoFiller>
Kernel mover(const char* op) {
  return {op, move_forward<source, kInput, kFiller>, move_backward<source, kInput, kFiller>};
}

inline Map range(int64_t size) {
  Map map(static_cast<size_t>(size));
  std::iota(map.begin(), map.end(), 0);
  return map;
}

inline Map same(const Node&, const ConstArrays&, const Shape& y) { return range(y.size()); }

// A map that is separable: the source position along each axis depends on the output position along that axis alone; -1 is outside.
Map separable(const Shape& x, const Shape& y, const std::vector<Map>& along);

// An index along an axis, from its end where negative; Error outside.
int64_t normal_index(int64_t index, int64_t extent);

}  // namespace phosphene::kernels
