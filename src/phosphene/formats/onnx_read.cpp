// ModelProto -> Graph: parse, expand functions, weights, then the nodes in topological order, each converted to kOpset with the types of
// what it reads at hand. So the condition of an If that follows from shapes is known when its turn comes, and the branch takes its place.
#include <climits>
#include <fstream>
#include <set>

#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/formats/onnx.h"
#include "phosphene/formats/onnx_compound.h"
#include "phosphene/formats/onnx_convert.h"
#include "phosphene/formats/onnx_external.h"
#include "phosphene/formats/onnx_inline.h"
#include "phosphene/formats/onnx_loops.h"
#include "phosphene/formats/onnx_opset.h"
#include "phosphene/formats/onnx_order.h"
#include "phosphene/formats/onnx_quantized.h"
#include "phosphene/formats/onnx_sequences.h"
#include "phosphene/graph/narrow_float.h"
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
  while (!node.inputs.empty() && node.inputs.back().empty()) node.inputs.pop_back();
  while (node.outputs.size() > 1 && node.outputs.back().empty()) node.outputs.pop_back();
  return node;
}

class Reader {
 public:
  Reader(onnx::ModelProto& model, std::filesystem::path folder) : model_(model), folder_(std::move(folder)), opset_(onnx_opset(model)) {}

  // Pictures among the inputs that the file takes as integers.
  const std::set<std::string>& byte_inputs() const { return byte_inputs_; }

  Graph read() {
    onnx::GraphProto& proto = *model_.mutable_graph();
    graph_.name = proto.name();
    for (auto& weight : *proto.mutable_initializer()) {
      if (weight.name().empty()) throw Error("a weight has no name", "the file is damaged; export it again");
      located("weight " + weight.name(), [&] {
        if (leaves_out_type(weight)) return;
        element_types_[weight.name()] = weight.data_type();
        graph_.add_weight(weight.name(), tensor_from_onnx(weight, folder_));
      });
      weight.clear_raw_data();  // a large model is not held twice
    }
    for (const auto& weight : proto.sparse_initializer())
      graph_.add_weight(weight.values().name(),
                        located("weight " + weight.values().name(), [&] { return tensor_from_sparse_onnx(weight, folder_); }));
    for (const auto& input : proto.input())
      if (!graph_.weights.contains(input.name())) read_input(input);

    const std::vector<const NodeProto*> nodes = nodes_in_order(proto.node(), graph_);
    reserve_names(proto);
    OpsetConverter converter(graph_, opset_);
    for (const auto& [name, type] : element_types_) converter.set_element_type(name, type);
    for (const NodeProto* node : nodes) {
      NodeProto named = *node;
      named.set_name(node_names_.at(node));
      append(named, converter, 0);
    }
    for (const auto& output : proto.output()) read_output(output.name());
    if (graph_.nodes.empty() && first_failure_) throw Error(*first_failure_);
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

  // What cannot be read is left out, with all that needs it; it is an error only when nothing is left.
  void leave_out(OpaqueNode node, const Error& error) {
    if (!first_failure_) first_failure_ = error;
    if (node.cause.empty()) node.cause = error.where().empty() ? error.problem() : fmt::format("{} > {}", error.where(), error.problem());
    for (const std::string& output : node.outputs)
      if (!output.empty()) causes_[output] = node.cause;
    graph_.opaque.push_back(std::move(node));
  }

  // A picture of integers is one of floats with the same numbers, which have gradients.
  void read_input(const onnx::ValueInfoProto& input) {
    try {
      ValueType type = value_type_from_onnx(input);
      element_types_[input.name()] = input.type().tensor_type().elem_type();
      if (type.type == DataType::kInt64 && type.shape.rank() == 4) {
        type.type = DataType::kFloat32;
        byte_inputs_.insert(input.name());
      }
      graph_.inputs.push_back({input.name(), type});
    } catch (const Error& error) {
      leave_out({input.name(), "Input", {input.name()}, {}}, error);
    }
  }

  void read_output(const std::string& name) {
    if (sequences_.has(name)) leave_out({name, "Sequence", {name}, {}}, Error("is a sequence of tensors").at("output " + name));
    if (!causes_.contains(name)) graph_.outputs.push_back(name);
  }

  // Texts and other types that no value of a graph has.
  bool leaves_out_type(const onnx::TensorProto& weight) {
    try {
      type_from_onnx(weight.data_type());
      return false;
    } catch (const Error& error) {
      leave_out({weight.name(), "Constant", {weight.name()}, {}}, error.at("weight " + weight.name()));
      return true;
    }
  }

  void append(const NodeProto& node, OpsetConverter& converter, int depth) {
    const std::vector<std::string> outputs(node.output().begin(), node.output().end());
    for (const std::string& value :
         node.op_type() == "If" ? std::vector<std::string>(node.input().begin(), node.input().end()) : values_read(node))
      if (const auto cause = causes_.find(value); cause != causes_.end()) {
        const Error error(cause->second);
        return leave_out({node.name(), node.op_type(), outputs, cause->second, true}, error);
      }
    const size_t nodes = graph_.nodes.size();
    try {
      convert(node, converter, depth);
    } catch (const Error& error) {
      graph_.nodes.resize(nodes);
      leave_out({node.name(), node.op_type(), outputs, {}}, error);
    }
  }

  void convert(const NodeProto& node, OpsetConverter& converter, int depth) {
    const std::string domain = own_domain(node) || same_in_onnx(node.domain(), node.op_type()) ? "" : node.domain();
    located(place_of(node), [&] {
      if (!domain.empty() && !find_expansion(domain, node.op_type()))
        throw Error(fmt::format("operator {} (domain {}, opset {}) is not supported", node.op_type(), node.domain(), opset_),
                    "export the network with other operators");
      if (node.output_size() == 0) throw Error("has no output", "the file is damaged; export it again");
    });
    if (node.op_type() == "Constant") {
      const auto value = located(place_of(node), [&] { return std::make_shared<const Tensor>(constant_value(node, folder_)); });
      for (const auto& attribute : node.attribute())
        if (attribute.has_t()) converter.set_element_type(node.output(0), attribute.t().data_type());
      return converter.add_weight(node.output(0), value);
    }
    if (node.op_type() == "If") {
      const auto branch = located(place_of(node), [&] { return branch_nodes(node, chosen_branch(node, converter, depth)); });
      for (const NodeProto& inner : branch) append(inner, converter, depth + 1);
      return;
    }
    if (node.op_type() == "Loop" || node.op_type() == "Scan") {
      if (depth > 8) throw Error("too many loops inside loops", "export the model without control flow").at(place_of(node));
      const LoopPlace place{converter, [&](const NodeProto& inner) { append(inner, converter, depth + 1); },
                            [&](const std::string& value) {
                              const auto cause = causes_.find(value);
                              return cause == causes_.end() ? nullptr : &cause->second;
                            }};
      return located(place_of(node), [&] { (node.op_type() == "Loop" ? unroll_loop : unroll_scan)(node, place); });
    }
    Node converted = located(place_of(node), [&] { return convert_node(node, folder_); });
    if (converted.name.empty()) converted.name = converted.outputs[0].empty() ? converted.op : converted.outputs[0];
    if (located(place_of(node), [&] { return sequences_.convert(converted, converter); })) return;
    if (const TensorPtr weight = located(place_of(node), [&] { return stored_otherwise(converted); })) {
      sources_.insert(converted.inputs.begin(), converted.inputs.end());
      return converter.add_weight(converted.outputs[0], weight);
    }
    converter.append(std::move(converted), domain);
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
    const int to = static_cast<int>(node.attributes.get_int("to", 0));
    if (is_narrow_float(to) || bits_of_packed_integer(to) != 0) return nullptr;
    const TensorPtr weight = graph_.constant(node.inputs[0]);
    return weight && weight->type() == type_from_onnx(to) ? weight : nullptr;
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
  std::map<std::string, int> element_types_;
  std::set<std::string> byte_inputs_;
  Sequences sequences_;
  std::set<std::string> sources_;
  std::map<std::string, std::string> causes_;  // of the values that opaque nodes were to make
  std::optional<Error> first_failure_;
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
    Reader reader(model, file.parent_path());
    result.graph = reader.read();
    result.byte_inputs = reader.byte_inputs();
    return result;
  });
}

}  // namespace phosphene
