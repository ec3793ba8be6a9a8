// Gather by constant indices along an axis: y[o, j, i] = x[o, index_j, i]; the gradient adds back to where it was taken from. One index is
// a view.
#include "phosphene/engine/onednn/lower.h"

#include <algorithm>
#include <cstring>

#include "phosphene/graph/op.h"

namespace phosphene::onednn {

namespace {

struct Places {
  int64_t outer, extent, inner;
  std::vector<int64_t> indices;
};

// Runs body(o, first, last): columns [first, last) of one index of `outer`. Each piece is one thread's, so sums need no lock.
template <typename Body>
void for_pieces(const Places& p, const Body& body) {
  constexpr int64_t kColumns = 4096;
  const int64_t pieces = (p.inner + kColumns - 1) / kColumns;
#pragma omp parallel for schedule(static)
  for (int64_t piece = 0; piece < p.outer * pieces; ++piece) {
    const int64_t first = piece % pieces * kColumns;
    body(piece / pieces, first, std::min(first + kColumns, p.inner));
  }
}

}  // namespace

Backward lower_gather(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], y = node.outputs[0];
  const Shape shape = l.shape(x);
  const TensorPtr indices = l.graph.constant(node.inputs[1]);
  require(l.graph.type_of(x).type == DataType::kFloat32 && indices && indices->size() > 0 && shape.size() > 0);
  const int axis = normal_axis(node.attributes.get_int("axis", 0), shape.rank());
  Places p{shape.size(0, axis), shape[axis], shape.size(axis + 1, shape.rank()), {indices->ints().begin(), indices->ints().end()}};
  for (int64_t& index : p.indices) {
    if (index < 0) index += p.extent;
    require(index >= 0 && index < p.extent);
  }
  if (p.indices.size() == 1) {
    const Dims result = Lowering::dims(l.shape(y));
    return lower_view(l, x, y, [&](const View& view) {
      const auto one = part_of(view, {axis, p.indices[0], 1, 1});
      return one ? reshaped(*one, result) : one;
    });
  }
  const Desc from = Lowering::plain(Lowering::dims(shape)), to = Lowering::plain(Lowering::dims(l.shape(y)));
  const Mem source = l.value(x, from), result = l.plan.allocate(to);
  const auto count = static_cast<int64_t>(p.indices.size());
  Plan& plan = l.plan;
  plan.add_body(node.name, "loop:gather", {{0, source}, {1, result}}, [&plan, source, result, p, count] {
    const auto* in = static_cast<const float*>(plan.data(source));
    auto* out = static_cast<float*>(plan.data(result));
    for_pieces(p, [&](int64_t o, int64_t first, int64_t last) {
      for (int64_t j = 0; j < count; ++j)
        std::memcpy(out + (o * count + j) * p.inner + first, in + (o * p.extent + p.indices[static_cast<size_t>(j)]) * p.inner + first,
                    static_cast<size_t>(last - first) * sizeof(float));
    });
  });
  l.define(y, result);
  if (!l.wants(y)) return nullptr;
  return [=, &l, &node] {
    Plan& steps = l.plan;
    const Mem diff = l.gradient(y, to), out = steps.allocate(from);
    steps.add_body(node.name + " gradient", "loop:scatter", {{0, diff}, {1, out}}, [&steps, diff, out, p, count] {
      const auto* dy = static_cast<const float*>(steps.data(diff));
      auto* dx = static_cast<float*>(steps.data(out));
      for_pieces(p, [&](int64_t o, int64_t first, int64_t last) {
        for (int64_t e = 0; e < p.extent; ++e)
          std::fill(dx + (o * p.extent + e) * p.inner + first, dx + (o * p.extent + e) * p.inner + last, 0.0f);
        for (int64_t j = 0; j < count; ++j) {
          const float* source_row = dy + (o * count + j) * p.inner;
          float* row = dx + (o * p.extent + p.indices[static_cast<size_t>(j)]) * p.inner;
          for (int64_t i = first; i < last; ++i) row[i] += source_row[i];
        }
      });
    });
    l.contribute(x, out);
  };
}

}  // namespace phosphene::onednn
