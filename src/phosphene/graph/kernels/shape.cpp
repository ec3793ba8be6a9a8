// Operators that give numbers another shape or type: Reshape and its kin, Slice, Pad, Transpose, Expand, Cast.
#include "phosphene/graph/kernels/move.h"

namespace phosphene::kernels {

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

int64_t normal_index(int64_t index, int64_t extent) {
  if (index < -extent || index >= extent) throw Error(fmt::format("index {} is outside an axis of {}", index, extent));
  return index < 0 ? index + extent : index;
}

namespace {

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

// Cast and CastLike: the type of the output decides. Towards integers a number is cut off.
void cast_forward(const Node&, const ConstArrays& inputs, const Arrays& outputs) {
  Array& y = *outputs[0];
  for (size_t i = 0; i < y.values.size(); ++i) {
    const double x = inputs[0]->values[i];
    y.values[i] = y.type == DataType::kFloat32 ? x : y.type == DataType::kBool ? (x != 0 ? 1 : 0) : std::trunc(x);
  }
}

void cast_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                   const Arrays& grad_inputs) {
  if (outputs[0]->type == DataType::kFloat32) move_backward<same>(node, inputs, outputs, grad_outputs, grad_inputs);
}

// Dropout of a network that is used, not trained, or of nothing (ratio 0): y = x. The mask, where wanted, keeps everything.
void dropout_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const Array *ratio = at(inputs, 1), *training = at(inputs, 2);
  if (training && training->values[0] != 0 && (!ratio || ratio->values[0] != 0))
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
      mover<pad, 0, 2>("Pad"),
      mover<transpose>("Transpose"),
      mover<expand>("Expand"),
      {"Cast", cast_forward, cast_backward},
      {"CastLike", cast_forward, cast_backward},
      {"Dropout", dropout_forward, move_backward<same>},
  };
}

}  // namespace phosphene::kernels
