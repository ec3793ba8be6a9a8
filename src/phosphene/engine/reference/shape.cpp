// Operators that only move numbers: y[i] = x[source(i)], or a constant where there is no source (-1). dx[source(i)] += dy[i].
//
// Each operator is the table `source`, one entry an output element.
#include <numeric>

#include "phosphene/engine/reference/families.h"

namespace phosphene::reference {

namespace {

using Map = std::vector<int64_t>;
using Source = Map (*)(const Node& node, const ConstArrays& inputs, const Shape& y);

template <Source source>
void move_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  Array& y = *outputs[0];
  const Map map = source(node, inputs, y.shape);
  PHOSPHENE_CHECK_EQ(map.size(), y.values.size());
  const Array* filler = node.op == "Pad" ? at(inputs, 2) : nullptr;
  const double constant = filler ? filler->values[0] : 0;
  for (size_t i = 0; i < map.size(); ++i) y.values[i] = map[i] < 0 ? constant : inputs[0]->values[static_cast<size_t>(map[i])];
}

template <Source source>
void move_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                   const Arrays& grad_inputs) {
  if (!grad_outputs[0]) return;
  const Map map = source(node, inputs, outputs[0]->shape);
  Array *dx = at(grad_inputs, 0), *dfiller = node.op == "Pad" ? at(grad_inputs, 2) : nullptr;
  for (size_t i = 0; i < map.size(); ++i) {
    if (map[i] >= 0 && dx) dx->values[static_cast<size_t>(map[i])] += grad_outputs[0]->values[i];
    if (map[i] < 0 && dfiller) dfiller->values[0] += grad_outputs[0]->values[i];
  }
}

template <Source source>
Kernel mover(const char* op) {
  return {op, move_forward<source>, move_backward<source>};
}

// A map that is separable: the source position along each axis depends on the output position along that axis alone; -1 is outside.
Map separable(const Shape& x, const Shape& y, const std::vector<Map>& along) {
  const auto strides = x.strides();
  Map map;
  map.reserve(static_cast<size_t>(y.size()));
  for (Odometer position(y); !position.done(); position.step()) {
    int64_t index = 0;
    for (size_t axis = 0; axis < along.size() && index >= 0; ++axis) {
      const int64_t i = along[axis][static_cast<size_t>(position[axis])];
      index = i < 0 ? -1 : index + i * strides[axis];
    }
    map.push_back(index);
  }
  return map;
}

Map range(int64_t size) {
  Map map(static_cast<size_t>(size));
  std::iota(map.begin(), map.end(), 0);
  return map;
}

Map same(const Node&, const ConstArrays&, const Shape& y) { return range(y.size()); }

Map slice(const Node& node, const ConstArrays& inputs, const Shape& y) {
  const Shape& x = inputs[0]->shape;
  const auto starts = integers(node, "starts", inputs, 1);
  const auto axes = integers(node, "axes", inputs, 3, range(static_cast<int64_t>(starts.size())));
  const auto steps = integers(node, "steps", inputs, 4, Map(starts.size(), 1));
  std::vector<Map> along;
  for (int axis = 0; axis < x.rank(); ++axis) along.push_back(range(y[axis]));
  for (size_t k = 0; k < starts.size(); ++k) {
    const int axis = normal_axis(axes[k], x.rank());
    const int64_t extent = x[axis], start = starts[k] < 0 ? starts[k] + extent : starts[k];
    const int64_t first = std::clamp<int64_t>(start, 0, steps[k] < 0 ? extent - 1 : extent);
    for (int64_t i = 0; i < y[axis]; ++i) along[static_cast<size_t>(axis)][static_cast<size_t>(i)] = first + i * steps[k];
  }
  return separable(x, y, along);
}

Map pad(const Node& node, const ConstArrays& inputs, const Shape& y) {
  const Shape& x = inputs[0]->shape;
  const std::string mode = node.attributes.get_string("mode", "constant");
  const auto pads = integers(node, "pads", inputs, 1);
  const auto axes = integers(node, "axes", inputs, 3, range(x.rank()));
  std::vector<Map> along;
  for (int axis = 0; axis < x.rank(); ++axis) along.push_back(range(y[axis]));
  for (size_t k = 0; k < axes.size(); ++k) {
    const int axis = normal_axis(axes[k], x.rank());
    const int64_t extent = x[axis], period = std::max<int64_t>(2 * (extent - 1), 1);
    for (int64_t& i : along[static_cast<size_t>(axis)]) {
      i -= pads[k];
      if (mode == "edge") {
        i = std::clamp<int64_t>(i, 0, extent - 1);
      } else if (mode == "reflect") {
        i = (i % period + period) % period;
        if (i >= extent) i = period - i;
      } else if (mode == "constant") {
        if (i < 0 || i >= extent) i = -1;
      } else {
        throw Error(fmt::format("mode \"{}\" of Pad", mode), "constant, reflect and edge are supported");
      }
    }
  }
  return separable(x, y, along);
}

Map transpose(const Node& node, const ConstArrays& inputs, const Shape& y) {
  Map order = range(y.rank());
  std::reverse(order.begin(), order.end());
  order = node.attributes.get_ints("perm", order);
  const auto strides = inputs[0]->shape.strides();
  Map map;
  for (Odometer position(y); !position.done(); position.step()) {
    int64_t index = 0;
    for (size_t axis = 0; axis < order.size(); ++axis) index += position[axis] * strides[static_cast<size_t>(order[axis])];
    map.push_back(index);
  }
  return map;
}

Map expand(const Node&, const ConstArrays& inputs, const Shape& y) { return broadcast_map(inputs[0]->shape, y); }

// Gather: y[outer, j..., inner] = x[outer, indices[j...], inner].
Map gather(const Node& node, const ConstArrays& inputs, const Shape&) {
  const AxisView view(inputs[0]->shape, node.attributes.get_int("axis", 0));
  Map map;
  for (int64_t outer = 0; outer < view.outer; ++outer)
    for (const int64_t j : integers(*inputs[1])) {
      const int64_t row = j < 0 ? j + view.extent : j;
      if (row < 0 || row >= view.extent) throw Error(fmt::format("Gather index {} outside an axis of {}", j, view.extent));
      for (int64_t inner = 0; inner < view.inner; ++inner) map.push_back((outer * view.extent + row) * view.inner + inner);
    }
  return map;
}

// Cast: ONNX type numbers 9 is bool, the floats are 1, 10, 11 and 16, the rest are integers and round towards zero.
bool to_float(const Node& node) {
  const int64_t to = node.attributes.get_int("to", 1);
  return to == 1 || to == 10 || to == 11 || to == 16;
}

void cast_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  for (size_t i = 0; i < outputs[0]->values.size(); ++i) {
    const double x = inputs[0]->values[i];
    outputs[0]->values[i] = to_float(node) ? x : node.attributes.get_int("to", 1) == 9 ? (x != 0 ? 1 : 0) : std::trunc(x);
  }
}

void cast_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                   const Arrays& grad_inputs) {
  if (to_float(node)) move_backward<same>(node, inputs, outputs, grad_outputs, grad_inputs);
}

// Dropout of a network that is used, not trained: y = x. The mask, where wanted, keeps everything.
void dropout_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  if (const Array* training = at(inputs, 2); training && training->values[0] != 0)
    throw Error("Dropout in training mode", "export the network for inference");
  move_forward<same>(node, inputs, outputs);
  if (Array* mask = at(outputs, 1)) std::fill(mask->values.begin(), mask->values.end(), 1.0);
}

}  // namespace

std::vector<Kernel> shape_kernels() {
  return {
      mover<same>("Identity"),
      mover<same>("Reshape"),
      mover<same>("Flatten"),
      mover<same>("Squeeze"),
      mover<same>("Unsqueeze"),
      mover<slice>("Slice"),
      mover<pad>("Pad"),
      mover<transpose>("Transpose"),
      mover<expand>("Expand"),
      mover<gather>("Gather"),
      {"Cast", cast_forward, cast_backward},
      {"Dropout", dropout_forward, move_backward<same>},
  };
}

}  // namespace phosphene::reference
