// Loop: inputs are the number of turns, the condition, states; of the body: the turn, the condition, states; it makes the condition, the
// states and one slice of every further output.
//
// Scan: inputs are states, then tensors of which every turn gets one slice; the body makes the states and one slice of every output.
#include "phosphene/formats/onnx_loops.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_inline.h"
#include "phosphene/graph/op.h"
#include "phosphene/graph/ops/rules.h"

namespace phosphene {

namespace {

using onnx::NodeProto;
using NameList = std::vector<std::string>;
using Ints = std::vector<int64_t>;

constexpr int64_t kTurns = 512;

const onnx::AttributeProto* find_attribute(const NodeProto& node, std::string_view name) {
  for (const auto& attribute : node.attribute())
    if (attribute.name() == name) return &attribute;
  return nullptr;
}

const onnx::GraphProto& body_of(const NodeProto& node, int inputs, int least_outputs) {
  const auto* body = find_attribute(node, "body");
  if (!body || !body->has_g() || body->g().input_size() != inputs || body->g().output_size() < least_outputs)
    throw Error("its body does not fit it", "the file is damaged; export it again");
  return body->g();
}

void set_int(NodeProto& node, const char* name, int64_t value) {
  auto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

NodeProto node_of(const std::string& op, const NameList& inputs, const std::string& output) {
  NodeProto node;
  node.set_name(output);
  node.set_op_type(op);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  return node;
}

std::string whole_number(const LoopPlace& place, const std::string& name, int64_t value) {
  place.converter.add_weight(name, std::make_shared<const Tensor>(Shape{}, std::vector<int64_t>{value}));
  return name;
}

// One turn: the names of what the body makes.
NameList turn_around(const onnx::GraphProto& body, const LoopPlace& place, const std::string& name, const NameList& inputs) {
  NodeProto caller;
  caller.set_name(name);
  for (const std::string& input : inputs) caller.add_input(input);
  for (int i = 0; i < body.output_size(); ++i) caller.add_output(fmt::format("{}/output_{}", name, i));
  for (const NodeProto& inner : branch_nodes(caller, body)) place.append(inner);
  return {caller.output().begin(), caller.output().end()};
}

// The slices of a further output along a new axis.
void join(const std::string& output, const NameList& slices, int64_t axis, const LoopPlace& place) {
  if (output.empty()) return;
  if (slices.empty()) throw Error("a loop without turns makes nothing", "export the model without control flow");
  place.append(node_of("SequenceConstruct", slices, output + "/slices"));
  NodeProto joined = node_of("ConcatFromSequence", {output + "/slices"}, output);
  set_int(joined, "axis", axis);
  set_int(joined, "new_axis", 1);
  place.append(joined);
}

void hand_out(const std::string& output, const std::string& state, const LoopPlace& place) {
  if (!output.empty()) place.append(node_of("Identity", {state}, output));
}

// The constant bool at input 1 of a Loop, or what the body makes of it. True when the loop has none.
bool goes_on(const LoopPlace& place, const std::string& condition) {
  if (condition.empty()) return true;
  if (const std::string* cause = place.why_unreadable(condition)) throw Error(*cause);
  const TensorPtr value = place.converter.constant(condition);
  if (!value || value->size() != 1 || value->type() != DataType::kBool)
    throw Error("its condition depends on data or on an open size", "export the model without control flow");
  return value->ints()[0] != 0;
}

// An attribute with a number for each of `count` inputs or outputs.
Ints numbers(const NodeProto& node, const char* name, size_t count) {
  const auto* attribute = find_attribute(node, name);
  if (!attribute) return Ints(count, 0);
  if (attribute->ints_size() != static_cast<int>(count))
    throw Error(fmt::format("attribute {} has {} numbers for {} tensors", name, attribute->ints_size(), count), "export the model again");
  return {attribute->ints().begin(), attribute->ints().end()};
}

// The number of slices of all scanned tensors; `axes` become those from 0 on.
int64_t common_extent(const NameList& scanned, Ints& axes, const LoopPlace& place) {
  int64_t turns = kUnknown;
  for (size_t i = 0; i < scanned.size(); ++i) {
    const Shape& shape = place.converter.shape_of(scanned[i]);
    axes[i] = normal_axis(axes[i], shape.rank());
    const int64_t extent = shape[static_cast<int>(axes[i])];
    if (extent == kUnknown || (i > 0 && extent != turns))
      throw Error(fmt::format("its number of turns depends on the open size of {}", shape), "export the model with fixed sizes");
    turns = extent;
  }
  if (turns > kTurns) throw Error(fmt::format("it has more than {} turns", kTurns), "export the model without control flow");
  return turns;
}

}  // namespace

void unroll_loop(const NodeProto& node, const LoopPlace& place) {
  const int states = node.input_size() - 2;
  if (states < 0) throw Error("its inputs are missing", "the file is damaged; export it again");
  const onnx::GraphProto& body = body_of(node, states + 2, states + 1);
  int64_t turns = kTurns + 1;
  if (!node.input(0).empty()) {
    const TensorPtr given = place.converter.constant(node.input(0));
    if (!given || given->size() != 1 || given->type() != DataType::kInt64 || given->ints()[0] == kOpen)
      throw Error("its number of turns depends on data or on an open size", "export the model with fixed sizes");
    turns = given->ints()[0];
  }
  std::string condition = node.input(1);
  NameList state(node.input().begin() + 2, node.input().end());
  std::vector<NameList> slices(static_cast<size_t>(body.output_size() - 1 - states));
  for (int64_t turn = 0; turn < turns && goes_on(place, condition); ++turn) {
    if (turn == kTurns) throw Error(fmt::format("it has more than {} turns", kTurns), "export the model without control flow");
    const std::string name = fmt::format("{}/{}", node.name(), turn);
    NameList inputs = {whole_number(place, name + "/turn", turn), condition};
    inputs.insert(inputs.end(), state.begin(), state.end());
    const NameList made = turn_around(body, place, name, inputs);
    condition = made[0];
    state.assign(made.begin() + 1, made.begin() + 1 + states);
    for (size_t i = 0; i < slices.size(); ++i) slices[i].push_back(made[1 + state.size() + i]);
  }
  if (node.output_size() > static_cast<int>(state.size() + slices.size()))
    throw Error("it has more outputs than its body", "the file is damaged; export it again");
  for (int i = 0; i < node.output_size(); ++i)
    if (i < states)
      hand_out(node.output(i), state[static_cast<size_t>(i)], place);
    else
      join(node.output(i), slices[static_cast<size_t>(i - states)], 0, place);
}

void unroll_scan(const NodeProto& node, const LoopPlace& place) {
  if (place.converter.opset < 9) throw Error("Scan of opset 8 is not supported", "export the model with opset 9 or later");
  const auto* count = find_attribute(node, "num_scan_inputs");
  const int64_t scanned = count ? count->i() : 0, states = node.input_size() - scanned;
  if (scanned < 1 || states < 0) throw Error("attribute num_scan_inputs does not fit its inputs", "the file is damaged; export it again");
  const onnx::GraphProto& body = body_of(node, node.input_size(), static_cast<int>(states));
  NameList state(node.input().begin(), node.input().begin() + static_cast<int>(states));
  const NameList tensors(node.input().begin() + static_cast<int>(states), node.input().end());
  const size_t further = static_cast<size_t>(body.output_size() - states);
  Ints axes = numbers(node, "scan_input_axes", tensors.size());
  const Ints backward = numbers(node, "scan_input_directions", tensors.size());
  const Ints out_axes = numbers(node, "scan_output_axes", further), out_backward = numbers(node, "scan_output_directions", further);
  const int64_t turns = common_extent(tensors, axes, place);
  std::vector<NameList> slices(further);
  for (int64_t turn = 0; turn < turns; ++turn) {
    const std::string name = fmt::format("{}/{}", node.name(), turn);
    NameList inputs = state;
    for (size_t i = 0; i < tensors.size(); ++i) {
      const std::string slice = fmt::format("{}/slice_{}", name, i);
      NodeProto gather = node_of("Gather", {tensors[i], whole_number(place, slice + "_at", backward[i] ? turns - 1 - turn : turn)}, slice);
      set_int(gather, "axis", axes[i]);
      place.append(gather);
      inputs.push_back(slice);
    }
    const NameList made = turn_around(body, place, name, inputs);
    state.assign(made.begin(), made.begin() + states);
    for (size_t i = 0; i < further; ++i) slices[i].push_back(made[state.size() + i]);
  }
  if (node.output_size() > body.output_size()) throw Error("it has more outputs than its body", "the file is damaged; export it again");
  for (int i = 0; i < node.output_size(); ++i) {
    const auto at = static_cast<size_t>(i);
    if (at < state.size()) {
      hand_out(node.output(i), state[at], place);
      continue;
    }
    NameList& parts = slices[at - state.size()];
    if (out_backward[at - state.size()]) std::ranges::reverse(parts);
    join(node.output(i), parts, out_axes[at - state.size()], place);
  }
}

}  // namespace phosphene
