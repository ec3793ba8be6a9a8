// Types forward through the nodes. Small constants go along, so that shapes computed by the graph itself (Shape, Gather, Concat, then
// Reshape) are known; an extent that is still open has two values, one in each twin, or travels in them as kOpen.
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/evaluate.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/ops/rules.h"
#include "phosphene/graph/passes.h"
#include "phosphene/graph/passes/shape_inference.h"

namespace phosphene {

namespace {

// Larger values are data, not shapes.
constexpr int64_t kSmall = 4096;

bool all_small(const OpInputs& inputs) {
  for (size_t i = 0; i < inputs.types.size(); ++i)
    if (inputs.types[i] && (!inputs.constants[i] || inputs.constants[i]->size() > kSmall)) return false;
  return true;
}

}  // namespace

namespace passes {

namespace {

// What the open extents are in the two twins. The batch divides by 8 in both, as a stack of frames may have to; a picture's size is one
// that windows and patches divide, and a prime.
struct TwinExtents {
  int64_t batch, size;
};
constexpr TwinExtents kTwins[] = {{24, 448}, {40, 929}};

bool has_open(const TensorPtr& tensor) {
  return tensor && tensor->type() == DataType::kInt64 && std::ranges::find(tensor->ints(), kOpen) != tensor->ints().end();
}

// What two twins agree on; nothing where they differ in more than extents.
std::optional<ValueType> common(const ValueType& a, const ValueType& b) {
  if (a.type != b.type || a.shape.rank() != b.shape.rank()) return std::nullopt;
  ValueType both = a;
  for (int axis = 0; axis < a.shape.rank(); ++axis)
    if (a.shape[axis] != b.shape[axis]) both.shape[axis] = kUnknown;
  return both;
}

TensorPtr common(const TensorPtr& a, const TensorPtr& b) {
  if (!a || !b || a->type() != b->type() || a->shape() != b->shape()) return nullptr;
  if (*a == *b) return a;
  if (a->type() != DataType::kInt64) return nullptr;
  std::vector<int64_t> both(a->ints().begin(), a->ints().end());
  for (size_t i = 0; i < both.size(); ++i)
    if (both[i] != b->ints()[i]) both[i] = kOpen;
  return std::make_shared<const Tensor>(a->shape(), std::move(both));
}

}  // namespace

ShapeInference::ShapeInference(const Graph& graph) : constants_(graph.weights) {
  bool open = false;
  for (const GraphInput& input : graph.inputs) {
    located(fmt::format("input {}", input.name), [&] { require_sane(input.type.shape); });
    types[input.name] = input.type;
    open = open || !input.type.shape.known();
  }
  for (const auto& [name, tensor] : graph.weights) types[name] = {tensor->type(), tensor->shape()};
  if (!open) return;
  for (const TwinExtents& extents : kTwins) {
    Twin& twin = twins_.emplace_back();
    for (const GraphInput& input : graph.inputs) {
      Shape shape = input.type.shape;
      for (int axis = 0; axis < shape.rank(); ++axis)
        if (shape[axis] == kUnknown) shape[axis] = axis == 0 ? extents.batch : extents.size;
      twin.types[input.name] = {input.type.type, std::move(shape)};
    }
  }
}

void ShapeInference::add_weight(const std::string& name, const TensorPtr& tensor) {
  constants_[name] = tensor;
  types[name] = {tensor->type(), tensor->shape()};
}

const ValueType& ShapeInference::type_of(const std::string& value) const {
  const auto known = types.find(value);
  if (known == types.end()) throw Error(fmt::format("value {} is not made before it is read", value));
  return known->second;
}

TensorPtr ShapeInference::constant(const std::string& value) const {
  const auto known = constants_.find(value);
  return known == constants_.end() ? nullptr : known->second;
}

bool ShapeInference::depends_on_data(const std::string& value) const {
  const auto known = types.find(value);
  if (known == types.end()) return false;
  const auto twin = twins_.empty() ? types.end() : twins_[0].types.find(value);
  const bool in_twin = !twins_.empty() && twin != twins_[0].types.end();
  const Shape& shape = in_twin ? twin->second.shape : known->second.shape;
  if (!shape.known()) return in_twin || twins_.empty();
  const bool is_constant = in_twin ? twins_[0].constants.contains(value) : constants_.contains(value);
  return known->second.type != DataType::kFloat32 && !is_constant;
}

OpInputs ShapeInference::inputs_of(const Node& node) const {
  OpInputs inputs{node, {}, {}};
  for (const std::string& name : node.inputs) {
    inputs.types.push_back(name.empty() ? nullptr : &type_of(name));
    inputs.constants.push_back(name.empty() ? nullptr : constant(name));
  }
  return inputs;
}

// Nothing when an input is open for lack of a twin's value.
std::optional<OpInputs> ShapeInference::inputs_of(const Node& node, const Twin& twin) const {
  OpInputs inputs{node, {}, {}};
  for (const std::string& name : node.inputs) {
    const auto own = twin.types.find(name);
    if (name.empty()) {
      inputs.types.push_back(nullptr);
      inputs.constants.push_back(nullptr);
    } else if (own != twin.types.end()) {
      const auto value = twin.constants.find(name);
      inputs.types.push_back(&own->second);
      inputs.constants.push_back(value == twin.constants.end() ? nullptr : value->second);
    } else {
      const ValueType& shared = type_of(name);
      const TensorPtr value = constant(name);
      if (!shared.shape.known() || has_open(value)) return std::nullopt;
      inputs.types.push_back(&shared);
      inputs.constants.push_back(value);
    }
  }
  return inputs;
}

ShapeInference::Made ShapeInference::infer(const OpInputs& inputs) {
  Made made{find_op(inputs.node.op)->shape_rule(inputs), {}};
  for (const ValueType& type : made.types) require_sane(type.shape);
  if (const TensorPtr known = inputs.types.empty() || !inputs.types[0] ? nullptr : shape_value(inputs.node, inputs.shape(0)))
    made.constants = {known};
  else if (all_small(inputs))
    made.constants = evaluate(inputs, made.types, kSmall);
  for (size_t i = made.types.size(); i < inputs.node.outputs.size(); ++i)
    if (!inputs.node.outputs[i].empty()) throw Error(fmt::format("output {} is not made in this mode", i));
  made.constants.resize(made.types.size());
  return made;
}

void ShapeInference::keep(const Node& node, const Made& made) {
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    types[node.outputs[i]] = made.types[i];
    if (made.constants[i]) constants_[node.outputs[i]] = made.constants[i];
  }
}

// Both twins, or false: then the node is to be inferred from what is open.
bool ShapeInference::step_twins(const Node& node) {
  const bool reads_open = std::ranges::any_of(node.inputs, [&](const std::string& input) { return twins_[0].types.contains(input); });
  if (!reads_open) return false;
  std::vector<Made> made;
  for (const Twin& twin : twins_) {
    const auto inputs = inputs_of(node, twin);
    if (!inputs) return false;
    try {
      made.push_back(infer(*inputs));
    } catch (const Error&) {
      return false;
    }
  }
  Made both;
  for (size_t i = 0; i < made[0].types.size() && i < node.outputs.size(); ++i) {
    const auto type = common(made[0].types[i], made[1].types[i]);
    if (!type) return false;
    both.types.push_back(*type);
    both.constants.push_back(common(made[0].constants[i], made[1].constants[i]));
  }
  keep(node, both);
  for (size_t t = 0; t < twins_.size(); ++t)
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i].empty()) continue;
      twins_[t].types[node.outputs[i]] = made[t].types[i];
      if (made[t].constants[i]) twins_[t].constants[node.outputs[i]] = made[t].constants[i];
    }
  return true;
}

void ShapeInference::step(const Node& node) {
  located(fmt::format("node {} ({})", node.name, node.op), [&] {
    if (!twins_.empty() && step_twins(node)) return;
    keep(node, infer(inputs_of(node)));
  });
}

}  // namespace passes

Graph infer_shapes(Graph graph) {
  verify(graph);
  passes::ShapeInference inference(graph);
  for (const Node& node : graph.nodes) inference.step(node);
  graph.types = std::move(inference.types);
  return graph;
}

}  // namespace phosphene
