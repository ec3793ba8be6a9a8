// Operators that move values and compute nothing: views, and parts of one array copied into or out of parts of another.
#include "phosphene/engine/onednn/lower.h"

#include <algorithm>
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
  l.clear(out, label);
  l.reorder(from.front(), {out.buffer, inside}, label);
  return out;
}

bool is_float(const Lowering& l, const std::string& name) { return l.graph.type_of(name).type == DataType::kFloat32; }

// What an output takes of x: every by-th value from `at`.
struct Output {
  std::string name;
  Dims dims, at, by;
};

// Views of a plain array; of a value in blocks of channels, copies in such blocks.
Backward lower_parts(Lowering& l, const std::string& x, const std::vector<Output>& outputs) {
  require(is_float(l, x) && l.shape(x).size() > 0);
  bool single_steps = true;
  for (const Output& output : outputs) {
    require(l.shape(output.name).size() > 0);
    single_steps = single_steps && std::all_of(output.by.begin(), output.by.end(), [](int64_t step) { return step == 1; });
  }
  if (l.lies_plain(x) || !single_steps) {
    std::vector<Backward> backward;
    for (const Output& output : outputs)
      backward.push_back(lower_view(l, x, output.name, [&](std::optional<View> view) {
        for (size_t axis = 0; view && axis < output.dims.size(); ++axis)
          view = part_of(*view, {static_cast<int>(axis), output.at[axis], output.dims[axis], output.by[axis]});
        return view;
      }));
    if (!l.wants(x)) return nullptr;
    return [backward] {
      for (const Backward& step : backward) step();
    };
  }
  Layouts whole{l.value(x)};
  bool wanted = false;
  for (const Output& output : outputs) {
    const Mem out = l.plan.allocate(dense_like(whole.front().desc, output.dims));
    l.reorder(part(l, whole, output.dims, output.at, x), out, output.name);
    l.define(output.name, out);
    wanted = wanted || l.wants(output.name);
  }
  if (!wanted || !l.wants(x)) return nullptr;
  return [=, &l] {
    for (const Output& output : outputs)
      if (l.contributed(output.name))
        l.contribute(x, placed(l, l.gradient(output.name), l.value(x).desc, output.dims, output.at, "gradient of " + output.name));
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
  require(!node.has_output(1));
  if (node.op == "Dropout" && node.has_input(2)) {
    const TensorPtr training = l.graph.constant(node.inputs[2]);
    require(training && training->ints()[0] == 0);
  }
  if (l.shape(x) != l.shape(y) || l.is_view(x)) {
    const Dims to = Lowering::dims(l.shape(y));
    return lower_view(l, x, y, [&](const View& view) { return reshaped(view, to); });
  }
  require(is_float(l, x));
  l.define(y, l.value(x));
  if (!l.wants(y)) return nullptr;
  return [=, &l] {
    if (l.contributed(y)) l.contribute(x, l.gradient(y).front());
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
  std::vector<Output> outputs;
  for (const std::string& name : node.outputs) {
    require(!name.empty());
    outputs.push_back({name, Lowering::dims(l.shape(name)), at, Dims(at.size(), 1)});
    at[static_cast<size_t>(axis)] += l.shape(name)[axis];
  }
  return lower_parts(l, x, outputs);
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
  return lower_parts(l, x, {{node.outputs[0], Lowering::dims(l.shape(node.outputs[0])), at, by}});
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
  if (!l.wants(y)) return nullptr;
  return [=, &l] { l.contribute(x, part(l, l.gradient(y), dims, at, "gradient of " + y)); };
}

Backward lower_transpose(Lowering& l, const Node& node) {
  const std::string x = node.inputs[0];
  const int rank = l.shape(x).rank();
  std::vector<int64_t> order(static_cast<size_t>(rank));
  for (int i = 0; i < rank; ++i) order[static_cast<size_t>(i)] = rank - 1 - i;
  order = node.attributes.get_ints("perm", order);
  const std::vector<int> axes(order.begin(), order.end());
  return lower_view(l, x, node.outputs[0], [&](const View& view) { return std::optional(permuted(view, axes)); });
}

}  // namespace phosphene::onednn
