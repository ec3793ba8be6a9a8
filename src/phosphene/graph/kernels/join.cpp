// Concat and Split: pieces along one axis, [outer, extent_k, inner] each, beside one whole [outer, sum extent_k, inner].
#include "phosphene/graph/kernels/families.h"

namespace phosphene::kernels {

namespace {

// Calls visit(piece, index in the whole, index in the piece) for every element of every piece.
template <typename Pointers, typename Visit>
void for_each_piece(const Shape& whole_shape, int64_t axis, const Pointers& pieces, const std::vector<int64_t>& extents, Visit visit) {
  const AxisView whole(whole_shape, axis);
  int64_t start = 0;
  for (size_t k = 0; k < extents.size(); ++k) {
    if (at(pieces, k))
      for (int64_t outer = 0; outer < whole.outer; ++outer)
        for (int64_t i = 0; i < extents[k] * whole.inner; ++i)
          visit(k, static_cast<size_t>((outer * whole.extent + start) * whole.inner + i),
                static_cast<size_t>(outer * extents[k] * whole.inner + i));
    start += extents[k];
  }
}

template <typename Pointers>
std::vector<int64_t> extents_of(const Pointers& pieces, int64_t axis) {
  std::vector<int64_t> extents;
  for (const auto* piece : pieces) extents.push_back(piece->shape[normal_axis(axis, piece->shape.rank())]);
  return extents;
}

void concat_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const int64_t axis = node.attributes.get_int("axis", 0);
  Array& y = *outputs[0];
  for_each_piece(y.shape, axis, inputs, extents_of(inputs, axis),
                 [&](size_t k, size_t whole, size_t part) { y.values[whole] = inputs[k]->values[part]; });
}

void concat_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                     const Arrays& grad_inputs) {
  const Array* dy = grad_outputs[0];
  if (!dy) return;
  const int64_t axis = node.attributes.get_int("axis", 0);
  for_each_piece(dy->shape, axis, grad_inputs, extents_of(inputs, axis),
                 [&](size_t k, size_t whole, size_t part) { grad_inputs[k]->values[part] += dy->values[whole]; });
}

// The extents of Split's pieces: the second input, or equal parts, the last one smaller where they do not divide.
std::vector<int64_t> split_extents(const Node& node, const ConstArrays& inputs, int64_t axis) {
  const int64_t total = AxisView(inputs[0]->shape, axis).extent, pieces = static_cast<int64_t>(node.outputs.size());
  std::vector<int64_t> extents = integers(node, "split", inputs, 1);
  if (!extents.empty()) return extents;
  const int64_t part = (total + pieces - 1) / pieces;
  for (int64_t left = total; left > 0; left -= part) extents.push_back(std::min(part, left));
  return extents;
}

void split_forward(const Node& node, const ConstArrays& inputs, const Arrays& outputs) {
  const int64_t axis = node.attributes.get_int("axis", 0);
  for_each_piece(inputs[0]->shape, axis, outputs, split_extents(node, inputs, axis),
                 [&](size_t k, size_t whole, size_t part) { outputs[k]->values[part] = inputs[0]->values[whole]; });
}

void split_backward(const Node& node, const ConstArrays& inputs, const ConstArrays&, const ConstArrays& grad_outputs,
                    const Arrays& grad_inputs) {
  if (!grad_inputs[0]) return;
  const int64_t axis = node.attributes.get_int("axis", 0);
  for_each_piece(inputs[0]->shape, axis, grad_outputs, split_extents(node, inputs, axis),
                 [&](size_t k, size_t whole, size_t part) { grad_inputs[0]->values[whole] += grad_outputs[k]->values[part]; });
}

}  // namespace

std::vector<Kernel> join_kernels() {
  return {
      {"Concat", concat_forward, concat_backward},
      {"Split", split_forward, split_backward},
  };
}

}  // namespace phosphene::kernels
