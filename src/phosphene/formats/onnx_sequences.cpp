// SequenceConstruct and SplitToSequence make one, SequenceInsert and SequenceErase change it, SequenceAt, SequenceLength and
// ConcatFromSequence read it. No tensor moves until it is read.
#include "phosphene/formats/onnx_sequences.h"

#include <algorithm>

#include "phosphene/base/error.h"
#include "phosphene/formats/onnx_compound.h"
#include "phosphene/graph/op.h"

namespace phosphene {

namespace {

// A position counted from the end when it is negative; `last` is the largest allowed.
size_t position(const Node& node, size_t input, OpsetConverter& to, int64_t length, int64_t last) {
  const auto wanted = to.ints(node, input);
  int64_t place = wanted.size() == 1 ? wanted[0] : last + 1;
  if (place < 0) place += length;
  if (place < 0 || place > last) throw Error(fmt::format("a position lies outside a sequence of {}", length), "export the model again");
  return static_cast<size_t>(place);
}

}  // namespace

std::vector<std::string>& Sequences::at(const std::string& sequence) {
  const auto known = values_.find(sequence);
  if (known == values_.end()) throw Error(fmt::format("sequence {} is not known", sequence), "export the network without sequences");
  return known->second;
}

void Sequences::split(const Node& node, OpsetConverter& to) {
  Compound c(to, node);
  const Shape shape = c.shape(c.in(0));
  const int axis = normal_axis(node.attributes.get_int("axis", 0), shape.rank());
  const int64_t extent = shape[axis];
  if (extent == kUnknown) throw Error("the extent that is split is open", "export the model with fixed sizes");
  std::vector<int64_t> sizes;
  const TensorPtr given = c.constant(1);
  if (c.has(1) && (!given || given->type() != DataType::kInt64))
    throw Error("the split is not constant", "export the model with fixed sizes");
  if (given && given->shape().rank() == 1) {
    sizes.assign(given->ints().begin(), given->ints().end());
  } else {
    const int64_t each = given ? given->ints()[0] : 1;
    if (each < 1) throw Error(fmt::format("parts of {}", each), "export the model again");
    for (int64_t from = 0; from < extent; from += each) sizes.push_back(std::min(each, extent - from));
  }
  if (sizes.empty() || sizes.size() > 4096)
    throw Error(fmt::format("{} parts are not supported", sizes.size()), "export the network without sequences");
  auto parts = c.add_many("Split", {c.in(0), c.ints(sizes)}, sizes.size(), {{"axis", int64_t{axis}}});
  if (!given && node.attributes.get_int("keepdims", 1) == 0)
    for (std::string& part : parts) part = c.add("Squeeze", {part, c.ints({axis})});
  values_[node.outputs[0]] = std::move(parts);
}

void Sequences::concatenate(const Node& node, OpsetConverter& to) {
  Compound c(to, node);
  std::vector<std::string> parts = at(c.in(0));
  const int64_t axis = node.attributes.get_int("axis", 0);
  if (parts.empty()) throw Error("an empty sequence has nothing to put together", "export the model again");
  if (node.attributes.get_int("new_axis", 0) != 0)
    for (std::string& part : parts) part = c.add("Unsqueeze", {part, c.ints({axis})});
  c.result(0, "Concat", parts, {{"axis", axis}});
}

bool Sequences::convert(const Node& node, OpsetConverter& to) {
  const std::string& op = node.op;
  if (op == "SplitToSequence") {
    split(node, to);
  } else if (op == "ConcatFromSequence") {
    concatenate(node, to);
  } else if (op == "SequenceEmpty" || op == "SequenceConstruct") {
    values_[node.outputs[0]] = node.inputs;
  } else if (op == "Identity" && values_.contains(input_of(node, 0))) {
    values_[node.outputs[0]] = at(node.inputs[0]);
  } else if (op == "SequenceInsert" || op == "SequenceErase") {
    std::vector<std::string> values = at(input_of(node, 0));
    const auto length = static_cast<int64_t>(values.size());
    const bool inserts = op == "SequenceInsert";
    const size_t which = inserts ? 2 : 1;
    const int64_t last = inserts ? length : length - 1;
    const size_t place = node.has_input(which) ? position(node, which, to, length, last) : static_cast<size_t>(std::max<int64_t>(last, 0));
    const auto there = values.begin() + static_cast<std::ptrdiff_t>(place);
    if (inserts)
      values.insert(there, input_of(node, 1));
    else if (there != values.end())
      values.erase(there);
    values_[node.outputs[0]] = std::move(values);
  } else if (op == "SequenceAt") {
    const auto& values = at(input_of(node, 0));
    const auto length = static_cast<int64_t>(values.size());
    to.emit({node.name, "Identity", {values[position(node, 1, to, length, length - 1)]}, {node.outputs[0]}, {}});
  } else if (op == "SequenceLength") {
    const auto length = static_cast<int64_t>(at(input_of(node, 0)).size());
    to.add_weight(node.outputs[0], std::make_shared<const Tensor>(Shape{}, std::vector<int64_t>{length}));
  } else {
    return false;
  }
  return true;
}

}  // namespace phosphene
