#include "phosphene/model/inputs.h"

#include <algorithm>
#include <charconv>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/graph/passes/rewrite.h"

namespace phosphene {

namespace {

constexpr const char* kPicture = "/picture";  // the one picture of a batch of 1

template <typename Number>
std::optional<Number> number(const std::string& text) {
  Number value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Tensor typed(const Shape& shape, const std::vector<float>& values, DataType type) {
  if (type == DataType::kFloat32) return Tensor(shape, values);
  std::vector<int64_t> integers;
  for (const float value : values) integers.push_back(static_cast<int64_t>(value));
  return Tensor(shape, std::move(integers), type);
}

Tensor fixed_value(const ValueType& type, const std::string& text) {
  Shape shape = type.shape;
  if (shape.rank() > 0 && shape[0] == kUnknown) shape[0] = 1;
  if (const auto value = number<float>(text)) {
    if (!shape.known())
      throw Error(fmt::format("has the open shape {}, which a number cannot fill", type.shape), "give an array, NAME=FILE.npy");
    return typed(shape, std::vector<float>(static_cast<size_t>(shape.size()), *value), type.type);
  }
  if (!text.ends_with(".npy"))
    throw Error(fmt::format("'{}' is neither a number nor a FILE.npy", text), "write NAME=VALUE or NAME=FILE.npy");
  const Array array = read_npy(text);
  bool fits = static_cast<int>(array.shape.size()) == type.shape.rank();
  for (int axis = 0; fits && axis < type.shape.rank(); ++axis)
    fits = type.shape[axis] == kUnknown || type.shape[axis] == array.shape[static_cast<size_t>(axis)];
  if (!fits) throw Error(fmt::format("wants the shape {}, {} has {}", type.shape, text, Shape(array.shape)), "give an array of that shape");
  return typed(Shape(array.shape), array.values, type.type);
}

std::string names_of(const std::vector<GraphInput>& inputs) {
  std::vector<std::string> names;
  for (const GraphInput& input : inputs) names.push_back(input.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

Graph fix(Graph graph, const std::string& text) {
  const size_t equals = text.rfind('=');
  const std::string name = text.substr(0, equals);
  if (equals == std::string::npos || name.empty())
    throw Error(fmt::format("'{}' names no input", text), "write NAME=VALUE or NAME=FILE.npy");
  return located(name, [&] {
    const GraphInput* input = graph.find_input(name);
    if (!input) throw Error("no such input", fmt::format("the inputs are {}", names_of(graph.inputs)));
    graph.add_weight(name, fixed_value(input->type, text.substr(equals + 1)));
    std::erase_if(graph.inputs, [&](const GraphInput& other) { return other.name == name; });
    if (graph.inputs.empty()) throw Error("is the only input", "leave one to be fed");
    return graph;
  });
}

Graph give_size(Graph graph, ImageSize size) {
  bool was_open = false;
  for (GraphInput& input : graph.inputs) {
    Shape& shape = input.type.shape;
    if (shape.rank() != 4) continue;
    const bool last = shape[1] == kUnknown || (shape[1] != 1 && shape[1] != 3 && (shape[3] == 1 || shape[3] == 3));
    int64_t &height = shape[last ? 1 : 2], &width = shape[last ? 2 : 3];
    was_open |= height == kUnknown || width == kUnknown;
    if (height == kUnknown) height = size.height;
    if (width == kUnknown) width = size.width;
  }
  if (!was_open) throw Error("the network leaves no size open", "leave --input-size out");
  return graph;
}

}  // namespace

Graph with_inputs(Graph graph, const InputOptions& options) {
  for (const std::string& text : options.fixed) graph = located("--fix", [&] { return fix(std::move(graph), text); });
  if (options.size.height > 0) graph = located("--input-size", [&] { return give_size(std::move(graph), options.size); });
  return graph;
}

Graph channels_first(Graph graph) {
  if (graph.inputs.size() != 1) return graph;
  GraphInput& input = graph.inputs[0];
  const Shape shape = input.type.shape;
  const auto is_colours = [](int64_t extent) { return extent == 1 || extent == 3; };
  if (input.type.type != DataType::kFloat32 || shape.rank() != 4 || is_colours(shape[1]) || !is_colours(shape[3])) return graph;
  const std::string turned = passes::unique_name(graph, input.name + "/channels_last");
  for (Node& node : graph.nodes) std::replace(node.inputs.begin(), node.inputs.end(), input.name, turned);
  input.type.shape = {shape[0], shape[3], shape[1], shape[2]};
  graph.nodes.insert(graph.nodes.begin(), {turned, "Transpose", {input.name}, {turned}, {{"perm", std::vector<int64_t>{0, 2, 3, 1}}}});
  graph.types.clear();
  return graph;
}

Graph with_batch(Graph graph) {
  if (graph.inputs.size() != 1) return graph;
  GraphInput& input = graph.inputs[0];
  const Shape shape = input.type.shape;
  if (input.type.type != DataType::kFloat32 || shape.rank() != 3 || (shape[0] != 1 && shape[0] != 3)) return graph;
  const std::string picture = passes::unique_name(graph, input.name + kPicture);
  const std::string axes = passes::unique_name(graph, picture + "/axes");
  for (Node& node : graph.nodes) std::replace(node.inputs.begin(), node.inputs.end(), input.name, picture);
  input.type.shape = {1, shape[0], shape[1], shape[2]};
  graph.add_weight(axes, Tensor::ints({0}));
  graph.nodes.insert(graph.nodes.begin(), {picture, "Squeeze", {input.name, axes}, {picture}, {}});
  graph.types.clear();
  return graph;
}

int64_t possible_batch(const Graph& graph, int64_t wanted) {
  const bool one = std::ranges::any_of(graph.nodes, [&](const Node& node) {
    return node.op == "Squeeze" && graph.find_input(node.inputs[0]) && node.outputs[0].starts_with(node.inputs[0] + kPicture);
  });
  return one ? 1 : wanted;
}

ImageSize parse_size(const std::string& text) {
  const size_t by = text.find('x');
  const auto height = number<int64_t>(text.substr(0, by)), width = by == std::string::npos ? height : number<int64_t>(text.substr(by + 1));
  if (!height || !width || *height < 1 || *width < 1 || *height > 1 << 20 || *width > 1 << 20)
    throw Error(fmt::format("'{}' is not a size", text), "write HEIGHTxWIDTH, for example 224x224");
  return {*height, *width};
}

}  // namespace phosphene
