// ModelProto -> Graph, in this order: parse, check what later steps rely on, convert to kOpset, weights, nodes, topological order, verify.
#include <algorithm>
#include <climits>
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/formats/onnx.h"
#include "phosphene/formats/onnx_convert.h"
#include "phosphene/formats/onnx_opset.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/passes.h"

namespace phosphene {
namespace {

using onnx::NodeProto;

onnx::ModelProto parse(const std::filesystem::path& file) {
  const std::string bytes = read_file(file);
  if (bytes.size() > INT_MAX) throw Error("is larger than 2 GiB, which no ONNX file is", "give an ONNX file");
  onnx::ModelProto model;
  const bool parsed = model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (!parsed || !model.has_graph() || !model.has_ir_version() || model.graph().output_size() == 0)
    throw Error("not an ONNX file or cut short", "copy or export it again");
  return model;
}

std::string place(const NodeProto& node) {
  std::string name = node.name();
  if (name.empty()) name = node.output_size() ? node.output(0) : "without a name";
  return fmt::format("node {} ({})", name, node.op_type());
}

// Rules that the version converter and the code below take for granted.
void check_nodes(const onnx::GraphProto& graph, int opset) {
  for (const NodeProto& node : graph.node()) {
    const bool own_domain = node.domain().empty() || node.domain() == "ai.onnx";
    const bool converted = node.op_type() == "Constant" || (node.op_type() == "Upsample" && opset < 10);
    if (!own_domain || (!converted && !find_op(node.op_type())))
      throw Error(
          fmt::format("operator {} (domain {}, opset {}) is not supported", node.op_type(), own_domain ? "ai.onnx" : node.domain(), opset),
          "export the network with other operators")
          .at(place(node));
    if (node.output_size() == 0) throw Error("has no output", "the file is damaged; export it again").at(place(node));
  }
  if (graph.sparse_initializer_size()) throw Error("sparse weights are not supported", "export the model with dense weights");
}

Tensor constant_value(const NodeProto& node) {
  for (const auto& attribute : node.attribute()) {
    const Attribute value = attribute_from_onnx(attribute);
    if (const auto* tensor = std::get_if<TensorPtr>(&value)) return **tensor;
    if (const auto* f = std::get_if<float>(&value)) return Tensor::scalar(*f);
    if (const auto* i = std::get_if<int64_t>(&value)) return Tensor(Shape{}, std::vector<int64_t>{*i});
    if (const auto* ints = std::get_if<std::vector<int64_t>>(&value)) return Tensor::ints(*ints);
    if (const auto* floats = std::get_if<std::vector<float>>(&value)) return Tensor(Shape{static_cast<int64_t>(floats->size())}, *floats);
  }
  throw Error("has no value that is supported", "export the model again");
}

Node convert_node(const NodeProto& proto) {
  Node node;
  node.name = proto.name();
  node.op = proto.op_type();
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  for (const auto& attribute : proto.attribute())
    node.attributes.set(attribute.name(), located("attribute " + attribute.name(), [&] { return attribute_from_onnx(attribute); }));
  if (node.op == "Cast" && node.attributes.has("to"))  // the graph has fewer types than the file
    node.attributes.set("to", int64_t{type_to_onnx(type_from_onnx(static_cast<int>(node.attributes.get_int("to", 1))))});
  while (!node.inputs.empty() && node.inputs.back().empty()) node.inputs.pop_back();
  while (node.outputs.size() > 1 && node.outputs.back().empty()) node.outputs.pop_back();
  return node;
}

void name_nodes(std::vector<Node>& nodes) {
  std::set<std::string> used;
  for (const Node& node : nodes) used.insert(node.name);
  std::set<std::string> seen;
  for (size_t i = 0; i < nodes.size(); ++i) {
    Node& node = nodes[i];
    if (!node.name.empty() && seen.insert(node.name).second) continue;
    std::string name = fmt::format("{}_{}", node.op, i);
    while (!used.insert(name).second) name += "_";
    node.name = name;
    seen.insert(name);
  }
}

// Casts of constants to the type that they were read as vanish: the weight takes the name of the Cast's output. Half-precision weights are
// written so.
void fold_constant_casts(Graph& graph) {
  std::map<std::string, int> users;
  for (const Node& node : graph.nodes)
    for (const std::string& input : node.inputs) ++users[input];
  for (const std::string& output : graph.outputs) ++users[output];
  std::erase_if(graph.nodes, [&](const Node& node) {
    if (node.op != "Cast" || node.inputs.size() != 1) return false;
    const auto weight = graph.weights.find(node.inputs[0]);
    if (weight == graph.weights.end() || type_to_onnx(weight->second->type()) != node.attributes.get_int("to", 0)) return false;
    const TensorPtr tensor = weight->second;
    if (--users[node.inputs[0]] == 0) graph.weights.erase(weight);
    graph.weights[node.outputs[0]] = tensor;
    return true;
  });
}

// Kahn's algorithm, taking nodes in file order where it can. A value that nobody makes and a cycle are Errors.
void sort_topologically(Graph& graph) {
  std::set<std::string> ready, made;
  for (const GraphInput& input : graph.inputs) ready.insert(input.name);
  for (const auto& [name, tensor] : graph.weights) ready.insert(name);
  for (const Node& node : graph.nodes)
    for (const std::string& output : node.outputs) made.insert(output);
  for (const Node& node : graph.nodes)
    for (const std::string& input : node.inputs)
      if (!input.empty() && !ready.contains(input) && !made.contains(input))
        throw Error(fmt::format("input {} is missing: it is no weight, no input and no output of a node", input),
                    "export the model with its weights")
            .at(fmt::format("node {} ({})", node.name, node.op));
  std::vector<Node> waiting = std::move(graph.nodes), sorted;
  while (!waiting.empty()) {
    std::vector<Node> later;
    for (Node& node : waiting) {
      const bool runs =
          std::all_of(node.inputs.begin(), node.inputs.end(), [&](const auto& input) { return input.empty() || ready.contains(input); });
      if (!runs) {
        later.push_back(std::move(node));
        continue;
      }
      ready.insert(node.outputs.begin(), node.outputs.end());
      sorted.push_back(std::move(node));
    }
    if (later.size() == waiting.size())
      throw Error("is part of a cycle", "export the model again").at(fmt::format("node {} ({})", later[0].name, later[0].op));
    waiting = std::move(later);
  }
  graph.nodes = std::move(sorted);
}

Graph convert_graph(const onnx::GraphProto& proto, const onnx::GraphProto& original) {
  Graph graph;
  graph.name = original.name();
  const auto add_weights = [&](const onnx::GraphProto& source) {
    for (const auto& weight : source.initializer())
      if (!graph.weights.contains(weight.name()))
        graph.add_weight(weight.name(), located("weight " + weight.name(), [&] { return tensor_from_onnx(weight); }));
  };
  add_weights(original);  // the converter drops those that no node uses
  add_weights(proto);
  for (const auto& input : original.input())
    if (!graph.weights.contains(input.name())) graph.inputs.push_back({input.name(), value_type_from_onnx(input)});
  for (const auto& output : original.output()) graph.outputs.push_back(output.name());
  for (const NodeProto& node : proto.node()) {
    located(place(node), [&] {
      if (node.op_type() == "Constant")
        graph.add_weight(node.output(0), constant_value(node));
      else
        graph.nodes.push_back(convert_node(node));
    });
  }
  name_nodes(graph.nodes);
  fold_constant_casts(graph);
  sort_topologically(graph);
  return graph;
}

}  // namespace

OnnxFile read_onnx(const std::filesystem::path& file) {
  return located(file.string(), [&] {
    OnnxFile result;
    onnx::ModelProto original = parse(file);
    result.opset = onnx_opset(original);
    check_nodes(original.graph(), result.opset);
    for (const auto& entry : original.metadata_props()) result.metadata[entry.key()] = entry.value();
    if (result.opset == kOpset) {
      result.graph = convert_graph(original.graph(), original.graph());
    } else {
      for (const auto& weight : original.graph().initializer())  // hostile sizes must not reach the converter
        located("weight " + weight.name(), [&] { tensor_from_onnx(weight); });
      result.graph = convert_graph(to_canonical_opset(original).graph(), original.graph());
    }
    verify(result.graph);
    return result;
  });
}

}  // namespace phosphene
