// ModelProto -> Graph: parse, expand functions, weights, then the nodes in topological order, each converted to kOpset with the types of
// what it reads at hand. So the condition of an If that follows from shapes is known when its turn comes, and the branch takes its place.
#include <climits>
#include <fstream>
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/formats/onnx.h"
#include "phosphene/formats/onnx_convert.h"
#include "phosphene/formats/onnx_external.h"
#include "phosphene/formats/onnx_inline.h"
#include "phosphene/formats/onnx_opset.h"
#include "phosphene/formats/onnx_quantized.h"
#include "phosphene/graph/ops/rules.h"
#include "phosphene/graph/passes.h"

namespace phosphene {
namespace {

using onnx::NodeProto;

onnx::ModelProto parse(const std::filesystem::path& file) {
  std::error_code failure;
  if (std::filesystem::file_size(file, failure) > INT_MAX && !failure)
    throw Error("is larger than 2 GiB, which no ONNX file is", "give an ONNX file");
  std::ifstream stream(file, std::ios::binary);
  if (!stream || failure) read_file(file);  // tells why
  onnx::ModelProto model;
  const bool parsed = model.ParseFromIstream(&stream);  // a large model is not held twice
  if (!parsed || !model.has_graph() || !model.has_ir_version() || model.graph().output_size() == 0)
    throw Error("not an ONNX file or cut short", "copy or export it again");
  return model;
}

std::string place(const NodeProto& node) {
  std::string name = node.name();
  if (name.empty()) name = node.output_size() ? node.output(0) : "without a name";
  return fmt::format("node {} ({})", name, node.op_type());
}

bool own_domain(const NodeProto& node) { return node.domain().empty() || node.domain() == "ai.onnx"; }

Tensor constant_value(const NodeProto& node, const std::filesystem::path& folder) {
  for (const auto& attribute : node.attribute()) {
    const Attribute value = attribute_from_onnx(attribute, folder);
    if (const auto* tensor = std::get_if<TensorPtr>(&value)) return **tensor;
    if (const auto* f = std::get_if<float>(&value)) return Tensor::scalar(*f);
    if (const auto* i = std::get_if<int64_t>(&value)) return Tensor(Shape{}, std::vector<int64_t>{*i});
    if (const auto* ints = std::get_if<std::vector<int64_t>>(&value)) return Tensor::ints(*ints);
    if (const auto* floats = std::get_if<std::vector<float>>(&value)) return Tensor(Shape{static_cast<int64_t>(floats->size())}, *floats);
  }
  throw Error("has no value that is supported", "export the model again");
}

Node convert_node(const NodeProto& proto, const std::filesystem::path& folder) {
  Node node;
  node.name = proto.name();
  node.op = proto.op_type();
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  for (const auto& attribute : proto.attribute())
    node.attributes.set(attribute.name(), located("attribute " + attribute.name(), [&] { return attribute_from_onnx(attribute, folder); }));
  if (node.op == "Cast" && node.attributes.has("to"))  // the graph has fewer types than the file
    node.attributes.set("to", int64_t{type_to_onnx(type_from_onnx(static_cast<int>(node.attributes.get_int("to", 1))))});
  while (!node.inputs.empty() && node.inputs.back().empty()) node.inputs.pop_back();
  while (node.outputs.size() > 1 && node.outputs.back().empty()) node.outputs.pop_back();
  return node;
}

// Every node after the makers of what it reads, else in file order. A value that nobody makes and a cycle are Errors.
std::vector<const NodeProto*> sorted(const google::protobuf::RepeatedPtrField<NodeProto>& nodes, const Graph& graph) {
  std::map<std::string, int> maker;
  for (int i = 0; i < nodes.size(); ++i)
    for (const std::string& output : nodes[i].output())
      if (!output.empty()) maker.emplace(output, i);
  struct Visit {
    int node;
    std::vector<std::string> reads;
    size_t next = 0;
  };
  enum class State { kNew, kOpen, kDone };
  std::vector<State> states(static_cast<size_t>(nodes.size()), State::kNew);
  std::vector<const NodeProto*> order;
  std::vector<Visit> path;
  const auto enter = [&](int node) {
    states[static_cast<size_t>(node)] = State::kOpen;
    path.push_back({node, values_read(nodes[node])});
  };
  for (int first = 0; first < nodes.size(); ++first) {
    if (states[static_cast<size_t>(first)] == State::kNew) enter(first);
    while (!path.empty()) {
      Visit& visit = path.back();
      const NodeProto& node = nodes[visit.node];
      if (visit.next == visit.reads.size()) {
        states[static_cast<size_t>(visit.node)] = State::kDone;
        order.push_back(&node);
        path.pop_back();
        continue;
      }
      const std::string& value = visit.reads[visit.next++];
      if (graph.find_input(value) || graph.weights.contains(value)) continue;
      const auto made = maker.find(value);
      if (made == maker.end())
        throw Error(fmt::format("input {} is missing: it is no weight, no input and no output of a node", value),
                    "export the model with its weights")
            .at(place(node));
      if (states[static_cast<size_t>(made->second)] == State::kOpen)
        throw Error("is part of a cycle", "export the model again").at(place(node));
      if (states[static_cast<size_t>(made->second)] == State::kNew) enter(made->second);
    }
  }
  return order;
}

class Reader {
 public:
  Reader(onnx::ModelProto& model, std::filesystem::path folder) : model_(model), folder_(std::move(folder)), opset_(onnx_opset(model)) {}

  Graph read() {
    onnx::GraphProto& proto = *model_.mutable_graph();
    graph_.name = proto.name();
    for (auto& weight : *proto.mutable_initializer()) {
      if (weight.name().empty()) throw Error("a weight has no name", "the file is damaged; export it again");
      graph_.add_weight(weight.name(), located("weight " + weight.name(), [&] { return tensor_from_onnx(weight, folder_); }));
      weight.clear_raw_data();  // a large model is not held twice
    }
    for (const auto& weight : proto.sparse_initializer())
      graph_.add_weight(weight.values().name(),
                        located("weight " + weight.values().name(), [&] { return tensor_from_sparse_onnx(weight, folder_); }));
    for (const auto& input : proto.input())
      if (!graph_.weights.contains(input.name())) graph_.inputs.push_back({input.name(), value_type_from_onnx(input)});
    for (const auto& output : proto.output()) graph_.outputs.push_back(output.name());

    const std::vector<const NodeProto*> nodes = sorted(proto.node(), graph_);
    reserve_names(proto);
    OpsetConverter converter(graph_, opset_);
    for (const NodeProto* node : nodes) {
      NodeProto named = *node;
      named.set_name(node_names_.at(node));
      append(named, converter, 0);
    }
    drop_unused_sources();
    unique_node_names();
    verify(graph_);
    return std::move(graph_);
  }

 private:
  // Nodes without a name of their own are called after their operator and place in the file.
  void reserve_names(const onnx::GraphProto& proto) {
    std::set<std::string> used, seen;
    for (const NodeProto& node : proto.node()) used.insert(node.name());
    for (int i = 0; i < proto.node_size(); ++i) {
      std::string name = proto.node(i).name();
      if (name.empty() || !seen.insert(name).second) {
        name = fmt::format("{}_{}", proto.node(i).op_type(), i);
        while (!used.insert(name).second) name += "_";
      }
      node_names_[&proto.node(i)] = name;
    }
  }

  void append(const NodeProto& node, OpsetConverter& converter, int depth) {
    located(place(node), [&] {
      if (!own_domain(node))
        throw Error(fmt::format("operator {} (domain {}, opset {}) is not supported", node.op_type(), node.domain(), opset_),
                    "export the network with other operators");
      if (node.output_size() == 0) throw Error("has no output", "the file is damaged; export it again");
    });
    if (node.op_type() == "Constant") {
      const auto value = located(place(node), [&] { return std::make_shared<const Tensor>(constant_value(node, folder_)); });
      return converter.add_weight(node.output(0), value);
    }
    if (node.op_type() == "If") {
      const auto branch = located(place(node), [&] { return branch_nodes(node, chosen_branch(node, converter, depth)); });
      for (const NodeProto& inner : branch) append(inner, converter, depth + 1);
      return;
    }
    Node converted = located(place(node), [&] { return convert_node(node, folder_); });
    if (converted.name.empty()) converted.name = converted.outputs[0].empty() ? converted.op : converted.outputs[0];
    if (const TensorPtr weight = located(place(node), [&] { return stored_otherwise(converted); })) {
      sources_.insert(converted.inputs.begin(), converted.inputs.end());
      return converter.add_weight(converted.outputs[0], weight);
    }
    converter.append(std::move(converted));
  }

  const onnx::GraphProto& chosen_branch(const NodeProto& node, const OpsetConverter& converter, int depth) const {
    constexpr int kDepth = 64;
    if (depth > kDepth) throw Error("too many branches inside branches", "export the model without control flow");
    const TensorPtr condition = node.input_size() ? converter.constant(node.input(0)) : nullptr;
    if (!condition || condition->size() != 1 || condition->type() != DataType::kBool)
      throw Error("its condition depends on data or on an open size", "export the model with fixed sizes, or without control flow");
    const std::string wanted = condition->ints()[0] ? "then_branch" : "else_branch";
    for (const auto& attribute : node.attribute())
      if (attribute.name() == wanted && attribute.has_g()) return attribute.g();
    throw Error(fmt::format("has no {}", wanted), "the file is damaged; export it again");
  }

  // The value of a node that only unpacks a weight: from half precision (read as float32 already), or from integers.
  TensorPtr stored_otherwise(const Node& node) const {
    if (auto weight = dequantized_weight(node, graph_)) return std::make_shared<const Tensor>(std::move(*weight));
    if (node.op != "Cast" || node.inputs.size() != 1) return nullptr;
    const TensorPtr weight = graph_.constant(node.inputs[0]);
    return weight && type_to_onnx(weight->type()) == node.attributes.get_int("to", 0) ? weight : nullptr;
  }

  // Packed weights whose every user has unpacked them.
  void drop_unused_sources() {
    std::set<std::string> used(graph_.outputs.begin(), graph_.outputs.end());
    for (const Node& node : graph_.nodes) used.insert(node.inputs.begin(), node.inputs.end());
    for (const std::string& name : sources_)
      if (!used.contains(name)) graph_.weights.erase(name);
  }

  void unique_node_names() {
    std::set<std::string> used;
    for (Node& node : graph_.nodes)
      while (!used.insert(node.name).second) node.name += "_";
  }

  onnx::ModelProto& model_;
  const std::filesystem::path folder_;
  const int opset_;
  Graph graph_;
  std::map<const NodeProto*, std::string> node_names_;
  std::set<std::string> sources_;
};

}  // namespace

OnnxFile read_onnx(const std::filesystem::path& file) {
  return located(file.string(), [&] {
    OnnxFile result;
    onnx::ModelProto model = parse(file);
    result.opset = onnx_opset(model);
    expand_functions(model);
    for (const std::string& name : external_files(model)) result.weights.push_back(file.parent_path() / name);
    for (const auto& entry : model.metadata_props()) result.metadata[entry.key()] = entry.value();
    result.graph = Reader(model, file.parent_path()).read();
    return result;
  });
}

}  // namespace phosphene
