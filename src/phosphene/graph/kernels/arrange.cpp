// Operators that arrange numbers anew in a fixed pattern, or make such a pattern.
//
//     Tile             y repeats x along every axis
//     DepthToSpace     [n, c b^2, h, w] -> [n, c, h b, w b]; mode DCR: channel = (by b + bx) c' + c,  CRD: channel = c b^2 + by b + bx
//     SpaceToDepth     the inverse, with the same modes
//     Trilu            the upper (upper = 1) or the lower triangle of every matrix, zero elsewhere; k moves the diagonal
//     ReverseSequence  the first lens[b] entries of the time axis of batch entry b, backwards
//     EyeLike, Range   ones on a diagonal; start + i delta
#include "phosphene/graph/kernels/move.h"

namespace phosphene::kernels {

namespace {

Map tile(const Node&, const ConstArrays& inputs, const Shape& y) {
  const Shape& x = inputs[0]->shape;
  std::vector<Map> along;
  for (int axis = 0; axis < x.rank(); ++axis) {
    Map& map = along.emplace_back(range(y[axis]));
    for (int64_t& i : map) i %= x[axis];
  }
  return separable(x, y, along);
}

// Where (channel, y, x) of the deep picture [n, c b^2, h, w] lies in the wide one [n, c, h b, w b].
Map from_deep(const Shape& deep, int64_t block, bool channels_last) {
  const int64_t c = deep[1] / (block * block), h = deep[2], w = deep[3];
  Map map;
  for (Odometer position(deep); !position.done(); position.step()) {
    const int64_t inner = channels_last ? position[1] / c : position[1] % (block * block);
    const int64_t channel = channels_last ? position[1] % c : position[1] / (block * block);
    const int64_t row = position[2] * block + inner / block, column = position[3] * block + inner % block;
    map.push_back(((position[0] * c + channel) * h * block + row) * w * block + column);
  }
  return map;
}

Map space_to_depth(const Node& node, const ConstArrays&, const Shape& y) {
  return from_deep(y, node.attributes.get_int("blocksize", 1), node.attributes.get_string("mode", "DCR") == "DCR");
}

Map depth_to_space(const Node& node, const ConstArrays& inputs, const Shape& y) {
  const Map inverse =
      from_deep(inputs[0]->shape, node.attributes.get_int("blocksize", 1), node.attributes.get_string("mode", "DCR") == "DCR");
  Map map(static_cast<size_t>(y.size()));
  for (size_t i = 0; i < inverse.size(); ++i) map[static_cast<size_t>(inverse[i])] = static_cast<int64_t>(i);
  return map;
}

Map trilu(const Node& node, const ConstArrays& inputs, const Shape& y) {
  const bool upper = node.attributes.get_int("upper", 1) != 0;
  const Array* diagonal = at(inputs, 1);
  const int64_t k = diagonal ? integers(*diagonal)[0] : 0, rows = y[-2], columns = y[-1];
  Map map = range(y.size());
  for (int64_t& i : map) {
    const int64_t row = i / columns % rows, column = i % columns;
    if (upper ? column - row < k : column - row > k) i = -1;
  }
  return map;
}

Map reverse_sequence(const Node& node, const ConstArrays& inputs, const Shape& y) {
  const auto batch = static_cast<size_t>(node.attributes.get_int("batch_axis", 1)),
             time = static_cast<size_t>(node.attributes.get_int("time_axis", 0));
  const auto lengths = integers(*inputs[1]);
  const auto strides = y.strides();
  Map map;
  int64_t i = 0;
  for (Odometer position(y); !position.done(); position.step(), ++i) {
    const int64_t length = lengths[static_cast<size_t>(position[batch])];
    if (length < 0 || length > y[static_cast<int>(time)]) throw Error(fmt::format("a sequence of {} entries", length));
    const int64_t mirrored = position[time] < length ? length - 1 - position[time] : position[time];
    map.push_back(i + (mirrored - position[time]) * strides[time]);
  }
  return map;
}

void eye_forward(const Node& node, const ConstArrays&, const Arrays& outputs) {
  const int64_t k = node.attributes.get_int("k", 0), columns = outputs[0]->shape[1];
  for (size_t i = 0; i < outputs[0]->values.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    outputs[0]->values[i] = at % columns - at / columns == k ? 1 : 0;
  }
}

void range_forward(const Node&, const ConstArrays& inputs, const Arrays& outputs) {
  for (size_t i = 0; i < outputs[0]->values.size(); ++i)
    outputs[0]->values[i] = inputs[0]->values[0] + static_cast<double>(i) * inputs[2]->values[0];
}

}  // namespace

std::vector<Kernel> arrange_kernels() {
  return {
      mover<tile>("Tile"),
      mover<depth_to_space>("DepthToSpace"),
      mover<space_to_depth>("SpaceToDepth"),
      mover<trilu>("Trilu"),
      mover<reverse_sequence>("ReverseSequence"),
      {"EyeLike", eye_forward, nullptr},
      {"Range", range_forward, nullptr},
  };
}

}  // namespace phosphene::kernels
