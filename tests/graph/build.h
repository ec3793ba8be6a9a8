// Small graphs for tests.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "phosphene/base/error.h"
#include "phosphene/graph/passes.h"

namespace phosphene::test {

inline GraphInput input(const std::string& name, Shape shape, DataType type = DataType::kFloat32) {
  return {name, {type, std::move(shape)}};
}

// Values 0.1, 0.2, ...: all different, none zero.
inline Tensor counted(const Shape& shape) {
  Tensor tensor = Tensor::zeros(shape);
  float next = 0;
  for (float& value : tensor.floats()) value = next += 0.1f;
  return tensor;
}

inline Node node(const std::string& op, std::vector<std::string> inputs, const std::string& output, Attributes attributes = {}) {
  return {output, op, std::move(inputs), {output}, std::move(attributes)};
}

// One node "y" of operator `op` on inputs of the given shapes (a, b, c ...), and integer constants after them (i0, i1 ...).
struct OneNode {
  std::string op;
  std::vector<Shape> shapes;
  Attributes attributes = {};
  std::vector<std::vector<int64_t>> ints = {};

  Graph graph() const {
    Graph g;
    g.name = "one";
    std::vector<std::string> inputs;
    for (size_t i = 0; i < shapes.size(); ++i) {
      inputs.push_back(std::string(1, static_cast<char>('a' + i)));
      g.inputs.push_back(input(inputs.back(), shapes[i]));
    }
    for (size_t i = 0; i < ints.size(); ++i) {
      inputs.push_back(fmt::format("i{}", i));
      g.add_weight(inputs.back(), Tensor::ints(ints[i]));
    }
    g.nodes = {node(op, inputs, "y", attributes)};
    g.outputs = {"y"};
    return g;
  }
  Shape shape() const { return infer_shapes(graph()).type_of("y").shape; }
};

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

#define EXPECT_ERROR(body, part)                                            \
  do {                                                                      \
    const std::string line_ = ::phosphene::error_of([&] { (void)(body); }); \
    EXPECT_TRUE(::phosphene::test::contains(line_, part)) << line_;         \
  } while (false)

inline std::vector<int64_t> ints_of(const TensorPtr& tensor) { return {tensor->ints().begin(), tensor->ints().end()}; }
inline std::vector<float> floats_of(const TensorPtr& tensor) { return {tensor->floats().begin(), tensor->floats().end()}; }

inline std::vector<std::string> ops_of(const Graph& graph) {
  std::vector<std::string> ops;
  for (const Node& n : graph.nodes) ops.push_back(n.op);
  return ops;
}

}  // namespace phosphene::test
