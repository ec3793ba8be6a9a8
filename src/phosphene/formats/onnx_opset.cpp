#include "phosphene/formats/onnx_opset.h"

#include <algorithm>
#include <limits>

#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_compound.h"
#include "phosphene/formats/onnx_convert.h"
#include "phosphene/graph/narrow_float.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/ops/rules.h"
#include "phosphene/graph/passes/rewrite.h"

namespace phosphene {

int onnx_opset(const onnx::ModelProto& model) {
  for (const auto& import : model.opset_import()) {
    if (!import.domain().empty() && import.domain() != "ai.onnx") continue;
    if (import.version() < 1 || import.version() > std::numeric_limits<int>::max())
      throw Error(fmt::format("opset {} does not exist", import.version()), "export the model again");
    return static_cast<int>(import.version());
  }
  if (model.opset_import_size() > 0 && model.graph().node_size() > 0)
    throw Error(fmt::format("operator {} is of the domain {}, which is not supported", model.graph().node(0).op_type(),
                            model.opset_import(0).domain()),
                "export the network with the operators of ONNX itself");
  throw Error("declares no ONNX opset", "export the model again");
}

const std::string& input_of(const Node& node, size_t index) {
  if (!node.has_input(index)) throw Error(fmt::format("input {} is missing", index), "the file is damaged; export it again");
  return node.inputs[index];
}

namespace {

// The range that QuantizeLinear saturates to is that of its zero point's type.
void range_of_zero_point(const OpsetConverter& to, Node& node) {
  if (node.op != "QuantizeLinear" || node.attributes.get_int("output_dtype", 0) != 0 || !node.has_input(2)) return;
  if (const int type = to.element_type(node.inputs[2])) node.attributes.set("output_dtype", int64_t{type});
}

// Integers here have 64 bits, those of the file fewer: what a shift to the left pushes out of an unsigned type is cut off by a remainder.
void cut_to_width(OpsetConverter& to, Node& node) {
  if (node.op != "BitShift") return;
  const std::string direction = node.attributes.get_string("direction", "");
  if (direction != "LEFT" && direction != "RIGHT") throw Error(fmt::format("attribute direction is \"{}\"", direction));
  const int type = to.element_type(input_of(node, 0));
  const int bits = type == onnx::TensorProto::UINT8    ? 8
                   : type == onnx::TensorProto::UINT16 ? 16
                   : type == onnx::TensorProto::UINT32 ? 32
                                                       : 0;
  const bool right_of_unsigned = direction == "RIGHT" && (type == onnx::TensorProto::UINT64 || type == 0);
  if (bits == 0 && !right_of_unsigned)
    throw Error("shifts of other values than unsigned integers of 8, 16 or 32 bits are not supported",
                "export the network with other operators");
  if (direction == "RIGHT") return;
  const std::string wide = to.new_value(node, "wide"),
                    end = to.new_weight(node, "end", Tensor(Shape{}, std::vector<int64_t>{int64_t{1} << bits}));
  to.emit({wide, "BitShift", node.inputs, {wide}, node.attributes});
  node = {node.name, "Mod", {wide, end}, node.outputs, {}};
}

// The graph has fewer types than the file. A narrow float is the float that it rounds to, which is what QuantizeLinear with a scale of 1
// makes; of an integer the lowest bits stay.
void cast_to_types_of_graph(OpsetConverter& to, Node& node) {
  int type = static_cast<int>(node.attributes.get_int("to", 0));
  if (node.op == "CastLike") {
    type = to.element_type(input_of(node, 1));
    if (!is_narrow_float(type) && bits_of_packed_integer(type) == 0) return;
    node.op = "Cast";
    node.inputs.resize(1);
  } else if (node.op != "Cast") {
    return;
  }
  const auto cast = [&](const std::string& word, const std::string& x, int number) {
    const std::string y = to.new_value(node, word);
    to.emit({y, "Cast", {x}, {y}, {{"to", int64_t{number}}}});
    return y;
  };
  if (is_narrow_float(type)) {
    if (node.attributes.has("round_mode"))
      throw Error("rounding to powers of two is not supported", "export the network without quantisation");
    const std::string x = cast("floats", input_of(node, 0), onnx::TensorProto::FLOAT),
                      one = to.new_weight(node, "scale", Tensor::scalar(1));
    const Attributes attributes = {{"output_dtype", int64_t{type}}, {"saturate", node.attributes.get_int("saturate", 1)}};
    node = {node.name, "QuantizeLinear", {x, one}, node.outputs, attributes};
  } else if (const int bits = bits_of_packed_integer(type)) {
    const auto whole = [&](const std::string& word, int64_t value) {
      return to.new_weight(node, word, Tensor(Shape{}, std::vector<int64_t>{value}));
    };
    const auto add = [&](const std::string& op, const std::string& a, const std::string& b) {
      const std::string y = to.new_value(node, op);
      to.emit({y, op, {a, b}, {y}, {}});
      return y;
    };
    const std::string x = cast("whole", input_of(node, 0), onnx::TensorProto::INT64);
    const std::string half = whole("half", type == kInt4 || type == kInt2 ? int64_t{1} << (bits - 1) : 0);
    const std::string low = add("Mod", add("Add", x, half), whole("end", int64_t{1} << bits));
    node = {node.name, "Sub", {low, half}, node.outputs, {}};
  } else {
    node.attributes.set("to", int64_t{type_to_onnx(type_from_onnx(type))});
  }
}

}  // namespace

void OpsetConverter::append(Node node, const std::string& domain) {
  bool expanded = false;
  located(fmt::format("node {} ({})", node.name, node.op), [&] {
    for (const std::string& input : node.inputs)
      if (!input.empty() && !untyped_.contains(input)) inference_.type_of(input);  // throws for a value that is not there
    range_of_zero_point(*this, node);
    cut_to_width(*this, node);
    cast_to_types_of_graph(*this, node);
    if (const Expansion expand = find_expansion(domain, node.op)) {
      Compound compound(*this, node);
      expand(compound);
      expanded = true;
      return;
    }
    if (opset < kOpset) upgrade(*this, node);
    if (opset > kOpset) downgrade(*this, node);
    if (!find_op(node.op))
      throw Error(fmt::format("operator {} (domain ai.onnx, opset {}) is not supported", node.op, opset),
                  "export the network with other operators");
    passes::verify_arity(node);
  });
  if (!expanded) emit(std::move(node));
}

int OpsetConverter::element_type(const std::string& value) const {
  const auto known = element_types_.find(value);
  if (known != element_types_.end()) return known->second;
  const auto type = inference_.types.find(value);
  return type != inference_.types.end() && type->second.type == DataType::kBool ? int{onnx::TensorProto::BOOL} : 0;
}

std::string OpsetConverter::new_value(const Node& node, const std::string& word) {
  std::string base = node.name;
  for (const std::string& output : node.outputs)
    if (!output.empty() && base == node.name) base = output;
  std::string name = base + "/" + word;
  const auto taken = [&](const std::string& wish) {
    return inference_.types.contains(wish) || untyped_.contains(wish) || taken_.contains(wish);
  };
  for (int again = 2; taken(name); ++again) name = fmt::format("{}/{}_{}", base, word, again);
  taken_.insert(name);
  return name;
}

void OpsetConverter::emit(Node node) {
  bool typed = std::none_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& input) { return untyped_.contains(input); });
  try {
    if (typed) inference_.step(node);
  } catch (const Error&) {
    typed = false;  // it may follow once the batch is bound; if not, infer_shapes() tells
  }
  if (!typed) untyped_.insert(node.outputs.begin(), node.outputs.end());
  untyped_.erase("");
  graph_.nodes.push_back(std::move(node));
}

const Shape& OpsetConverter::shape_of(const std::string& value) const {
  if (untyped_.contains(value))
    throw Error(fmt::format("the shape of {} depends on data or on an open size", value), "export the model with fixed sizes");
  return inference_.type_of(value).shape;
}

void OpsetConverter::add_weight(const std::string& name, TensorPtr tensor) {
  if (inference_.types.contains(name) || untyped_.contains(name))
    throw Error(fmt::format("value {} is made twice", name), "the file is damaged; export it again");
  inference_.add_weight(name, tensor);
  graph_.weights[name] = std::move(tensor);
}

std::string OpsetConverter::new_weight(const Node& node, const std::string& word, Tensor tensor) {
  std::string name = (node.has_output(0) ? node.outputs[0] : node.name) + "/" + word;
  while (inference_.types.contains(name)) name += "_";
  add_weight(name, std::make_shared<const Tensor>(std::move(tensor)));
  return name;
}

std::vector<int64_t> OpsetConverter::ints(const Node& node, size_t index) const {
  const TensorPtr tensor = constant(input_of(node, index));
  if (!tensor || tensor->type() != DataType::kInt64 ||
      std::find(tensor->ints().begin(), tensor->ints().end(), kOpen) != tensor->ints().end())
    throw Error(fmt::format("input {} is not constant", index), "export the model with fixed sizes");
  return {tensor->ints().begin(), tensor->ints().end()};
}

}  // namespace phosphene
