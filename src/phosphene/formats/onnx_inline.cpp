// A body in the place of a call: its inputs take the caller's names, its outputs the names of the caller's outputs, and every name made
// inside gets the caller's name before it. An attribute with ref_attr_name takes the value of the caller's attribute of that name.
#include "phosphene/formats/onnx_inline.h"

#include <map>
#include <set>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

using onnx::AttributeProto;
using onnx::FunctionProto;
using onnx::GraphProto;
using onnx::NodeProto;
using Names = std::map<std::string, std::string>;
using Attributes = std::map<std::string, AttributeProto>;

constexpr int kDepth = 64;            // of calls inside calls
constexpr size_t kNodes = 1'000'000;  // calls included

void rename(std::string* name, const Names& names) {
  if (const auto found = names.find(*name); found != names.end()) *name = found->second;
}

void rename_graph(GraphProto& graph, Names names, const Attributes& attributes);

void rename_node(NodeProto& node, const Names& names, const Attributes& attributes) {
  for (std::string& input : *node.mutable_input()) rename(&input, names);
  for (std::string& output : *node.mutable_output()) rename(&output, names);
  for (int i = node.attribute_size() - 1; i >= 0; --i) {
    AttributeProto& attribute = *node.mutable_attribute(i);
    if (!attribute.ref_attr_name().empty()) {
      const std::string name = attribute.name();
      const auto given = attributes.find(attribute.ref_attr_name());
      if (given == attributes.end()) {  // optional, and the caller does not give it
        node.mutable_attribute()->DeleteSubrange(i, 1);
        continue;
      }
      attribute = given->second;
      attribute.set_name(name);
    }
    if (attribute.has_g()) rename_graph(*attribute.mutable_g(), names, attributes);
  }
}

// Names that a subgraph makes hide those outside.
void rename_graph(GraphProto& graph, Names names, const Attributes& attributes) {
  for (const auto& input : graph.input()) names.erase(input.name());
  for (const auto& weight : graph.initializer()) names.erase(weight.name());
  for (const NodeProto& node : graph.node())
    for (const std::string& output : node.output()) names.erase(output);
  for (NodeProto& node : *graph.mutable_node()) rename_node(node, names, attributes);
  for (auto& output : *graph.mutable_output()) rename(output.mutable_name(), names);
}

std::string caller_name(const NodeProto& caller) {
  if (!caller.name().empty()) return caller.name();
  for (const std::string& output : caller.output())
    if (!output.empty()) return output;
  return caller.op_type();
}

struct Body {
  std::vector<std::string> inputs, outputs;
  std::vector<NodeProto> nodes;
};

std::vector<NodeProto> put_in_place(const NodeProto& caller, Body body, const Attributes& attributes) {
  const std::string prefix = caller_name(caller) + "/";
  Names names;
  for (const NodeProto& node : body.nodes)
    for (const std::string& output : node.output())
      if (!output.empty()) names[output] = prefix + output;
  const Names made = names;
  for (size_t i = 0; i < body.inputs.size(); ++i)
    names[body.inputs[i]] = static_cast<int>(i) < caller.input_size() ? caller.input(static_cast<int>(i)) : "";
  std::vector<NodeProto> copies;  // of outputs that are no node's of the body, or are listed twice
  std::set<std::string> given;
  for (size_t i = 0; i < body.outputs.size() && static_cast<int>(i) < caller.output_size(); ++i) {
    const std::string& outside = caller.output(static_cast<int>(i));
    if (outside.empty()) continue;
    if (made.contains(body.outputs[i]) && given.insert(body.outputs[i]).second) {
      names[body.outputs[i]] = outside;
      continue;
    }
    NodeProto& copy = copies.emplace_back();
    copy.set_op_type("Identity");
    copy.set_name(outside);
    copy.add_input(body.outputs[i]);
    copy.add_output(outside);
  }
  for (NodeProto& copy : copies) rename(copy.mutable_input(0), names);
  for (NodeProto& node : body.nodes) {
    rename_node(node, names, attributes);
    if (!node.name().empty()) node.set_name(prefix + node.name());
  }
  body.nodes.insert(body.nodes.end(), copies.begin(), copies.end());
  return std::move(body.nodes);
}

// Defaults of a function's attributes; the field is younger than some releases of the schema.
template <typename Function>
void add_defaults(const Function& function, Attributes& attributes) {
  if constexpr (requires { function.attribute_proto(); })
    for (const AttributeProto& attribute : function.attribute_proto()) attributes.emplace(attribute.name(), attribute);
}

std::string own_domain(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

int64_t opset_of(const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto>& imports) {
  for (const auto& import : imports)
    if (own_domain(import.domain()).empty()) return import.version();
  return 0;
}

class Expander {
 public:
  explicit Expander(const onnx::ModelProto& model) : opset_(opset_of(model.opset_import())) {
    for (const FunctionProto& function : model.functions()) functions_[{own_domain(function.domain()), function.name()}] = &function;
  }

  void expand(google::protobuf::RepeatedPtrField<NodeProto>& nodes, int depth) {
    google::protobuf::RepeatedPtrField<NodeProto> old;
    old.Swap(&nodes);
    for (NodeProto& node : old) {
      if (++count_ > kNodes)
        throw Error(fmt::format("its functions make more than {} nodes", kNodes), "export the model without functions");
      const auto function = functions_.find({own_domain(node.domain()), node.op_type()});
      if (function != functions_.end()) {
        located(fmt::format("node {} ({})", caller_name(node), node.op_type()), [&] { call(node, *function->second, depth, nodes); });
        continue;
      }
      for (AttributeProto& attribute : *node.mutable_attribute())
        if (attribute.has_g()) expand(*attribute.mutable_g()->mutable_node(), depth);
      *nodes.Add() = std::move(node);
    }
  }

 private:
  void call(const NodeProto& node, const FunctionProto& function, int depth, google::protobuf::RepeatedPtrField<NodeProto>& nodes) {
    if (depth >= kDepth) throw Error("its functions call each other without end", "export the model without functions");
    const int64_t opset = opset_of(function.opset_import());
    if (opset && opset != opset_)
      throw Error(fmt::format("the function is written in opset {}, the model in {}", opset, opset_), "export the model without functions");
    Attributes attributes;
    for (const AttributeProto& attribute : node.attribute()) attributes.emplace(attribute.name(), attribute);
    add_defaults(function, attributes);
    google::protobuf::RepeatedPtrField<NodeProto> inner;
    const Body body{{function.input().begin(), function.input().end()},
                    {function.output().begin(), function.output().end()},
                    {function.node().begin(), function.node().end()}};
    for (NodeProto& made : put_in_place(node, body, attributes)) *inner.Add() = std::move(made);
    expand(inner, depth + 1);
    for (NodeProto& made : inner) *nodes.Add() = std::move(made);
  }

  int64_t opset_;
  size_t count_ = 0;
  std::map<std::pair<std::string, std::string>, const FunctionProto*> functions_;
};

void collect_reads(const NodeProto& node, std::set<std::string> inside, std::vector<std::string>& out) {
  for (const std::string& input : node.input())
    if (!input.empty() && !inside.contains(input)) out.push_back(input);
  for (const AttributeProto& attribute : node.attribute()) {
    if (!attribute.has_g()) continue;
    std::set<std::string> made = inside;
    for (const auto& input : attribute.g().input()) made.insert(input.name());
    for (const auto& weight : attribute.g().initializer()) made.insert(weight.name());
    for (const NodeProto& inner : attribute.g().node()) made.insert(inner.output().begin(), inner.output().end());
    for (const NodeProto& inner : attribute.g().node()) collect_reads(inner, made, out);
    for (const auto& output : attribute.g().output())
      if (!made.contains(output.name())) out.push_back(output.name());
  }
}

}  // namespace

void expand_functions(onnx::ModelProto& model) {
  if (model.functions_size() == 0) return;
  Expander(model).expand(*model.mutable_graph()->mutable_node(), 0);
}

std::vector<NodeProto> branch_nodes(const NodeProto& caller, const GraphProto& branch) {
  Body body;
  for (const auto& weight : branch.initializer()) {
    NodeProto& constant = body.nodes.emplace_back();
    constant.set_op_type("Constant");
    constant.add_output(weight.name());
    AttributeProto& value = *constant.add_attribute();
    value.set_name("value");
    value.set_type(AttributeProto::TENSOR);
    *value.mutable_t() = weight;
  }
  body.nodes.insert(body.nodes.end(), branch.node().begin(), branch.node().end());
  for (const auto& input : branch.input()) body.inputs.push_back(input.name());
  for (const auto& output : branch.output()) body.outputs.push_back(output.name());
  return put_in_place(caller, std::move(body), {});
}

std::vector<std::string> values_read(const NodeProto& node) {
  std::vector<std::string> values;
  collect_reads(node, {}, values);
  return values;
}

}  // namespace phosphene
