// Einsum: y[output labels] = sum over the other labels of the product of all inputs, each at its own labels.
#include "phosphene/graph/ops/einsum.h"

#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

namespace {

// Steps of a value along every label; an axis of 1 under a label of a larger extent does not move.
std::vector<int64_t> steps(const Shape& shape, const std::vector<int>& labels, size_t count) {
  std::vector<int64_t> result(count, 0);
  const auto strides = shape.strides();
  for (size_t axis = 0; axis < labels.size(); ++axis)
    if (shape[static_cast<int>(axis)] != 1) result[static_cast<size_t>(labels[axis])] += strides[axis];
  return result;
}

// Calls visit(position in each input, position in y) for every combination of labels.
template <typename Visit>
void for_each_combination(const Node& node, const ConstArrays& inputs, const Shape& y, Visit visit) {
  std::vector<Shape> shapes;
  for (const Array* input : inputs) shapes.push_back(input->shape);
  const Einsum einsum(node.attributes.get_string("equation", ""), shapes);
  std::vector<std::vector<int64_t>> moves;
  for (size_t k = 0; k < inputs.size(); ++k) moves.push_back(steps(shapes[k], einsum.operands[k], einsum.extents.size()));
  const auto out = steps(y, einsum.output, einsum.extents.size());
  std::vector<size_t> from(inputs.size());
  for (Odometer position{Shape(einsum.extents)}; !position.done(); position.step()) {
    const auto place = [&](const std::vector<int64_t>& move) {
      int64_t at = 0;
      for (size_t label = 0; label < move.size(); ++label) at += position[label] * move[label];
      return static_cast<size_t>(at);
    };
    for (size_t k = 0; k < from.size(); ++k) from[k] = place(moves[k]);
    visit(from, place(out));
  }
}

void einsum_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  auto& y = outputs[0]->values;
  std::fill(y.begin(), y.end(), 0.0);
  for_each_combination(node, inputs, outputs[0]->shape, [&](const std::vector<size_t>& from, size_t to) {
    double product = 1;
    for (size_t k = 0; k < inputs.size(); ++k) product *= inputs[k]->values[from[k]];
    y[to] += product;
  });
}

void einsum_backward(const Node& node, const ConstArrays& inputs, const ConstArrays& outputs, const ConstArrays& grad_outputs,
                     const Arrays& grad_inputs) {
  if (!grad_outputs[0]) return;
  for_each_combination(node, inputs, outputs[0]->shape, [&](const std::vector<size_t>& from, size_t to) {
    for (size_t k = 0; k < inputs.size(); ++k) {
      if (!at(grad_inputs, k)) continue;
      double others = grad_outputs[0]->values[to];
      for (size_t j = 0; j < inputs.size(); ++j)
        if (j != k) others *= inputs[j]->values[from[j]];
      grad_inputs[k]->values[from[k]] += others;
    }
  });
}

}  // namespace

std::vector<Kernel> einsum_kernels() { return {{"Einsum", einsum_forward, einsum_backward}}; }

}  // namespace phosphene::kernels
