// The reference kernels against PyTorch (tests/golden/make_operators.py): shapes, values and gradients of every entry.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/tolerances.h"
#include "phosphene/base/error.h"
#include "phosphene/base/file.h"
#include "phosphene/graph/kernels/kernels.h"
#include "phosphene/graph/op.h"

namespace phosphene::test {

namespace {

using Value = kernels::Array;
using Values = std::vector<double>;

Attribute attribute_of(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_number_integer()) return json.get<int64_t>();
  if (json.is_number_float()) return json.get<float>();
  return json.get<std::vector<int64_t>>();
}

Value value_of(const Json& json) { return {Shape(json.at("shape").get<std::vector<int64_t>>()), json.at("values").get<Values>()}; }

// Integer operands (axes, pads, sizes ...) become int64 for the shape rule; Resize's scales and Clip's bounds are floats.
bool is_integer_operand(const std::string& op, size_t index, const Json& gradient) {
  if (!gradient.is_null() || op == "BatchNormalization" || op == "Clip") return false;
  return !(op == "Resize" && index == 2) && !(op == "Pad" && index == 2);
}

void expect_near(const Values& a, const Values& b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  double difference = 0, size = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(a[i] - b[i], 2);
    size += std::pow(b[i], 2);
  }
  EXPECT_LE(std::sqrt(difference), kGolden * std::sqrt(size) + kZero) << what;
}

void check(const Json& entry) {
  Node node;
  node.name = entry.at("name").get<std::string>();
  node.op = entry.at("op").get<std::string>();
  for (const auto& [name, value] : entry.at("attributes").items()) node.attributes.set(name, attribute_of(value));

  std::vector<Value> inputs, outputs, grad_outputs, grad_inputs;
  std::vector<ValueType> types;
  std::vector<TensorPtr> constants;
  const Json &json_inputs = entry.at("inputs"), &gradients = entry.at("gradients");
  for (size_t i = 0; i < json_inputs.size(); ++i) {
    node.inputs.push_back(json_inputs[i].is_null() ? "" : fmt::format("x{}", i));
    inputs.push_back(json_inputs[i].is_null() ? Value() : value_of(json_inputs[i]));
    grad_inputs.emplace_back(inputs[i].shape);
    const bool integer = is_integer_operand(node.op, i, gradients[i]);
    types.push_back({integer ? DataType::kInt64 : DataType::kFloat32, inputs[i].shape});
    const auto& v = inputs[i].values;
    constants.push_back(!gradients[i].is_null() || json_inputs[i].is_null() ? nullptr
                        : integer ? std::make_shared<Tensor>(inputs[i].shape, std::vector<int64_t>(v.begin(), v.end()))
                                  : std::make_shared<Tensor>(inputs[i].shape, std::vector<float>(v.begin(), v.end())));
  }
  for (size_t k = 0; k < entry.at("outputs").size(); ++k) node.outputs.push_back(fmt::format("y{}", k));

  OpInputs op_inputs{node, {}, constants};
  kernels::ConstArrays in, out, grad_out;
  kernels::Arrays out_mutable, grad_in;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const bool absent = node.inputs[i].empty();
    op_inputs.types.push_back(absent ? nullptr : &types[i]);
    in.push_back(absent ? nullptr : &inputs[i]);
    grad_in.push_back(gradients[i].is_null() ? nullptr : &grad_inputs[i]);
  }
  const Op* op = find_op(node.op);
  const kernels::Kernel* kernel = kernels::find_kernel(node.op);
  ASSERT_TRUE(op && kernel) << node.op;
  const auto output_types = op->shape_rule(op_inputs);
  for (size_t k = 0; k < node.outputs.size(); ++k) {
    ASSERT_EQ(output_types.at(k).shape, value_of(entry["outputs"][k]).shape) << "shape of output " << k;
    outputs.emplace_back(output_types[k].shape);
    grad_outputs.emplace_back(output_types[k].shape, entry["seeds"][k].get<Values>());
  }
  for (size_t k = 0; k < outputs.size(); ++k) {
    out_mutable.push_back(&outputs[k]);
    out.push_back(&outputs[k]);
    grad_out.push_back(&grad_outputs[k]);
  }
  kernel->forward(node, in, out_mutable);
  kernel->backward(node, in, out, grad_out, grad_in);
  for (size_t k = 0; k < outputs.size(); ++k)
    expect_near(outputs[k].values, value_of(entry["outputs"][k]).values, fmt::format("output {}", k));
  for (size_t i = 0; i < inputs.size(); ++i)
    if (grad_in[i]) expect_near(grad_inputs[i].values, gradients[i].get<Values>(), fmt::format("gradient {}", i));
}

}  // namespace

TEST(GoldenOperators, AgreeWithPyTorch) {
  const Json entries = read_json(PHOSPHENE_SOURCE_DIR "/tests/golden/operators/operators.json");
  EXPECT_GE(entries.size(), 70U);
  for (const Json& entry : entries) {
    SCOPED_TRACE(entry.at("name").get<std::string>());
    try {
      check(entry);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

}  // namespace phosphene::test
