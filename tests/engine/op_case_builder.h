// How a case is written: one node, or a short chain of them, between random inputs and outputs. Operands of a node, in order:
//
//     in(shape)       a graph input          weight(shape)  a random weight, differentiated too
//     ints({...})     integer constants      floats({...})  fixed float constants         absent  ""
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/op_cases.h"
#include "phosphene/base/rng.h"

namespace phosphene::test {

struct Operand {
  enum class Kind { kInput, kWeight, kInts, kBools, kFloats, kAbsent } kind;
  Shape shape;
  std::vector<int64_t> ints;
  std::vector<float> floats;
  float low = -1, high = 1;

  Operand with(Shape s) const {
    Operand reshaped = *this;
    reshaped.shape = std::move(s);
    return reshaped;
  }
};

using Kind = Operand::Kind;
inline Operand in(Shape shape) { return {Kind::kInput, std::move(shape), {}, {}}; }
inline Operand weight(Shape shape) { return {Kind::kWeight, std::move(shape), {}, {}}; }
inline Operand positive(Shape shape) { return {Kind::kWeight, std::move(shape), {}, {}, 0.5F, 2.0F}; }
inline Operand ints(std::vector<int64_t> values) {
  return {Kind::kInts, Shape{static_cast<int64_t>(values.size())}, std::move(values), {}};
}
inline Operand bools(std::vector<int64_t> values) {
  return {Kind::kBools, Shape{static_cast<int64_t>(values.size())}, std::move(values), {}};
}
inline Operand floats(std::vector<float> values) {
  return {Kind::kFloats, Shape{static_cast<int64_t>(values.size())}, {}, std::move(values)};
}
inline Operand scalar(float value) { return {Kind::kFloats, Shape{}, {}, {value}}; }
inline const Operand absent{Kind::kAbsent, {}, {}, {}};

using Ints = std::vector<int64_t>;

struct Range {
  double low = -1, high = 1;
};
inline constexpr Range kPositive{0.5, 2};

class Cases {
 public:
  explicit Cases(uint64_t seed) : seed_(seed) {}

  // Starts a case without nodes.
  OpCase& start(const std::string& name, Range range = {}) {
    OpCase& c = all.emplace_back();
    c.name = name;
    c.graph.name = name;
    c.input_low = range.low;
    c.input_high = range.high;
    return c;
  }

  std::string operand(const Operand& operand) {
    OpCase& c = all.back();
    if (operand.kind == Kind::kAbsent) return "";
    if (operand.kind == Kind::kInput) {
      const std::string name = fmt::format("x{}", c.graph.inputs.size());
      c.graph.inputs.push_back({name, {DataType::kFloat32, operand.shape}});
      c.gradients.push_back(name);
      return name;
    }
    const std::string name = fmt::format("w{}", c.graph.weights.size());
    if (operand.kind == Kind::kInts) {
      c.graph.add_weight(name, Tensor(operand.shape, operand.ints));
    } else if (operand.kind == Kind::kBools) {
      c.graph.add_weight(name, Tensor(operand.shape, operand.ints, DataType::kBool));
    } else if (operand.kind == Kind::kFloats) {
      c.graph.add_weight(name, Tensor(operand.shape, operand.floats));
    } else {
      std::vector<float> values(static_cast<size_t>(operand.shape.size()));
      Rng(seed_, "case weight", all.size() * 100 + c.graph.weights.size()).fill_uniform(values, operand.low, operand.high);
      c.graph.add_weight(name, Tensor(operand.shape, std::move(values)));
      c.gradients.push_back(name);
    }
    return name;
  }

  // Adds a node to the current case: `values` come before the operands. Returns its first output's name.
  std::string node(const std::string& op, const std::vector<std::string>& values, const std::vector<Operand>& operands,
                   Attributes attributes = {}, size_t outputs = 1) {
    Node n;
    n.op = op;
    n.name = fmt::format("{}{}", op, all.back().graph.nodes.size());
    n.inputs = values;
    for (const Operand& o : operands) n.inputs.push_back(operand(o));
    for (size_t k = 0; k < outputs; ++k) n.outputs.push_back(fmt::format("{}_{}", n.name, k));
    n.attributes = std::move(attributes);
    all.back().graph.nodes.push_back(n);
    all.back().graph.outputs = n.outputs;
    return n.outputs[0];
  }

  // A case of one node.
  OpCase& one(const std::string& name, const std::string& op, const std::vector<Operand>& operands, Attributes attributes = {},
              Range range = {}, size_t outputs = 1) {
    start(name, range);
    node(op, {}, operands, std::move(attributes), outputs);
    return all.back();
  }

  std::vector<OpCase> all;

 private:
  uint64_t seed_;
};

// The families of cases, one a function; each adds its own.
void conv_cases(Cases& cases);
void pool_cases(Cases& cases);
void linear_cases(Cases& cases);
void normalize_cases(Cases& cases);
void elementwise_cases(Cases& cases);
void binary_cases(Cases& cases);
void shape_cases(Cases& cases);
void reduce_cases(Cases& cases);
void resize_cases(Cases& cases);
void chain_cases(Cases& cases);
void transformer_cases(Cases& cases);
void view_cases(Cases& cases);

}  // namespace phosphene::test
