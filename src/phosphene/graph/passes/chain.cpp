// first --from--> [Slice, Pad | Resize] -> [Conv 1x1] --into--> second. The bridge is made of ordinary operators, so that every engine has
// its gradient. The Conv, which maps a pixel's channels, stands before a Resize to more pixels: each of these is a mean of some, with
// weights whose sum is one, so that the two may change places.
#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"

namespace phosphene {

namespace {

Graph prefixed(const Graph& graph, const std::string& prefix) {
  const auto rename = [&](std::string& name) {
    if (!name.empty()) name = prefix + name;
  };
  Graph result = graph;
  result.types.clear();
  result.weights.clear();
  for (GraphInput& input : result.inputs) rename(input.name);
  for (std::string& output : result.outputs) rename(output);
  for (const auto& [name, tensor] : graph.weights) result.weights[prefix + name] = tensor;
  for (Node& node : result.nodes) {
    rename(node.name);
    for (std::string& input : node.inputs) rename(input);
    for (std::string& output : node.outputs) rename(output);
  }
  return result;
}

// Nodes put one after the other behind a value; the last one gives the value `result`.
class BridgeBuilder {
 public:
  BridgeBuilder(Graph& graph, std::string from, Shape shape, std::string result)
      : graph_(graph), value_(std::move(from)), shape_(std::move(shape)), result_(std::move(result)) {}

  void fit(const Bridge& bridge) {
    if (bridge.fit == Bridge::Fit::kNone || (shape_[2] == bridge.height && shape_[3] == bridge.width)) return;
    if (bridge.height < 1 || bridge.width < 1)
      throw Error(fmt::format("the bridge wants pictures of {} x {}", bridge.height, bridge.width));
    if (bridge.fit == Bridge::Fit::kResize) {
      add("Resize", "resize", {"", "", constant("sizes", {shape_[0], shape_[1], bridge.height, bridge.width})},
          {{"mode", std::string("linear")}, {"coordinate_transformation_mode", std::string("half_pixel")}});
    } else {
      crop(bridge);
      pad(bridge);
    }
    shape_[2] = bridge.height;
    shape_[3] = bridge.width;
  }

  void map_channels(const Bridge& bridge) {
    if (bridge.matrix.empty() && bridge.offset.empty()) return;
    const auto c_in = static_cast<size_t>(shape_[1]);
    const size_t c_out = bridge.matrix.empty() ? c_in : bridge.matrix.size() / c_in;
    if (!bridge.matrix.empty() && bridge.matrix.size() != c_out * c_in)
      throw Error(fmt::format("the bridge's matrix has {} numbers for {} channels", bridge.matrix.size(), c_in));
    if (!bridge.offset.empty() && bridge.offset.size() != c_out)
      throw Error(fmt::format("the bridge's offset has {} numbers for {} channels", bridge.offset.size(), c_out));
    std::vector<float> matrix = bridge.matrix, offset = bridge.offset;
    std::vector<float> identity(c_in * c_in, 0.0f);
    for (size_t c = 0; c < c_in; ++c) identity[c * c_in + c] = 1;
    if (matrix.empty()) matrix = identity;
    if (offset.empty()) offset.assign(c_out, 0.0f);
    if (matrix == identity && std::all_of(offset.begin(), offset.end(), [](float v) { return v == 0; })) return;
    const auto m = static_cast<int64_t>(c_out), c = static_cast<int64_t>(c_in);
    add("Conv", "colours",
        {weight("matrix", Tensor(Shape{m, c, 1, 1}, std::move(matrix))), weight("offset", Tensor(Shape{m}, std::move(offset)))},
        {{"kernel_shape", std::vector<int64_t>{1, 1}}});
    shape_[1] = m;
  }

  // Gives the last value its final name; an Identity stands where nothing else was needed.
  void finish() {
    if (added_ == 0) add("Identity", "join", {}, {});
    graph_.nodes.back().outputs[0] = result_;
  }

 private:
  void crop(const Bridge& bridge) {
    const int64_t top = (shape_[2] - bridge.height) / 2, left = (shape_[3] - bridge.width) / 2;
    if (top <= 0 && left <= 0 && shape_[2] <= bridge.height && shape_[3] <= bridge.width) return;
    const int64_t y = std::max<int64_t>(0, top), x = std::max<int64_t>(0, left);
    const int64_t height = std::min(shape_[2], bridge.height), width = std::min(shape_[3], bridge.width);
    add("Slice", "crop", {constant("crop_starts", {y, x}), constant("crop_ends", {y + height, x + width}), constant("crop_axes", {2, 3})},
        {});
    shape_[2] = height;
    shape_[3] = width;
  }

  void pad(const Bridge& bridge) {
    const int64_t missing_y = bridge.height - shape_[2], missing_x = bridge.width - shape_[3];
    if (missing_y == 0 && missing_x == 0) return;
    const int64_t top = missing_y / 2, left = missing_x / 2;
    add("Pad", "pad", {constant("pads", {0, 0, top, left, 0, 0, missing_y - top, missing_x - left})}, {});
  }

  std::string weight(const std::string& part, Tensor tensor) {
    const std::string name = result_ + "/" + part;
    if (graph_.has_value(name)) throw Error(fmt::format("value {} is made twice", name), "give the graphs other prefixes");
    graph_.add_weight(name, std::move(tensor));
    return name;
  }
  std::string constant(const std::string& part, std::vector<int64_t> values) { return weight(part, Tensor::ints(std::move(values))); }

  void add(const std::string& op, const std::string& part, std::vector<std::string> rest, Attributes attributes) {
    Node node{result_ + "/" + part, op, {value_}, {result_ + "/" + part}, std::move(attributes)};
    node.inputs.insert(node.inputs.end(), rest.begin(), rest.end());
    value_ = node.outputs[0];
    graph_.nodes.push_back(std::move(node));
    ++added_;
  }

  Graph& graph_;
  std::string value_;
  Shape shape_;
  std::string result_;
  int added_ = 0;
};

}  // namespace

Graph chain(const Graph& first, const std::string& from, const Bridge& bridge, const Graph& second, const std::string& into,
            const ChainNames& names) {
  if (!first.has_value(from)) throw Error(fmt::format("the first graph has no value {}", from), "`inspect` lists the values");
  const GraphInput* input = second.find_input(into);
  if (!input) throw Error(fmt::format("the second graph has no input {}", into), "`inspect` lists the inputs");
  const ValueType source = first.types.contains(from) ? first.type_of(from) : infer_shapes(first).type_of(from);
  const bool changes = bridge.fit != Bridge::Fit::kNone || !bridge.matrix.empty() || !bridge.offset.empty();
  if (!source.shape.known() || (changes && (source.shape.rank() != 4 || source.shape[1] < 1)))
    throw Error(fmt::format("value {} has the shape {}, which is not a batch of pictures", from, source.shape));

  Graph graph = prefixed(first, names.first_prefix);
  Graph tail = prefixed(second, names.second_prefix);
  graph.name = fmt::format("{} > {}", first.name, second.name);
  const std::string joint = names.second_prefix + into;

  BridgeBuilder builder(graph, names.first_prefix + from, source.shape, joint);
  const bool enlarges = changes && bridge.fit == Bridge::Fit::kResize && bridge.height * bridge.width > source.shape[2] * source.shape[3];
  if (enlarges) builder.map_channels(bridge);
  builder.fit(bridge);
  if (!enlarges) builder.map_channels(bridge);
  builder.finish();

  for (const GraphInput& other : tail.inputs)
    if (other.name != joint) graph.inputs.push_back(other);
  for (const auto& [name, tensor] : tail.weights)
    if (!graph.weights.emplace(name, tensor).second)
      throw Error(fmt::format("both graphs have a weight {}", name), "give the graphs other prefixes");
  for (Node& node : tail.nodes) graph.nodes.push_back(std::move(node));
  graph.outputs = tail.outputs;
  verify(graph);
  graph = infer_shapes(std::move(graph));
  if (graph.type_of(joint) != input->type)
    throw Error(fmt::format("the bridge gives {}, input {} wants {}", graph.type_of(joint).shape, into, input->type.shape),
                "bind both graphs to one batch and size");
  return graph;
}

}  // namespace phosphene
