// Operators that move values and compute nothing: views, and parts of one array copied into or out of parts of another.
#include "phosphene/engine/onednn/lower.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "phosphene/graph/op.h"

namespace phosphene::onednn {

Desc dense_like(const Desc& like, const Dims& dims) {
  const Blocks blocks = blocks_of(like);
  if (blocks.inner_sizes.empty()) {
    std::vector<size_t> order(dims.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return blocks.strides[a] < blocks.strides[b]; });
    Dims strides(dims.size());
    int64_t step = 1;
    for (size_t axis : order) {
      strides[axis] = step;
      step *= dims[axis];
    }
    return Desc(dims, kind_of(like), strides);
  }
  if (dims.size() == 4 && blocks.inner_axes == Dims{1} && (blocks.inner_sizes == Dims{16} || blocks.inner_sizes == Dims{8})) {
    using Tag = dnnl::memory::format_tag;
    return Desc(dims, kind_of(like), blocks.inner_sizes[0] == 16 ? Tag::nChw16c : Tag::nChw8c);
  }
  return Lowering::plain(dims, kind_of(like));
}

namespace {

// Part of an array; where the part does not fall on whole blocks, part of its plain layout.
Mem part(Lowering& l, Layouts& layouts, const Dims& dims, const Dims& at, const std::string& label) {
  const Mem whole = layouts.front();
  try {
    return {whole.buffer, whole.desc.submemory_desc(dims, at)};
  } catch (const dnnl::error&) {
    const Mem plain = l.lay(layouts, Lowering::plain(dims_of(whole.desc), kind_of(whole.desc)), label);
    return {plain.buffer, plain.desc.submemory_desc(dims, at)};
  }
}

void clear(Lowering& l, const Mem& mem, const std::string& label) {
  Plan& plan = l.plan;
  plan.add_body("clear " + label, "memset", {{0, mem}}, [&plan, mem] { std::memset(plan.data(mem), 0, mem.desc.get_size()); });
}

// `from` put into an array of zeros like `whole`, at `at`.
Mem placed(Lowering& l, Layouts& from, const Desc& whole, const Dims& dims, const Dims& at, const std::string& label) {
  Desc desc = whole, inside;
  try {
    inside = desc.submemory_desc(dims, at);
  } catch (const dnnl::error&) {
    desc = Lowering::plain(dims_of(whole), kind_of(whole));
    inside = desc.submemory_desc(dims, at);
  }
  const Mem out = l.plan.allocate(desc);
  clear(l, out, label);
  l.reorder(from.front(), {out.buffer, inside}, label);
  return out;
}

bool is_float(const Lowering& l, const std::string& name) { return l.graph.type_of(name).type == DataType::kFloat32; }

// The pieces [at, at + dims) of x, one an output.
struct Piece {
  std::string name;
  Dims dims, at;
};
Backward lower_pieces(Lowering& l, const std::string& x, const std::vector<Piece>& pieces) {
  require(is_float(l, x) && l.shape(x).size() > 0);
  for (const Piece& piece : pieces) require(l.shape(piece.name).size() > 0);
  Layouts whole{l.value(x)};
  bool wanted = false;
  for (const Piece& piece : pieces) {
    const Mem out = l.plan.allocate(dense_like(whole.front().desc, piece.dims));
    l.reorder(part(l, whole, piece.dims, piece.at, x), out, piece.name);
    l.define(piece.name, out);
    wanted = wanted || l.wants(piece.name);
  }
  if (!wanted || !l.wants(x)) return nullptr;
  return [=, &l] {
    for (const Piece& piece : pieces)
      if (l.contributed(piece.name))
        l.contribute(x, placed(l, l.gradient(piece.name), l.value(x).desc, piece.dims, piece.at, "gradient of " + piece.name));
  };
}

// x[start + i step] along the sliced axes. An axis of extent n is seen as [n / step, step], of which a step takes one column.
struct Steps {
  Dims whole, part, at;
};
Backward lower_steps(Lowering& l, const std::string& x, const std::string& y, const Steps& s) {
  require(is_float(l, x) && l.shape(y).size() > 0);
  const DataKind kind = kind_of(l.value(x).desc);
  const Desc from = Lowering::plain(Lowering::dims(l.shape(x)), kind), to = Lowering::plain(Lowering::dims(l.shape(y)), kind);
  const Desc piece = Lowering::plain(s.whole, kind).submemory_desc(s.part, s.at), seen = Lowering::plain(s.part, kind);
  const Mem out = l.plan.allocate(to);
  l.reorder({l.value(x, from).buffer, piece}, {out.buffer, seen}, y);
  l.define(y, out);
  if (!l.wants(x)) return nullptr;
  return [=, &l] {
    const Mem diff = l.plan.allocate(from);
    clear(l, diff, "gradient of " + y);
    l.reorder({l.gradient(y, to).buffer, seen}, {diff.buffer, piece}, "gradient of " + y);
    l.contribute(x, diff);
  };
}

std::vector<int64_t> constant_ints(const Lowering& l, const Node& node, size_t index) {
  const TensorPtr tensor = l.graph.constant(node.inputs[index]);
  require(tensor && tensor->type() == DataType::kInt64);
  return {tensor->ints().begin(), tensor->ints().end()};
}

}  // namespace

Backward lower_reshape(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], y = node.outputs[0];
  require(is_float(l, x) && !node.has_output(1));
  if (node.op == "Dropout" && node.has_input(2)) {
    const TensorPtr training = l.graph.constant(node.inputs[2]);
    require(training && training->ints()[0] == 0);
  }
  const bool same = l.shape(x) == l.shape(y);
  if (same)
    l.define(y, l.value(x));
  else
    l.define_view(y, x);
  if (!l.wants(x)) return nullptr;
  return [=, &l] {
    if (!l.contributed(y)) return;
    if (same) return l.contribute(x, l.gradient(y).front());
    const Mem native = l.gradient(y).front();
    const Mem array = l.gradient(y, Lowering::plain(Lowering::dims(l.shape(y)), kind_of(native.desc)));
    l.contribute(x, {array.buffer, Lowering::plain(Lowering::dims(l.shape(x)), kind_of(native.desc))});
  };
}

Backward lower_concat(Lowering& l, const Node& node) {
  const std::string y = node.outputs[0];
  const int axis = normal_axis(node.attributes.get_int("axis", 0), l.shape(y).rank());
  std::vector<Desc> descs;
  DataKind kind = DataKind::f32;
  for (const std::string& input : node.inputs) {
    require(is_float(l, input) && l.shape(input).size() > 0);
    if (!l.is_weight(input) && kind_of(l.value(input).desc) == DataKind::bf16) kind = DataKind::bf16;
  }
  for (const std::string& input : node.inputs) descs.push_back(as_kind(l.value(input).desc, kind));
  const auto description = describe_concat(l.plan.engine(), l.plan.attributes(), axis, descs);
  const Mem out = l.plan.allocate(description.dst_desc());
  Arguments arguments;
  for (size_t i = 0; i < descs.size(); ++i)
    arguments.emplace_back(DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i), l.value(node.inputs[i], descs[i]));
  arguments.emplace_back(DNNL_ARG_DST, out);
  l.plan.add(node.name, description, dnnl::concat(description), arguments);
  l.define(y, out);
  if (!l.wants(y)) return nullptr;
  return [=, &l, &node] {
    Dims at(dims_of(out.desc).size(), 0);
    Layouts& gradient = l.gradient(y);
    for (const std::string& input : node.inputs) {
      const Dims dims = Lowering::dims(l.shape(input));
      if (l.wants(input)) l.contribute(input, part(l, gradient, dims, at, "gradient of " + y));
      at[static_cast<size_t>(axis)] += dims[static_cast<size_t>(axis)];
    }
  };
}

Backward lower_split(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0];
  const int axis = normal_axis(node.attributes.get_int("axis", 0), l.shape(x).rank());
  Dims at(static_cast<size_t>(l.shape(x).rank()), 0);
  std::vector<Piece> pieces;
  for (const std::string& output : node.outputs) {
    require(!output.empty());
    pieces.push_back({output, Lowering::dims(l.shape(output)), at});
    at[static_cast<size_t>(axis)] += l.shape(output)[axis];
  }
  return lower_pieces(l, x, pieces);
}

Backward lower_slice(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0];
  const Shape from = l.shape(x);
  const auto starts = constant_ints(l, node, 1);
  std::vector<int64_t> axes(starts.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (node.has_input(3)) axes = constant_ints(l, node, 3);
  std::vector<int64_t> steps(starts.size(), 1);
  if (node.has_input(4)) steps = constant_ints(l, node, 4);
  Dims at(static_cast<size_t>(from.rank()), 0), by(at.size(), 1);
  for (size_t i = 0; i < starts.size(); ++i) {
    const int axis = normal_axis(axes[i], from.rank());
    at[static_cast<size_t>(axis)] = std::clamp<int64_t>(starts[i] < 0 ? starts[i] + from[axis] : starts[i], 0, from[axis]);
    by[static_cast<size_t>(axis)] = steps[i];
    require(steps[i] > 0);
  }
  const Dims dims = Lowering::dims(l.shape(node.outputs[0]));
  if (std::all_of(by.begin(), by.end(), [](int64_t step) { return step == 1; })) return lower_pieces(l, x, {{node.outputs[0], dims, at}});
  Steps s;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    const int64_t extent = from[static_cast<int>(axis)], step = by[axis];
    require(extent % step == 0);
    s.whole.push_back(extent / step);
    s.part.push_back(dims[axis]);
    s.at.push_back(at[axis] / step);
    if (step == 1) continue;
    s.whole.push_back(step);
    s.part.push_back(1);
    s.at.push_back(at[axis] % step);
  }
  return lower_steps(l, x, node.outputs[0], s);
}

Backward lower_pad(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], y = node.outputs[0];
  require(is_float(l, x) && l.shape(x).size() > 0 && node.attributes.get_string("mode", "constant") == "constant" && !node.has_input(3));
  if (node.has_input(2)) {
    const TensorPtr value = l.graph.constant(node.inputs[2]);
    require(value && !l.options.mutable_weights && value->floats()[0] == 0);
  }
  const auto pads = constant_ints(l, node, 1);
  for (int64_t pad : pads) require(pad >= 0);
  const Dims at(pads.begin(), pads.begin() + l.shape(x).rank()), dims = Lowering::dims(l.shape(x));
  Layouts from{l.value(x)};
  l.define(y, placed(l, from, dense_like(from.front().desc, Lowering::dims(l.shape(y))), dims, at, y));
  if (!l.wants(x)) return nullptr;
  return [=, &l] { l.contribute(x, part(l, l.gradient(y), dims, at, "gradient of " + y)); };
}

Backward lower_transpose(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0], y = node.outputs[0];
  require(is_float(l, x) && l.shape(x).size() > 0);
  const int rank = l.shape(x).rank();
  std::vector<int64_t> order(static_cast<size_t>(rank));
  for (int i = 0; i < rank; ++i) order[static_cast<size_t>(i)] = rank - 1 - i;
  order = node.attributes.get_ints("perm", order);
  std::vector<int> forward(order.size()), back(order.begin(), order.end());  // forward[i]: where axis i goes
  for (size_t i = 0; i < order.size(); ++i) forward[static_cast<size_t>(order[i])] = static_cast<int>(i);
  const Mem from = l.value(x, Lowering::plain(Lowering::dims(l.shape(x)), kind_of(l.value(x).desc)));
  const Mem out = l.plan.allocate(Lowering::plain(Lowering::dims(l.shape(y)), kind_of(from.desc)));
  l.reorder({from.buffer, from.desc.permute_axes(forward)}, out, y);
  l.define(y, out);
  if (!l.wants(x)) return nullptr;
  return [=, &l] {
    const Mem diff = l.gradient(y, Lowering::plain(Lowering::dims(l.shape(y))));
    l.contribute(x, {diff.buffer, diff.desc.permute_axes(back)});
  };
}

}  // namespace phosphene::onednn
