// Operators that read or write at positions given by integers. A negative index counts from the end of its axis.
//
//     Gather           y[o, j..., i] = x[o, indices[j...], i]
//     GatherElements   y[p] = x[p with p_axis = indices[p]]
//     GatherND         y[b, j..., i...] = x[b, indices[b, j...], i...], the last axis of indices holding the leading position of a piece
//     Compress         the entries along an axis whose condition holds
//     OneHot           y[.., k at axis, ..] = values[1] where k is the index, else values[0]
//     ScatterElements  y = x, then at p with p_axis = indices[p] the update (reduction none), or x + or * the updates (add, mul)
//     ScatterND        the same with positions as in GatherND
//     NonZero          the positions of all numbers that are not zero, [rank, count]
#include "phosphene/graph/kernels/move.h"

namespace phosphene::kernels {

namespace {

Map gather(const Node& node, const ConstArrays& inputs, const Shape&) {
  const AxisView view(inputs[0]->shape, node.attributes.get_int("axis", 0));
  const auto indices = integers(*inputs[1]);
  Map map;
  for (int64_t outer = 0; outer < view.outer; ++outer)
    for (const int64_t j : indices) {
      const int64_t row = outer * view.extent + normal_index(j, view.extent);
      for (int64_t inner = 0; inner < view.inner; ++inner) map.push_back(row * view.inner + inner);
    }
  return map;
}

// For every element of `indices` (an input), the position in x that it means along the axis.
Map elements_along_axis(const Node& node, const Shape& x, const Array& indices) {
  const auto axis = static_cast<size_t>(normal_axis(node.attributes.get_int("axis", 0), x.rank()));
  const auto values = integers(indices);
  const auto strides = x.strides();
  Map map;
  for (Odometer position(indices.shape); !position.done(); position.step()) {
    int64_t at = 0;
    for (size_t a = 0; a < strides.size(); ++a)
      at += strides[a] * (a == axis ? normal_index(values[map.size()], x[static_cast<int>(axis)]) : position[a]);
    map.push_back(at);
  }
  return map;
}

Map gather_elements(const Node& node, const ConstArrays& inputs, const Shape&) {
  return elements_along_axis(node, inputs[0]->shape, *inputs[1]);
}

// Pieces of x at the positions that the rows of `indices` name, after `batch` axes that both share; element by element.
Map pieces(const Shape& x, const Array& indices, int batch) {
  const int64_t depth = indices.shape[-1], rows = indices.shape.size() / std::max<int64_t>(depth, 1);
  const int64_t batches = x.size(0, batch), piece = x.size(batch + static_cast<int>(depth), x.rank());
  const auto values = integers(indices);
  const auto strides = x.strides();
  Map map;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t start = batch == 0 ? 0 : row / (rows / batches) * x.size(batch, x.rank());
    for (int64_t d = 0; d < depth; ++d) {
      const int axis = batch + static_cast<int>(d);
      start += normal_index(values[static_cast<size_t>(row * depth + d)], x[axis]) * strides[static_cast<size_t>(axis)];
    }
    for (int64_t i = 0; i < piece; ++i) map.push_back(start + i);
  }
  return map;
}

Map gather_nd(const Node& node, const ConstArrays& inputs, const Shape&) {
  return pieces(inputs[0]->shape, *inputs[1], static_cast<int>(node.attributes.get_int("batch_dims", 0)));
}

Map compress(const Node& node, const ConstArrays& inputs, const Shape&) {
  const Shape flat{inputs[0]->shape.size()};
  const Shape& x = node.attributes.has("axis") ? inputs[0]->shape : flat;
  const AxisView view(x, node.attributes.get_int("axis", 0));
  Map map;
  for (int64_t outer = 0; outer < view.outer; ++outer)
    for (size_t k = 0; k < inputs[1]->values.size(); ++k)
      if (inputs[1]->values[k] != 0)
        for (int64_t inner = 0; inner < view.inner; ++inner)
          map.push_back((outer * view.extent + static_cast<int64_t>(k)) * view.inner + inner);
  return map;
}

// Into the two numbers `values`.
Map one_hot(const Node& node, const ConstArrays& inputs, const Shape& y) {
  const AxisView view(y, node.attributes.get_int("axis", -1));
  const auto indices = integers(*inputs[0]);
  Map map;
  for (int64_t outer = 0; outer < view.outer; ++outer)
    for (int64_t k = 0; k < view.extent; ++k)
      for (int64_t inner = 0; inner < view.inner; ++inner) {
        const int64_t index = indices[static_cast<size_t>(outer * view.inner + inner)];
        map.push_back(k == (index < 0 ? index + view.extent : index) ? 1 : 0);
      }
  return map;
}

Map scatter_targets(const Node& node, const ConstArrays& inputs) {
  return node.op == "ScatterND" ? pieces(inputs[0]->shape, *inputs[1], 0) : elements_along_axis(node, inputs[0]->shape, *inputs[1]);
}

void scatter_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const std::string reduction = node.attributes.get_string("reduction", "none");
  const Map targets = scatter_targets(node, inputs);
  auto& y = outputs[0]->values;
  y = inputs[0]->values;
  for (size_t k = 0; k < targets.size(); ++k) {
    double& target = y[static_cast<size_t>(targets[k])];
    const double update = inputs[2]->values[k];
    target = reduction == "add" ? target + update : reduction == "mul" ? target * update : update;
  }
}

// mul: the gradient of a factor is dy times all others, those before it times those after it.
void scatter_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                      const Arrays& grad_inputs) {
  if (!grad_outputs[0]) return;
  const std::string reduction = node.attributes.get_string("reduction", "none");
  const Map targets = scatter_targets(node, inputs);
  const auto &dy = grad_outputs[0]->values, &updates = inputs[2]->values;
  Array *dx = at(grad_inputs, 0), *du = at(grad_inputs, 2);
  std::vector<double> slope(dy.size(), 1.0);  // of y by x
  std::vector<double> before(targets.size(), 1.0);
  if (reduction == "mul") {
    std::vector<double> product = inputs[0]->values;
    for (size_t k = 0; k < targets.size(); ++k) {
      before[k] = product[static_cast<size_t>(targets[k])];
      product[static_cast<size_t>(targets[k])] *= updates[k];
    }
  }
  for (size_t k = targets.size(); k-- > 0;) {
    const auto target = static_cast<size_t>(targets[k]);
    if (du) du->values[k] += dy[target] * slope[target] * before[k];
    if (reduction == "none") slope[target] = 0;  // overwritten: by nothing earlier, and not by x
    if (reduction == "mul") slope[target] *= updates[k];
  }
  for (size_t i = 0; i < dy.size() && dx; ++i) dx->values[i] += dy[i] * slope[i];
}

void non_zero_forward(const Node&, const ConstArrays& inputs, const Arrays& outputs) {
  const Shape& x = inputs[0]->shape;
  const int64_t count = outputs[0]->shape[1];
  size_t i = 0;
  int64_t found = 0;
  for (Odometer position(x); !position.done(); position.step(), ++i) {
    if (inputs[0]->values[i] == 0) continue;
    for (int axis = 0; axis < x.rank(); ++axis)
      outputs[0]->values[static_cast<size_t>(axis * count + found)] = static_cast<double>(position[static_cast<size_t>(axis)]);
    ++found;
  }
}

}  // namespace

std::vector<Kernel> gather_kernels() {
  return {
      mover<gather>("Gather"),
      mover<gather_elements>("GatherElements"),
      mover<gather_nd>("GatherND"),
      mover<compress>("Compress"),
      mover<one_hot, 2>("OneHot"),
      {"ScatterElements", scatter_forward, scatter_backward},
      {"ScatterND", scatter_forward, scatter_backward},
      {"NonZero", non_zero_forward, nullptr},
  };
}

}  // namespace phosphene::kernels
